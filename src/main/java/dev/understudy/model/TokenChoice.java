package dev.understudy.model;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Chooses the next token of one reply. Not thread-safe. */
final class TokenChoice {
    /**
     * Tokens less likely than the likeliest by more than this, in nats after division by the temperature, are never
     * drawn: one in nine million at most.
     */
    private static final double CUT = 16;

    private final int vocabulary;
    private final Decoding decoding;
    private final boolean[] banned;
    private final float[] probabilities;
    private final long[] candidates;

    TokenChoice(int vocabulary, Decoding decoding) {
        this.vocabulary = vocabulary;
        this.decoding = decoding;
        this.banned = new boolean[vocabulary];
        this.probabilities = new float[vocabulary];
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
        double total = 0;
        for (int token = 0; token < vocabulary; token++) {
            float logit = logits[offset + token];
            boolean may = logit >= least && !banned[token];
            probabilities[token] = may ? (float) Math.exp((logit - best) / temperature) : 0;
            total += probabilities[token];
        }
        int count = candidates(total);
        if (decoding.nucleus() < 1) {
            double share = 0;
            int kept = 0;
            while (kept < count && share < decoding.nucleus() * total) {
                share += probabilities[(int) candidates[kept++]];
            }
            count = kept;
            total = share;
        }
        double left = random.nextDouble() * total;
        int chosen = -1;
        for (int i = 0; i < count && left >= 0; i++) {
            chosen = (int) candidates[i];
            left -= probabilities[chosen];
        }
        return chosen;
    }

    /**
     * Lists the tokens that may be in the nucleus, the likeliest first, then the lower number, and returns how many
     * there are. All others together have less than what the nucleus leaves out.
     */
    private int candidates(double total) {
        double least = (1 - decoding.nucleus()) * total / vocabulary;
        int count = 0;
        for (int token = 0; token < vocabulary; token++) {
            if (probabilities[token] > least) {
                // Floats from 0 are ordered as their bits.
                candidates[count++] = (long) -Float.floatToRawIntBits(probabilities[token]) << 32 | token;
            }
        }
        Arrays.sort(candidates, 0, count);
        return count;
    }
}
