package dev.understudy.environment;

import java.io.Serializable;
import java.util.random.RandomGenerator;

/** What can be done in an environment. In flat arrays an action is always floats, {@link #size} of them. */
public sealed interface ActionSpace extends Serializable {
    /** Returns k, the floats that one action takes. */
    int size();

    /** Returns the outputs a policy needs: one logit per choice, or one mean per number. */
    int policyOutputs();

    /** Returns whether the action at {@code actions[at]} is one of this space. */
    boolean contains(float[] actions, int at);

    /** Returns whether an environment takes the action, which may mean clipping it. */
    boolean accepts(float[] actions, int at);

    /** Draws a uniformly random action into {@code actions[at]} and returns the log of its probability, in nats. */
    float drawUniformly(RandomGenerator random, float[] actions, int at);

    /**
     * One of {@code count} choices, written as one float: 0, 1, ... {@code count - 1}.
     *
     * @param count number of choices, at least 1
     */
    record Discrete(int count) implements ActionSpace {
        public Discrete {
            if (count < 1) {
                throw new IllegalArgumentException("expected at least 1 action to choose from, got " + count);
            }
        }

        @Override
        public int size() {
            return 1;
        }

        @Override
        public int policyOutputs() {
            return count;
        }

        @Override
        public boolean contains(float[] actions, int at) {
            float action = actions[at];
            return action >= 0 && action < count && action == (int) action;
        }

        @Override
        public boolean accepts(float[] actions, int at) {
            return contains(actions, at);
        }

        @Override
        public float drawUniformly(RandomGenerator random, float[] actions, int at) {
            actions[at] = random.nextInt(count);
            return (float) -Math.log(count);
        }

        /**
         * Returns the log of the softmax of a choice, in nats; NaN if it is none.
         *
         * @param logits those of the row start at {@code first}
         */
        public double logProbability(float[] logits, int first, float choice) {
            if (!contains(new float[] {choice}, 0)) {
                return Double.NaN;
            }
            double largest = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < count; i++) {
                largest = Math.max(largest, logits[first + i]);
            }
            double sum = 0;
            for (int i = 0; i < count; i++) {
                sum += Math.exp(logits[first + i] - largest);
            }
            return logits[first + (int) choice] - largest - Math.log(sum);
        }

        /**
         * Draws one action per row from the softmax of its logits.
         *
         * @param logits {@code [rows, count]}
         * @param actions receives {@code [rows]}
         * @param logProbabilities receives the log of what each was drawn with, {@code [rows]}, in nats
         */
        public void draw(float[] logits, int rows, RandomGenerator random, float[] actions, float[] logProbabilities) {
            for (int row = 0; row < rows; row++) {
                int first = row * count;
                double largest = logits[first];
                for (int i = 1; i < count; i++) {
                    largest = Math.max(largest, logits[first + i]);
                }
                double sum = 0;
                for (int i = 0; i < count; i++) {
                    sum += Math.exp(logits[first + i] - largest);
                }
                if (!(sum < Double.POSITIVE_INFINITY)) {
                    throw new IllegalArgumentException("expected finite logits, got another in row " + row);
                }
                double left = random.nextDouble() * sum;
                int chosen = 0;
                while (chosen < count - 1 && (left -= Math.exp(logits[first + chosen] - largest)) >= 0) {
                    chosen++;
                }
                actions[row] = chosen;
                logProbabilities[row] = (float) (logits[first + chosen] - largest - Math.log(sum));
            }
        }
    }

    /**
     * Numbers, each from {@code low} to {@code high}. An environment clips what lies outside.
     *
     * @param size k, at least 1
     * @param low smallest number that makes a difference, in the environment's unit
     * @param high largest such number
     */
    record Continuous(int size, float low, float high) implements ActionSpace {
        private static final double LOG_TWO_PI = Math.log(2 * Math.PI);

        public Continuous {
            if (size < 1 || !(low < high)) {
                throw new IllegalArgumentException(
                        "expected size >= 1 and low < high, got size=%d low=%s high=%s".formatted(size, low, high));
            }
        }

        @Override
        public int policyOutputs() {
            return size;
        }

        @Override
        public boolean contains(float[] actions, int at) {
            for (int i = at; i < at + size; i++) {
                if (!(actions[i] >= low && actions[i] <= high)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public boolean accepts(float[] actions, int at) {
            for (int i = at; i < at + size; i++) {
                if (!Float.isFinite(actions[i])) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public float drawUniformly(RandomGenerator random, float[] actions, int at) {
            for (int i = at; i < at + size; i++) {
                actions[i] = low + random.nextFloat() * (high - low);
            }
            return (float) (-size * Math.log(high - low));
        }

        /**
         * Draws one action per row from a diagonal Gaussian. Actions are not clipped, so that the density is theirs.
         *
         * @param means {@code [rows, k]}
         * @param logStds {@code [rows, k]}
         * @param actions receives {@code [rows, k]}
         * @param logProbabilities receives the log density of each action, {@code [rows]}, in nats
         */
        public void draw(
                float[] means,
                float[] logStds,
                int rows,
                RandomGenerator random,
                float[] actions,
                float[] logProbabilities) {
            for (int row = 0; row < rows; row++) {
                double logDensity = 0;
                for (int i = row * size; i < (row + 1) * size; i++) {
                    double z = random.nextGaussian();
                    actions[i] = (float) (means[i] + Math.exp(logStds[i]) * z);
                    logDensity -= 0.5 * (z * z + LOG_TWO_PI) + logStds[i];
                }
                logProbabilities[row] = (float) logDensity;
            }
        }
    }
}
