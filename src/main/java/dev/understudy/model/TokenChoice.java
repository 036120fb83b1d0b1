package dev.understudy.model;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Chooses the next token of one reply. Not thread-safe.
 *
 * <p>A draw from the nucleus is a draw from all tokens, repeated until it falls into the nucleus (rejection sampling):
 * so nothing is sorted, and every loop over the tokens is one that the processor does many at once or guesses right.
 */
final class TokenChoice {
    /**
     * Tokens less likely than the likeliest by more than this, in nats after division by the temperature, are never
     * drawn: those with less than a 22,000th of its probability.
     */
    private static final double CUT = 10;

    /** What is less likely by more nats is taken for this; 4,096 such tokens have less than 1e-5 of the likeliest. */
    private static final float LEAST = -20;

    /** Tokens whose probability is summed at once. */
    private static final int BLOCK = 64;

    private final int vocabulary;
    private final Decoding decoding;
    /** Of the likeliest token's. */
    private final float[] probabilities;

    private final float[] ofBlocks;

    TokenChoice(int vocabulary, Decoding decoding) {
        this.vocabulary = vocabulary;
        this.decoding = decoding;
        int blocks = (vocabulary + BLOCK - 1) / BLOCK;
        this.probabilities = new float[blocks * BLOCK];
        this.ofBlocks = new float[blocks];
    }

    /**
     * Returns the next token.
     *
     * @param logits of all replies, {@code [.., vocabulary]}; those of tokens that must not be said are overwritten
     * @param offset where this reply's begin
     * @param reply its tokens so far
     * @param length how many those are
     * @param random what draws follow from
     * @throws IllegalStateException if no logit is finite
     */
    int next(float[] logits, int offset, int[] reply, int length, SplittableRandom random) {
        forbid(logits, offset, reply, length);
        float best = greatest(logits, offset);
        return decoding.temperature() == 0 ? first(logits, offset, best) : draw(logits, offset, best, random);
    }

    /** Rules out the tokens that would complete a run that the reply already holds. */
    private void forbid(float[] logits, int offset, int[] reply, int length) {
        int before = decoding.unrepeated() - 1;
        if (before < 1) {
            return;
        }
        for (int start = 0; start + before < length; start++) {
            if (Arrays.equals(reply, start, start + before, reply, length - before, length)) {
                logits[offset + reply[start + before]] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    /** Returns the greatest finite logit; four at a time, because each comparison waits for the one before. */
    private float greatest(float[] logits, int offset) {
        float a = Float.NEGATIVE_INFINITY;
        float b = a;
        float c = a;
        float d = a;
        int end = offset + vocabulary;
        int at = offset;
        for (; at + 3 < end; at += 4) {
            a = logits[at] > a ? logits[at] : a;
            b = logits[at + 1] > b ? logits[at + 1] : b;
            c = logits[at + 2] > c ? logits[at + 2] : c;
            d = logits[at + 3] > d ? logits[at + 3] : d;
        }
        for (; at < end; at++) {
            a = logits[at] > a ? logits[at] : a;
        }
        float best = Math.max(Math.max(a, b), Math.max(c, d));
        if (best == Float.POSITIVE_INFINITY) {
            ruleOut(best, logits, offset);
            return greatest(logits, offset);
        }
        if (best == Float.NEGATIVE_INFINITY) {
            throw new IllegalStateException("expected a token that may be chosen, got no finite logit");
        }
        return best;
    }

    private void ruleOut(float logit, float[] logits, int offset) {
        for (int i = offset; i < offset + vocabulary; i++) {
            if (Float.compare(logits[i], logit) == 0) {
                logits[i] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    private static int first(float[] logits, int offset, float best) {
        int token = 0;
        while (logits[offset + token] != best) {
            token++;
        }
        return token;
    }

    private int draw(float[] logits, int offset, float best, SplittableRandom random) {
        double total = weigh(logits, offset, best);
        if (Double.isNaN(total)) {
            ruleOut(Float.NaN, logits, offset);
            total = weigh(logits, offset, best);
        }
        float least = (float) (best - CUT * decoding.temperature());
        while (true) {
            int token = at(total * random.nextDouble());
            if (logits[offset + token] >= least && isInNucleus(token, total)) {
                return token;
            }
        }
    }

    /**
     * Sets the probabilities, as shares of the likeliest token's, and returns their sum; NaN if a logit is no number.
     */
    private double weigh(float[] logits, int offset, float best) {
        float scale = (float) (1 / decoding.temperature());
        float[] weights = probabilities;
        // In two loops over one array from its beginning, because the compiler makes vectors of those.
        System.arraycopy(logits, offset, weights, 0, vocabulary);
        for (int token = 0; token < vocabulary; token++) {
            weights[token] = Math.max((weights[token] - best) * scale, LEAST);
        }
        for (int token = 0; token < vocabulary; token++) {
            weights[token] = exponential(weights[token]);
        }
        double total = 0;
        for (int block = 0; block < ofBlocks.length; block++) {
            float a = 0;
            float b = 0;
            float c = 0;
            float d = 0;
            for (int i = block * BLOCK; i < (block + 1) * BLOCK; i += 4) {
                a += probabilities[i];
                b += probabilities[i + 1];
                c += probabilities[i + 2];
                d += probabilities[i + 3];
            }
            ofBlocks[block] = a + b + (c + d);
            total += ofBlocks[block];
        }
        return total;
    }

    /** Returns the first token up to which the probabilities sum up to more than that; the last if they do not. */
    private int at(double sum) {
        double left = sum;
        int block = 0;
        while (block < ofBlocks.length - 1 && left >= ofBlocks[block]) {
            left -= ofBlocks[block++];
        }
        int token = block * BLOCK;
        int last = Math.min(vocabulary, token + BLOCK) - 1;
        while (token < last && left >= probabilities[token]) {
            left -= probabilities[token++];
        }
        return token;
    }

    /**
     * Returns whether a token is one of the fewest that have the nucleus's share: whether those before it, which are
     * the likelier and of equal ones the lower numbers, have less than that.
     */
    private boolean isInNucleus(int token, double total) {
        float own = probabilities[token];
        if (decoding.nucleus() == 1 || own > (1 - decoding.nucleus()) * total) {
            return true;
        }
        double before = 0;
        for (int i = 0; i < token; i++) {
            if (probabilities[i] >= own) {
                before += probabilities[i];
            }
        }
        for (int i = token + 1; i < vocabulary; i++) {
            if (probabilities[i] > own) {
                before += probabilities[i];
            }
        }
        return before < decoding.nucleus() * total;
    }

    /**
     * Returns e to the x, to 5e-6 of itself from -10 on and to 4e-4 before, in operations that the compiler does many
     * at once: the Taylor series of a 32nd of x, squared five times. {@link Math#exp} would take longer than the
     * network.
     *
     * @param x from {@value #LEAST} to 0
     */
    static float exponential(float x) {
        float z = x * (1 / 32f);
        float y = 1 + z * (1 + z * (1 / 2f + z * (1 / 6f + z * (1 / 24f + z * (1 / 120f + z * (1 / 720f))))));
        y *= y;
        y *= y;
        y *= y;
        y *= y;
        return y * y;
    }
}
