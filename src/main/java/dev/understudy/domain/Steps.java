package dev.understudy.domain;

import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.data.Trajectory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Joins steps to trajectories. */
public final class Steps {
    private static final Comparator<Step> ORDER = Comparator.comparing(Step::episode)
            .thenComparing(Step::entity)
            .thenComparingLong(Step::run)
            .thenComparingLong(Step::timeMs)
            .thenComparingLong(Step::sequence);

    private Steps() {}

    /**
     * Returns the steps as trajectories, ordered by episode, entity and time whatever order they come in. A step that
     * is not directly after the one before it begins a new trajectory.
     *
     * @param stepMs time between steps; 0 where they have no clock and follow each other by their numbers
     */
    public static List<Trajectory> trajectories(Collection<Step> steps, long stepMs) {
        return runs(steps, stepMs).stream().map(run -> join(run, stepMs)).toList();
    }

    /** Returns the steps as unbroken runs, each in order of time, ordered by episode, entity and time. */
    public static List<List<Step>> runs(Collection<Step> steps, long stepMs) {
        List<Step> sorted = new ArrayList<>(steps);
        sorted.sort(ORDER);
        List<List<Step>> runs = new ArrayList<>();
        int start = 0;
        for (int i = 1; i <= sorted.size(); i++) {
            if (i == sorted.size() || !continues(sorted.get(i - 1), sorted.get(i), stepMs)) {
                runs.add(sorted.subList(start, i));
                start = i;
            }
        }
        return runs;
    }

    /** A step is the next one if it is a step later, give or take three tenths. */
    private static boolean continues(Step before, Step step, long stepMs) {
        return before.run() == step.run()
                && before.episode().equals(step.episode())
                && before.entity().equals(step.entity())
                && (stepMs == 0
                        ? step.sequence() == before.sequence() + 1
                        : 10 * Math.abs(step.timeMs() - before.timeMs() - stepMs) <= 3 * stepMs);
    }

    private static Trajectory join(List<Step> steps, long stepMs) {
        Step first = steps.get(0);
        int n = first.observation().columns();
        int k = first.action().length;
        Rows observations = first.observation().type().room(steps.size(), n);
        float[] actions = new float[steps.size() * k];
        for (int i = 0; i < steps.size(); i++) {
            steps.get(i).observation().copy(0, 1, observations, i);
            System.arraycopy(steps.get(i).action(), 0, actions, i * k, k);
        }
        return new Trajectory(
                first.episode(),
                first.entity(),
                first.timeMs(),
                stepMs,
                observations,
                new Matrix(steps.size(), k, actions));
    }
}
