package dev.understudy.environment;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
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
     * Writes the action at {@code actions[at]} as a network reads it, {@link #policyOutputs} numbers: one-hot where it
     * is a choice, clipped to its range where it is numbers.
     *
     * @param encoded zeros from {@code encodedAt} on
     */
    void encode(float[] actions, int at, float[] encoded, int encodedAt);

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

        @Override
        public void encode(float[] actions, int at, float[] encoded, int encodedAt) {
            encoded[encodedAt + (int) actions[at]] = 1f;
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
     * A text in UTF-8, written as one float for each byte, 1 to 255, and 0 after its end.
     *
     * @param size k, the bytes of the longest text, at least 1
     */
    record Text(int size) implements ActionSpace {
        public Text {
            if (size < 1) {
                throw new IllegalArgumentException("expected texts of at least 1 byte, got " + size);
            }
        }

        /** Returns 0: a policy of texts says one token after another. */
        @Override
        public int policyOutputs() {
            return 0;
        }

        @Override
        public boolean contains(float[] actions, int at) {
            boolean isOver = false;
            for (int i = at; i < at + size; i++) {
                if (!(actions[i] >= 0 && actions[i] <= 255 && actions[i] == (int) actions[i])
                        || (isOver && actions[i] != 0)) {
                    return false;
                }
                isOver |= actions[i] == 0;
            }
            return true;
        }

        @Override
        public boolean accepts(float[] actions, int at) {
            return contains(actions, at);
        }

        @Override
        public float drawUniformly(RandomGenerator random, float[] actions, int at) {
            throw new UnsupportedOperationException("expected choices or numbers to draw from, got texts");
        }

        @Override
        public void encode(float[] actions, int at, float[] encoded, int encodedAt) {
            throw new UnsupportedOperationException("expected choices or numbers to encode, got texts");
        }

        /** Writes a text, cut after {@link #size} bytes at the end of a character. */
        public void write(String text, float[] actions, int at) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            int length = Math.min(bytes.length, size);
            while (length < bytes.length && length > 0 && (bytes[length] & 0xC0) == 0x80) {
                length--;
            }
            for (int i = 0; i < size; i++) {
                actions[at + i] = i < length ? bytes[i] & 0xFF : 0;
            }
        }

        /** Reads what {@link #write} wrote. */
        public String read(float[] actions, int at) {
            byte[] bytes = new byte[length(actions, at)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) actions[at + i];
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }

        /** Returns how many bytes texts have, one added for the end of each. */
        public long bytes(float[] actions, int rows) {
            long bytes = 0;
            for (int row = 0; row < rows; row++) {
                bytes += length(actions, row * size) + 1L;
            }
            return bytes;
        }

        /** Returns how many bytes a text has that {@link #write} wrote. */
        public int length(float[] actions, int at) {
            int length = 0;
            while (length < size && actions[at + length] > 0) {
                length++;
            }
            return length;
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

        @Override
        public void encode(float[] actions, int at, float[] encoded, int encodedAt) {
            for (int i = 0; i < size; i++) {
                encoded[encodedAt + i] = Math.max(low, Math.min(high, actions[at + i]));
            }
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
