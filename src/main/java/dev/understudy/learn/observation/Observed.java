package dev.understudy.learn.observation;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Steps whose action nobody knows, before and after it was inferred. */
final class Observed {
    private Observed() {}

    /** Returns the unbroken pieces of trajectories in which no action is known, each with the observation after it. */
    static List<Trajectory> withoutActions(List<Trajectory> trajectories) {
        List<Trajectory> pieces = new ArrayList<>();
        for (Trajectory trajectory : trajectories) {
            int start = 0;
            for (int step = 0; step <= trajectory.steps(); step++) {
                if (step == trajectory.steps() || isKnown(trajectory, step)) {
                    if (step > start) {
                        pieces.add(piece(trajectory, start, step));
                    }
                    start = step + 1;
                }
            }
        }
        return pieces;
    }

    private static boolean isKnown(Trajectory trajectory, int step) {
        return !Float.isNaN(trajectory.actions().at(step, 0));
    }

    private static Trajectory piece(Trajectory whole, int start, int end) {
        int after = whole.observations().rows() > end ? 1 : 0;
        return new Trajectory(
                whole.trip(),
                whole.entity(),
                whole.startMs() + start * whole.stepMs(),
                whole.stepMs(),
                whole.observations().copyOf(start, end - start + after),
                (Matrix) whole.actions().copyOf(start, end - start));
    }

    /** Returns demonstrations with these actions, one for each transition, and without what has none. */
    static List<Trajectory> labelled(List<Trajectory> demonstrations, Matrix actions) {
        List<Trajectory> labelled = new ArrayList<>();
        int row = 0;
        int k = actions.columns();
        for (Trajectory shown : demonstrations) {
            int steps = Transitions.steps(shown);
            if (steps == 0) {
                continue;
            }
            float[] done = Arrays.copyOfRange(actions.values(), row * k, (row + steps) * k);
            labelled.add(new Trajectory(
                    shown.trip(),
                    shown.entity(),
                    shown.startMs(),
                    shown.stepMs(),
                    shown.observations().copyOf(0, steps),
                    new Matrix(steps, k, done)));
            row += steps;
        }
        return labelled;
    }
}
