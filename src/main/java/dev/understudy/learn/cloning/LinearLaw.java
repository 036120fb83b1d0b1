package dev.understudy.learn.cloning;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * The linear law that fits actions to observations best: ridge regression (Hoerl and Kennard, 1970, eq. 2.1) on
 * standardised observations with a penalty too small to matter but where columns say the same, solved from sums over
 * all that was ever learned from. So it is the same in whatever windows that came.
 *
 * @param mean of each number of an observation, {@code [n]}
 * @param scale one over its deviation, {@code [n]}; 0 where it never changed
 * @param weights of the standardised observation, {@code [n, k]}
 * @param bias mean of each action, {@code [k]}
 * @param deviation of what the law leaves over of each action, {@code [k]}, above 0
 */
record LinearLaw(double[] mean, double[] scale, double[] weights, double[] bias, double[] deviation) {
    private static final double PENALTY = 1e-3;

    /** Columns whose deviation is less than this share of their mean are constants. */
    private static final double CONSTANT = 1e-7;

    /** Least that may be left over, as a share of the action's own deviation: keeps densities finite. */
    private static final double LEAST_LEFT = 1e-4;

    /** Sums over no steps: a count, means and co-moments of the n numbers of an observation and the k of an action. */
    static double[] noMoments(int n, int k) {
        int d = n + k;
        return new double[1 + d + d * d];
    }

    /** Returns sums that also count some trajectories (Chan, Golub and LeVeque, 1979). */
    static double[] merge(double[] moments, List<Trajectory> trajectories, int n, int k) {
        int d = n + k;
        double[] merged = moments.clone();
        for (Trajectory trajectory : trajectories) {
            merge(merged, moments(trajectory, n, k), d);
        }
        return merged;
    }

    private static double[] moments(Trajectory trajectory, int n, int k) {
        int d = n + k;
        double[] sums = noMoments(n, k);
        sums[0] = trajectory.steps();
        double[] row = new double[d];
        for (int pass = 0; pass < 2; pass++) {
            for (int step = 0; step < trajectory.steps(); step++) {
                for (int i = 0; i < d; i++) {
                    row[i] = (i < n
                                    ? trajectory.observations().at(step, i)
                                    : trajectory.actions().at(step, i - n))
                            - (pass == 0 ? 0 : sums[1 + i]);
                }
                if (pass == 0) {
                    for (int i = 0; i < d; i++) {
                        sums[1 + i] += row[i] / sums[0];
                    }
                } else {
                    for (int i = 0; i < d; i++) {
                        for (int j = 0; j < d; j++) {
                            sums[1 + d + i * d + j] += row[i] * row[j];
                        }
                    }
                }
            }
        }
        return sums;
    }

    private static void merge(double[] into, double[] from, int d) {
        double total = into[0] + from[0];
        if (from[0] == 0) {
            return;
        }
        double[] delta = new double[d];
        for (int i = 0; i < d; i++) {
            delta[i] = from[1 + i] - into[1 + i];
        }
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                into[1 + d + i * d + j] += from[1 + d + i * d + j] + delta[i] * delta[j] * into[0] * from[0] / total;
            }
        }
        for (int i = 0; i < d; i++) {
            into[1 + i] += delta[i] * from[0] / total;
        }
        into[0] = total;
    }

    /** Solves for the law of some steps, of which there is at least one. */
    static LinearLaw of(double[] moments, int n, int k) {
        int d = n + k;
        double count = moments[0];
        double[] mean = Arrays.copyOfRange(moments, 1, 1 + n);
        double[] bias = Arrays.copyOfRange(moments, 1 + n, 1 + d);
        double[] scale = new double[n];
        for (int i = 0; i < n; i++) {
            double deviation = Math.sqrt(moment(moments, d, i, i) / count);
            scale[i] = deviation > CONSTANT * (1e-3 + Math.abs(mean[i])) ? 1 / deviation : 0;
        }
        double[] correlations = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                correlations[i * n + j] = moment(moments, d, i, j) / count * scale[i] * scale[j];
            }
            correlations[i * n + i] += PENALTY / count + (scale[i] == 0 ? 1 : 0);
        }
        double[] factor = cholesky(correlations, n);
        double[] weights = new double[n * k];
        double[] deviation = new double[k];
        for (int action = 0; action < k; action++) {
            double[] right = new double[n];
            for (int i = 0; i < n; i++) {
                right[i] = moment(moments, d, i, n + action) / count * scale[i];
            }
            double[] solved = solve(factor, right, n);
            double variance = moment(moments, d, n + action, n + action) / count;
            double left = variance;
            for (int i = 0; i < n; i++) {
                weights[i * k + action] = solved[i];
                left -= solved[i] * (2 * right[i]);
                for (int j = 0; j < n; j++) {
                    left += solved[i] * solved[j] * moment(moments, d, i, j) / count * scale[i] * scale[j];
                }
            }
            double least = LEAST_LEFT * (variance > 0 ? Math.sqrt(variance) : Math.max(1, Math.abs(bias[action])));
            deviation[action] = Math.max(least, Math.sqrt(Math.max(0, left)));
        }
        return new LinearLaw(mean, scale, weights, bias, deviation);
    }

    private static double moment(double[] moments, int d, int i, int j) {
        return moments[1 + d + i * d + j];
    }

    /** Returns the lower factor L of a positive definite matrix, L L' (Golub and Van Loan, algorithm 4.2.1). */
    private static double[] cholesky(double[] matrix, int n) {
        double[] factor = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = matrix[i * n + j];
                for (int m = 0; m < j; m++) {
                    sum -= factor[i * n + m] * factor[j * n + m];
                }
                factor[i * n + j] = i == j ? Math.sqrt(Math.max(sum, Double.MIN_NORMAL)) : sum / factor[j * n + j];
            }
        }
        return factor;
    }

    private static double[] solve(double[] factor, double[] right, int n) {
        double[] solved = right.clone();
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < i; j++) {
                solved[i] -= factor[i * n + j] * solved[j];
            }
            solved[i] /= factor[i * n + i];
        }
        for (int i = n - 1; i >= 0; i--) {
            for (int j = i + 1; j < n; j++) {
                solved[i] -= factor[j * n + i] * solved[j];
            }
            solved[i] /= factor[i * n + i];
        }
        return solved;
    }

    /** Returns a trajectory whose actions are what the law leaves over, in its deviations. */
    Trajectory leftOver(Trajectory trajectory) {
        int n = mean.length;
        int k = bias.length;
        float[] left = new float[trajectory.steps() * k];
        for (int step = 0; step < trajectory.steps(); step++) {
            for (int action = 0; action < k; action++) {
                double lawful = bias[action];
                for (int i = 0; i < n; i++) {
                    lawful += (trajectory.observations().at(step, i) - mean[i]) * scale[i] * weights[i * k + action];
                }
                left[step * k + action] =
                        (float) ((trajectory.actions().at(step, action) - lawful) / deviation[action]);
            }
        }
        return new Trajectory(
                trajectory.trip(),
                trajectory.entity(),
                trajectory.startMs(),
                trajectory.stepMs(),
                trajectory.observations(),
                new Matrix(trajectory.steps(), k, left));
    }

    /**
     * Returns the action of the law and of what was learned beside it.
     *
     * @param observation {@code [batch, n]}
     * @param left what was learned, in deviations, {@code [batch, k]}
     * @return {@code [batch, k]}
     */
    Tensor action(Graph graph, Tensor observation, Tensor left) {
        int n = mean.length;
        int k = bias.length;
        Tensor standardised = observation
                .sub(graph.constant(floats(mean), Shape.of(n)))
                .mul(graph.constant(floats(scale), Shape.of(n)));
        return standardised
                .matMul(graph.constant(floats(weights), Shape.of(n, k)))
                .add(graph.constant(floats(bias), Shape.of(k)))
                .add(left.mul(graph.constant(floats(deviation), Shape.of(k))));
    }

    /** Returns the log of each deviation, {@code [k]}. */
    float[] logDeviation() {
        return floats(Arrays.stream(deviation).map(Math::log).toArray());
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }
}
