package dev.understudy.learn.adversarial;

import dev.understudy.data.Matrix;
import java.util.random.RandomGenerator;

/**
 * How much more likely a policy is to do what another one did: ratio = pi(a|o) / beta(a|o), beta being the policy that
 * acted.
 *
 * @param ratios {@code [T]}, as they are
 * @param weights {@code [T]}, clipped and then scaled to a mean of 1
 * @param effectiveShare (sum of ratios)^2 / (T x sum of their squares), before clipping: 1 if all steps count alike, 1
 *     / T if one counts alone (Kong, 1992)
 * @param meanRatio mean of the ratios; about 1 if beta's densities are right
 */
record ImportanceWeights(float[] ratios, float[] weights, double effectiveShare, double meanRatio) {
    /**
     * Returns the weights.
     *
     * @param logProbabilities log pi(a|o), {@code [T]}
     * @param recorded log beta(a|o), {@code [T]}
     * @param most what ratios are clipped to
     */
    static ImportanceWeights of(float[] logProbabilities, float[] recorded, double most) {
        float[] ratios = new float[recorded.length];
        double sum = 0;
        double squares = 0;
        double clipped = 0;
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = (float) Math.exp(logProbabilities[i] - recorded[i]);
            sum += ratios[i];
            squares += (double) ratios[i] * ratios[i];
            clipped += Math.min(most, ratios[i]);
        }
        double scale = ratios.length / clipped;
        float[] weights = new float[ratios.length];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) (scale * Math.min(most, ratios[i]));
        }
        double share = sum * sum / (ratios.length * squares);
        return new ImportanceWeights(ratios, weights, Double.isFinite(share) ? share : 0, sum / ratios.length);
    }

    /**
     * Returns as many rows, each as often as its weight says, give or take one: systematic resampling.
     *
     * @param rows {@code [T, columns]}
     */
    Matrix resample(Matrix rows, RandomGenerator random) {
        int columns = rows.columns();
        float[] values = new float[rows.values().length];
        double pointer = random.nextDouble();
        double reached = weights[0];
        int from = 0;
        for (int row = 0; row < rows.rows(); row++, pointer++) {
            while (reached <= pointer && from < weights.length - 1) {
                reached += weights[++from];
            }
            System.arraycopy(rows.values(), from * columns, values, row * columns, columns);
        }
        return new Matrix(rows.rows(), columns, values);
    }
}
