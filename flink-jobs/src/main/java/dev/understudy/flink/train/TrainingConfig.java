package dev.understudy.flink.train;

import dev.understudy.domain.Policies;
import dev.understudy.model.FirstSight;
import dev.understudy.model.ModelIntake;
import dev.understudy.model.ModelMetadata;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How windows are cut and learned.
 *
 * @param policies what is learned
 * @param window length of a window in event time
 * @param slide event time from the start of one window to that of the next; as long as the window where windows tumble
 * @param slice wall time of training between which checkpoints and records pass
 * @param seed what every draw follows from
 * @param replayPieces how many pieces of older trajectories are kept for rehearsal
 * @param replayPieceSteps steps of each piece
 * @param replayRecency lowest probability with which a new piece enters the reservoir, 0 to 1
 * @param baselines parameters of the baselines that windows are scored and models evaluated beside, by the keys under
 *     which its metadata carry them
 * @param codeVersion version of the code that trains
 * @param dataLicence licence of the logs, as it is written into each model
 * @param apart whether models that come from a topic are tried in a process apart before they are used here
 */
public record TrainingConfig(
        Policies<?> policies,
        Duration window,
        Duration slide,
        Duration slice,
        long seed,
        int replayPieces,
        int replayPieceSteps,
        double replayRecency,
        Map<String, String> baselines,
        String codeVersion,
        String dataLicence,
        boolean apart)
        implements Serializable {
    public TrainingConfig {
        baselines = Map.copyOf(baselines);
        List<String> problems = new ArrayList<>();
        if (slide.toMillis() < 1 || window.compareTo(slide) < 0 || window.toMillis() % slide.toMillis() != 0) {
            problems.add("expected a window that is a whole number of slides, got window %s and slide %s"
                    .formatted(window, slide));
        }
        if (slice.isNegative() || slice.isZero()) {
            problems.add("expected slice > 0, got " + slice);
        }
        if (replayPieces < 1 || replayPieceSteps < 1 || !(replayRecency >= 0 && replayRecency <= 1)) {
            problems.add(
                    "expected replayPieces >= 1, replayPieceSteps >= 1 and replayRecency from 0 to 1, got %d, %d, %s"
                            .formatted(replayPieces, replayPieceSteps, replayRecency));
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
    }

    /**
     * Returns the defaults: tumbling windows of five minutes, slices of 20 ms (DESIGN 5), 600 pieces of a minute for
     * rehearsal, drawn evenly from all there ever was (measured: docs/algorithms/continual-learning.md), the policy's
     * own parameters of baselines.
     */
    public static TrainingConfig defaults(Policies<?> policies) {
        Map<String, String> baselines = new HashMap<>();
        policies.specs().forEach(spec -> baselines.putAll(spec.parameters()));
        return new TrainingConfig(
                policies,
                Duration.ofMinutes(5),
                Duration.ofMinutes(5),
                Duration.ofMillis(20),
                1,
                600,
                600,
                0,
                baselines,
                "development",
                ModelMetadata.UNKNOWN_LICENCE,
                true);
    }

    /** Returns these settings with tumbling windows of another length. */
    public TrainingConfig withWindow(Duration length) {
        return withWindow(length, length);
    }

    /** Returns these settings with other windows. */
    public TrainingConfig withWindow(Duration length, Duration nextAfter) {
        return new TrainingConfig(
                policies,
                length,
                nextAfter,
                slice,
                seed,
                replayPieces,
                replayPieceSteps,
                replayRecency,
                baselines,
                codeVersion,
                dataLicence,
                apart);
    }

    /** Returns these settings with another length of slices. */
    public TrainingConfig withSlice(Duration replacement) {
        return new TrainingConfig(
                policies,
                window,
                slide,
                replacement,
                seed,
                replayPieces,
                replayPieceSteps,
                replayRecency,
                baselines,
                codeVersion,
                dataLicence,
                apart);
    }

    /** Returns these settings where the topics hold models of one's own making, which need no process apart. */
    public TrainingConfig inThisProcess() {
        return new TrainingConfig(
                policies,
                window,
                slide,
                slice,
                seed,
                replayPieces,
                replayPieceSteps,
                replayRecency,
                baselines,
                codeVersion,
                dataLicence,
                false);
    }

    /** Returns what takes models in that come from a topic. */
    ModelIntake intake() {
        return apart ? new FirstSight() : ModelIntake.inThisProcess();
    }
}
