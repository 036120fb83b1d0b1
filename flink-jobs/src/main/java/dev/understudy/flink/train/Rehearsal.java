package dev.understudy.flink.train;

import dev.understudy.data.Reservoir;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.learn.Learner;

/** What of older windows is learned beside a new one. */
final class Rehearsal {
    private final TrainingConfig training;
    private final CandidateMaker maker;

    Rehearsal(TrainingConfig training, CandidateMaker maker) {
        this.training = training;
        this.maker = maker;
    }

    /** Returns what the windows so far left. */
    Reservoir before(String policy, TrainingProgress progress) {
        return progress.reservoir().length > 0
                ? Reservoir.fromBytes(progress.reservoir())
                : new Reservoir(
                        training.replayPieces(),
                        training.replayPieceSteps(),
                        training.replayRecency(),
                        maker.seed(training.seed() + "|reservoir|" + policy));
    }

    /** Returns the same, and a sample of what was imitated in a window, as bytes. */
    byte[] after(WindowBatch batch, Learner learner, TrainingProgress progress) {
        Reservoir reservoir = before(batch.policy(), progress);
        if (learner.rehearses()) {
            learner.imitated(batch.trajectories()).forEach(reservoir::offer);
        }
        return reservoir.toBytes();
    }
}
