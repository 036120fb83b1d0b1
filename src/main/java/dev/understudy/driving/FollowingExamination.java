package dev.understudy.driving;

import dev.understudy.data.Trajectory;
import dev.understudy.domain.Examination;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.evaluate.OpenLoop;
import dev.understudy.evaluate.Scores;
import dev.understudy.policy.Policy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Held-out driving on which policies are tried: every policy answers the same steps and drives the same stretches,
 * behind the logged leaders with the envelope in between. For one thread at a time.
 */
public final class FollowingExamination implements Examination {
    private final List<Trajectory> trajectories;
    private final LeaderReplay replay;

    private FollowingExamination(List<Trajectory> trajectories, CarFollowingStretches stretches) {
        this.trajectories = trajectories;
        replay = new LeaderReplay(stretches);
    }

    /**
     * Makes held-out steps ready, which may come in any order.
     *
     * @param mostStretches most stretches driven; bounds how long a policy's try takes. If there are more, every n-th
     *     is taken, so that all trips keep about their share
     */
    public static FollowingExamination of(List<Step> steps, int mostStretches) {
        CarFollowingStretches all = CarFollowingStretches.ofSteps(steps);
        int count = all.count();
        boolean[] taken = new boolean[count];
        Arrays.fill(taken, count <= mostStretches);
        for (int i = 0; i < mostStretches && count > mostStretches; i++) {
            taken[(int) ((long) i * count / mostStretches)] = true;
        }
        return new FollowingExamination(Steps.trajectories(steps, CarFollowing.STEP_MS), all.where(i -> taken[i]));
    }

    /** Returns the number of stretches that are driven. */
    public int stretches() {
        return replay.stretches().count();
    }

    /**
     * Returns what a policy does on this material. The trials are the stretches, their error is that of the spacing
     * (m^2), a failure is a collision, and their slices are the label ({@code label acc-S}) and the car ({@code vehicle
     * BMW_I3}).
     *
     * @param policy answers observations of {@link CarFollowing}
     */
    @Override
    public Scores scores(Policy policy) {
        LeaderReplay.Drive drive = replay.drive(policy, new FollowingEnvelope());
        CarFollowingStretches stretches = replay.stretches();
        List<Scores.Trial> trials = new ArrayList<>();
        for (int i = 0; i < stretches.count(); i++) {
            trials.add(new Scores.Trial(
                    stretches.trip(i),
                    List.of("label " + stretches.label(i), "vehicle " + stretches.vehicle(i)),
                    CarFollowingStretches.DRIVEN,
                    drive.spacingMeanSquare(i),
                    drive.smallestGap(i) < 0,
                    drive.interventions(i)));
        }
        return new Scores(trials, OpenLoop.trips(policy, trajectories));
    }

    @Override
    public Scores baseline(Map<String, String> parameters) {
        return scores(FollowingBaselines.driver(parameters));
    }
}
