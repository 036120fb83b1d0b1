package dev.understudy.dialogue;

import dev.understudy.network.BagOfFeatures;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * What a policy of acts is held against: a logistic regression for each act on the same features, each known by the
 * text of the context that it stands in. Learned by AdaGrad (Duchi and others, 2011) on single steps, in random order.
 */
final class ActsRegression {
    private static final float RATE = 0.2f;
    /** Weight of half the squared weights, on those that a step touches. */
    private static final float PENALTY = 1e-5f;
    /** Errors below it are not learned from. */
    private static final float LEAST_ERROR = 1e-3f;

    private final List<String> acts;
    private final float[] weights;
    private final float[] squares;
    private final float[] biases;

    private ActsRegression(List<String> acts) {
        this.acts = acts;
        int inputs = TextFeatures.LENGTHS.size() * TextFeatures.COUNT;
        weights = new float[inputs * acts.size()];
        squares = new float[inputs * acts.size()];
        biases = new float[acts.size()];
    }

    /**
     * Learns one.
     *
     * @param rows features of each context, as {@link ActSteps#features} gives them
     * @param followed the acts that followed each
     * @param acts those that are told apart
     */
    static ActsRegression learn(
            List<int[]> rows, List<List<String>> followed, List<String> acts, int passes, long seed) {
        ActsRegression regression = new ActsRegression(acts);
        Map<String, Integer> numbers = new HashMap<>();
        acts.forEach(act -> numbers.put(act, numbers.size()));
        SplittableRandom random = new SplittableRandom(seed);
        boolean[] right = new boolean[acts.size()];
        for (long step = 0; step < (long) passes * rows.size(); step++) {
            int row = random.nextInt(rows.size());
            Arrays.fill(right, false);
            for (String act : followed.get(row)) {
                Integer number = numbers.get(act);
                if (number != null) {
                    right[number] = true;
                }
            }
            regression.step(inputs(rows.get(row)), right);
        }
        return regression;
    }

    /** Returns where the weights of the features of a row begin, each once. */
    private static int[] inputs(int[] row) {
        int[] inputs = new int[row.length];
        int count = 0;
        int at = 0;
        for (int text = 0; text < TextFeatures.LENGTHS.size(); text++) {
            for (int end = at + TextFeatures.LENGTHS.get(text); at < end; at++) {
                if (row[at] != BagOfFeatures.NONE) {
                    inputs[count++] = text * TextFeatures.COUNT + row[at];
                }
            }
        }
        return Arrays.stream(inputs, 0, count).distinct().toArray();
    }

    private float[] logitsOf(int[] inputs) {
        float[] logits = biases.clone();
        for (int input : inputs) {
            int first = input * logits.length;
            for (int i = 0; i < logits.length; i++) {
                logits[i] += weights[first + i];
            }
        }
        return logits;
    }

    private void step(int[] inputs, boolean[] right) {
        float[] logits = logitsOf(inputs);
        for (int i = 0; i < logits.length; i++) {
            float error = (float) (1 / (1 + Math.exp(-logits[i]))) - (right[i] ? 1 : 0);
            if (Math.abs(error) < LEAST_ERROR) {
                continue;
            }
            biases[i] -= 0.1f * RATE * error;
            for (int input : inputs) {
                int at = input * logits.length + i;
                float gradient = error + PENALTY * weights[at];
                squares[at] += gradient * gradient;
                weights[at] -= RATE * gradient / (float) Math.sqrt(squares[at]) / (float) Math.sqrt(inputs.length);
            }
        }
    }

    /** Returns the logits of a context, in the order of {@link #acts}. */
    float[] logits(int[] row) {
        return logitsOf(inputs(row));
    }

    /** Returns the acts that it tells apart. */
    List<String> acts() {
        return acts;
    }
}
