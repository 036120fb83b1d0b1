package dev.understudy.learn.observation;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.network.Scaler;
import java.util.List;
import java.util.SplittableRandom;

/**
 * How far what a policy visits lies from what a demonstrator visited, with no reward and no action: the energy distance
 * (Székely and Rizzo, 2013, eq. 5) between their transitions (s, s' - s, time of the episode), each number in
 * deviations of the demonstrator's. 2 E|X - Y| - E|X - X'| - E|Y - Y'|; 0 where the two are distributed alike.
 *
 * <p>The time tells a policy that reaches a goal later, or fails earlier, from one that does not.
 */
final class VisitDistance {
    /** Of each side; more are drawn from. The cost grows with its square. */
    private static final int MOST = 600;

    private final int observationSize;
    private final double horizon;
    private final Scaler scaler;
    private final float[][] demonstrated;

    VisitDistance(List<Trajectory> demonstrations, int observationSize, int horizon, long seed) {
        this.observationSize = observationSize;
        this.horizon = horizon;
        Matrix all = visits(demonstrations);
        this.scaler = Scaler.empty(all.columns()).merge(all);
        this.demonstrated = drawn(all, seed);
    }

    /** Returns the distance to what these trajectories visited; infinite if they have no step. */
    double to(List<Trajectory> own, long seed) {
        Matrix all = visits(own);
        if (all.rows() == 0) {
            return Double.POSITIVE_INFINITY;
        }
        float[][] visited = drawn(all, seed);
        return 2 * mean(demonstrated, visited) - mean(demonstrated, demonstrated) - mean(visited, visited);
    }

    private Matrix visits(List<Trajectory> trajectories) {
        Transitions transitions = Transitions.of(trajectories, observationSize, 1);
        int width = 2 * observationSize + 1;
        float[] visits = new float[transitions.rows() * width];
        float[] pairs = transitions.pairs().values();
        int row = 0;
        for (Trajectory trajectory : trajectories) {
            for (int step = 0; step < Transitions.steps(trajectory); step++, row++) {
                System.arraycopy(pairs, row * (width - 1), visits, row * width, width - 1);
                visits[row * width + width - 1] = (float) (step / horizon);
            }
        }
        return new Matrix(transitions.rows(), width, visits);
    }

    private float[][] drawn(Matrix all, long seed) {
        float[] shift = scaler.shift();
        float[] scale = scaler.scale();
        SplittableRandom random = new SplittableRandom(seed);
        float[][] rows = new float[Math.min(MOST, all.rows())][all.columns()];
        for (int i = 0; i < rows.length; i++) {
            int row = all.rows() <= MOST ? i : random.nextInt(all.rows());
            for (int c = 0; c < shift.length; c++) {
                rows[i][c] = (all.at(row, c) - shift[c]) * scale[c];
            }
        }
        return rows;
    }

    private static double mean(float[][] left, float[][] right) {
        double sum = 0;
        for (float[] one : left) {
            for (float[] other : right) {
                double squares = 0;
                for (int i = 0; i < one.length; i++) {
                    double gap = one[i] - other[i];
                    squares += gap * gap;
                }
                sum += Math.sqrt(squares);
            }
        }
        return sum / left.length / right.length;
    }
}
