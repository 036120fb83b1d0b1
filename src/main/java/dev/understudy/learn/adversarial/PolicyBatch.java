package dev.understudy.learn.adversarial;

import dev.understudy.graph.Feeds;
import dev.understudy.network.Scaler;

/**
 * What a policy step learns from: rows of a rollout with their advantages. Arrays are not copied.
 *
 * @param observations {@code [T, n]}
 * @param actions {@code [T, k]}
 * @param advantages {@code [T]}, standardised
 * @param scaler what observations are standardised by, the same as when the actions were drawn
 */
record PolicyBatch(float[] observations, float[] actions, float[] advantages, Scaler scaler) {
    /** Returns T. */
    int rows() {
        return advantages.length;
    }

    /** Feeds the actions: as integers where the policy chooses among actions. */
    static void feed(Feeds feeds, String name, float[] actions, boolean discrete) {
        if (!discrete) {
            feeds.floats(name, actions);
            return;
        }
        long[] chosen = new long[actions.length];
        for (int i = 0; i < chosen.length; i++) {
            chosen[i] = (long) actions[i];
        }
        feeds.longs(name, chosen);
    }

    /** Returns rows {@code first, first + stride, ..} of a matrix. */
    static float[] strided(float[] values, int columns, int first, int stride) {
        int rows = values.length / columns;
        int kept = Math.max(0, (rows - first + stride - 1) / stride);
        float[] result = new float[kept * columns];
        for (int row = 0; row < kept; row++) {
            System.arraycopy(values, (first + row * stride) * columns, result, row * columns, columns);
        }
        return result;
    }
}
