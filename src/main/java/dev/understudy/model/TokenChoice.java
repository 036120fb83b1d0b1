package dev.understudy.model;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Chooses the next token of one reply. Not thread-safe. */
final class TokenChoice {
    /**
     * Tokens less likely than the likeliest by more than this, in nats after division by the temperature, are never
     * drawn: those with less than a 22,000th of its probability.
     */
    private static final double CUT = 10;

    /** The smallest probabilities, beside the likeliest, are above 2 to the -15. */
    private static final int FIRST_BUCKET = Float.floatToRawIntBits(0x1p-15f) >>> 20;

    private final int vocabulary;
    private final Decoding decoding;
    private final boolean[] banned;
    private final float[] probabilities;
    private final int[] kept;
    private final long[] candidates;
    private final double[] shares = new double[bucket(1f) + 1];

    TokenChoice(int vocabulary, Decoding decoding) {
        this.vocabulary = vocabulary;
        this.decoding = decoding;
        this.banned = new boolean[vocabulary];
        this.probabilities = new float[vocabulary];
        this.kept = new int[vocabulary];
        this.candidates = new long[vocabulary];
    }

    /**
     * Returns the next token.
     *
     * @param logits of all replies, {@code [.., vocabulary]}
     * @param offset where this reply's begin
     * @param reply its tokens so far
     * @param length how many those are
     * @param random asked once for each token that is drawn
     * @throws IllegalStateException if no logit is finite
     */
    int next(float[] logits, int offset, int[] reply, int length, SplittableRandom random) {
        mark(reply, length, true);
        try {
            int best = likeliest(logits, offset);
            return decoding.temperature() == 0 ? best : draw(logits, offset, logits[offset + best], random);
        } finally {
            mark(reply, length, false);
        }
    }

    /** Marks the tokens that would complete a run that the reply already holds. */
    private void mark(int[] reply, int length, boolean as) {
        int before = decoding.unrepeated() - 1;
        if (before < 1) {
            return;
        }
        for (int start = 0; start + before < length; start++) {
            if (Arrays.equals(reply, start, start + before, reply, length - before, length)) {
                banned[reply[start + before]] = as;
            }
        }
    }

    private int likeliest(float[] logits, int offset) {
        int best = -1;
        for (int token = 0; token < vocabulary; token++) {
            float logit = logits[offset + token];
            if (Float.isFinite(logit) && !banned[token] && (best < 0 || logit > logits[offset + best])) {
                best = token;
            }
        }
        if (best < 0) {
            throw new IllegalStateException("expected a token that may be chosen, got no finite logit");
        }
        return best;
    }

    private int draw(float[] logits, int offset, float best, SplittableRandom random) {
        double temperature = decoding.temperature();
        float least = (float) (best - CUT * temperature);
        float scale = (float) (1 / (temperature * Math.log(2)));
        double total = 0;
        Arrays.fill(shares, 0);
        for (int token = 0; token < vocabulary; token++) {
            float logit = logits[offset + token];
            boolean may = logit >= least && !banned[token];
            float probability = may ? power((logit - best) * scale) : 0;
            probabilities[token] = probability;
            if (may) {
                total += probability;
                shares[bucket(probability)] += probability;
            }
        }
        int count = nucleus(decoding.nucleus() * total);
        double left = 0;
        for (int i = 0; i < count; i++) {
            left += probabilities[kept[i]];
        }
        left *= random.nextDouble();
        int chosen = -1;
        for (int i = 0; i < count && left >= 0; i++) {
            chosen = kept[i];
            left -= probabilities[chosen];
        }
        return chosen;
    }

    /**
     * Keeps the fewest tokens that have a share of the probability, and returns how many: all of the buckets of the
     * likelier, and of the last bucket as many as it takes, the likeliest first, then the lower number.
     */
    private int nucleus(double share) {
        int last = shares.length - 1;
        double above = 0;
        while (last > 0 && above + shares[last] < share) {
            above += shares[last--];
        }
        int count = 0;
        int inLast = 0;
        for (int token = 0; token < vocabulary; token++) {
            float probability = probabilities[token];
            int bucket = probability > 0 ? bucket(probability) : -1;
            if (bucket > last) {
                kept[count++] = token;
            } else if (bucket == last) {
                // Floats from 0 are ordered as their bits.
                candidates[inLast++] = (long) -Float.floatToRawIntBits(probability) << 32 | token;
            }
        }
        Arrays.sort(candidates, 0, inLast);
        for (int i = 0; i < inLast && above < share; i++) {
            kept[count] = (int) candidates[i];
            above += probabilities[kept[count++]];
        }
        return count;
    }

    /** Returns the bucket of a probability from e^-10 to 1: eight to each power of two, the likeliest last. */
    private static int bucket(float probability) {
        return (Float.floatToRawIntBits(probability) >>> 20) - FIRST_BUCKET;
    }

    /**
     * Returns 2 to the x, to 2e-7 of itself, several times as fast as {@link Math#exp}, which would take longer than
     * the network: 2 to the nearest whole number, times the Taylor series of the rest.
     *
     * @param x from -125 to 0
     */
    static float power(float x) {
        int whole = (int) (x - 0.5f);
        float rest = (x - whole) * 0.6931472f;
        float series =
                1 + rest * (1 + rest * (1 / 2f + rest * (1 / 6f + rest * (1 / 24f + rest * (1 / 120f + rest / 720f)))));
        return series * Float.intBitsToFloat((whole + 127) << 23);
    }
}
