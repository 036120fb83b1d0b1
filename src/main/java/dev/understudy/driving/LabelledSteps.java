package dev.understudy.driving;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Joins labelled steps to trajectories. */
public final class LabelledSteps {
    private static final Comparator<LabelledStep> ORDER = Comparator.comparing(LabelledStep::trip)
            .thenComparing(LabelledStep::vehicle)
            .thenComparingLong(LabelledStep::trajectory)
            .thenComparingLong(LabelledStep::timeMs)
            .thenComparingLong(LabelledStep::sequence);

    private LabelledSteps() {}

    /**
     * Returns the steps as trajectories, ordered by trip, vehicle and time whatever order they come in. A step that is
     * not directly after the one before it begins a new trajectory.
     */
    public static List<Trajectory> trajectories(List<LabelledStep> steps) {
        return runs(steps).stream().map(LabelledSteps::join).toList();
    }

    /** Returns the steps as unbroken runs, each in order of time, ordered by trip, vehicle and time. */
    static List<List<LabelledStep>> runs(Collection<LabelledStep> steps) {
        List<LabelledStep> sorted = new ArrayList<>(steps);
        sorted.sort(ORDER);
        List<List<LabelledStep>> runs = new ArrayList<>();
        int start = 0;
        for (int i = 1; i <= sorted.size(); i++) {
            if (i == sorted.size() || !continues(sorted.get(i - 1), sorted.get(i))) {
                runs.add(sorted.subList(start, i));
                start = i;
            }
        }
        return runs;
    }

    private static boolean continues(LabelledStep before, LabelledStep step) {
        return before.trajectory() == step.trajectory()
                && before.trip().equals(step.trip())
                && before.vehicle().equals(step.vehicle())
                && FollowingFeaturiser.follows(before.timeMs(), step.timeMs());
    }

    private static Trajectory join(List<LabelledStep> steps) {
        int n = CarFollowing.observationSize();
        float[] observations = new float[steps.size() * n];
        float[] actions = new float[steps.size()];
        for (int i = 0; i < steps.size(); i++) {
            System.arraycopy(steps.get(i).observation(), 0, observations, i * n, n);
            actions[i] = steps.get(i).action()[0];
        }
        LabelledStep first = steps.get(0);
        return new Trajectory(
                first.trip(),
                first.vehicle(),
                first.timeMs(),
                CarFollowing.STEP_MS,
                new Matrix(steps.size(), n, observations),
                new Matrix(steps.size(), CarFollowing.ACTION_SIZE, actions));
    }
}
