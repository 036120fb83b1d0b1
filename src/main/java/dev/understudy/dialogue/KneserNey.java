package dev.understudy.dialogue;

import java.util.Arrays;

/**
 * Interpolated modified Kneser-Ney smoothing of n-grams: Chen and Goodman (1999), section 3.3, eq. 26 and 27, with the
 * three discounts of eq. 26 for counts of one, two, and three or more.
 *
 * <p>The highest order counts occurrences. Every lower order counts how many different tokens came before an n-gram,
 * c(w) = N1+(* w). All counts are kept up to date as sequences are added, so at any time the model is that of all
 * sequences so far, as if fitted anew. Unigrams are interpolated with the uniform distribution over the vocabulary, so
 * every token has a probability above zero.
 *
 * <p>Before the first token of a sequence stand as many boundary tokens as the order asks for. An n-gram is one exact
 * {@code long}. Memory is about 25 bytes per n-gram and 35 per context. Not thread-safe while sequences are added.
 */
public final class KneserNey {
    /** Discounts where too few n-grams were counted to estimate them. */
    private static final double[] FEW = {0, 0.5, 1, 1.5};

    private final int order;
    private final int vocabulary;
    private final int bitsPerToken;
    private final long start;
    private final NGramCounts[] grams;
    private final NGramContexts[] contexts;
    /** How many n-grams of an order have a count of 1, 2, 3 and 4. */
    private final long[][] countsOfCounts;

    /**
     * A model that knows nothing: every token is as probable.
     *
     * @param order n of the longest n-grams, at least 1
     * @param vocabulary number of tokens; ids are below it
     * @param boundary the token that stands before a sequence
     * @throws IllegalArgumentException if an n-gram would not fit into 62 bits, or the boundary is no token
     */
    public KneserNey(int order, int vocabulary, int boundary) {
        this.order = order;
        this.vocabulary = vocabulary;
        this.bitsPerToken = Math.max(1, Integer.SIZE - Integer.numberOfLeadingZeros(vocabulary - 1));
        if (order < 1 || vocabulary < 1 || order * bitsPerToken > 62 || boundary < 0 || boundary >= vocabulary) {
            throw new IllegalArgumentException(
                    "expected n-grams of at least one token that fit into 62 bits and a boundary below the vocabulary, got order %d, vocabulary %d, boundary %d"
                            .formatted(order, vocabulary, boundary));
        }
        long padded = 0;
        for (int i = 1; i < order; i++) {
            padded = (padded << bitsPerToken) | boundary;
        }
        start = padded;
        grams = new NGramCounts[order + 1];
        contexts = new NGramContexts[order + 1];
        countsOfCounts = new long[order + 1][5];
        for (int n = 1; n <= order; n++) {
            grams[n] = new NGramCounts();
            contexts[n] = new NGramContexts();
        }
    }

    /**
     * Adds a sequence to what the model is fitted to.
     *
     * @throws IllegalArgumentException if a token is not in the vocabulary
     */
    public void add(int[] tokens) {
        check(tokens);
        long history = start;
        for (int token : tokens) {
            long gram = (history << bitsPerToken) | token;
            count(gram);
            history = last(gram, order - 1);
        }
    }

    /** An n-gram that is new has a token before its own last n - 1 that they had not: that order counts it. */
    private void count(long gram) {
        for (int n = order; n >= 1; n--) {
            long key = last(gram, n);
            int before = grams[n].increment(key);
            contexts[n].counted(key >>> bitsPerToken, before);
            long[] counts = countsOfCounts[n];
            if (before > 0 && before < counts.length) {
                counts[before]--;
            }
            if (before + 1 < counts.length) {
                counts[before + 1]++;
            }
            if (before > 0) {
                return;
            }
        }
    }

    /**
     * Returns -log2 of the probability of each token of a sequence, given those before it: bits.
     *
     * @throws IllegalArgumentException if a token is not in the vocabulary
     */
    public double[] bits(int[] tokens) {
        check(tokens);
        double[][] discounts = discounts();
        double[] bits = new double[tokens.length];
        long history = start;
        for (int i = 0; i < tokens.length; i++) {
            long gram = (history << bitsPerToken) | tokens[i];
            bits[i] = -Math.log(probability(gram, discounts)) / Math.log(2);
            history = last(gram, order - 1);
        }
        return bits;
    }

    /**
     * Returns the probability of every token after those of a sequence so far: {@code [vocabulary]}, which sum to 1.
     *
     * @throws IllegalArgumentException if a token is not in the vocabulary
     */
    public double[] distribution(int[] tokens) {
        check(tokens);
        double[][] discounts = discounts();
        long history = start;
        for (int i = Math.max(0, tokens.length - order); i < tokens.length; i++) {
            history = last((history << bitsPerToken) | tokens[i], order - 1);
        }
        double[] distribution = new double[vocabulary];
        for (int token = 0; token < vocabulary; token++) {
            distribution[token] = probability((history << bitsPerToken) | token, discounts);
        }
        return distribution;
    }

    /** Returns how many different n-grams of the longest order were added. */
    public long longestGrams() {
        return grams[order].size();
    }

    /** Eq. 26 from the unigrams up, as far as the context is known; a context that is not has none longer that is. */
    private double probability(long gram, double[][] discounts) {
        double probability = 1.0 / vocabulary;
        for (int n = 1; n <= order; n++) {
            long key = last(gram, n);
            int context = contexts[n].find(key >>> bitsPerToken);
            if (context < 0) {
                break;
            }
            int count = grams[n].get(key);
            double[] d = discounts[n];
            double discounted = count - d[Math.min(count, 3)];
            double left = d[1] * contexts[n].ones(context)
                    + d[2] * contexts[n].twos(context)
                    + d[3] * contexts[n].more(context);
            probability = (discounted + left * probability) / contexts[n].total(context);
        }
        return probability;
    }

    /** Eq. 27: Y = n1 / (n1 + 2 n2), D(k) = k - (k + 1) Y n(k+1) / n(k). */
    private double[][] discounts() {
        double[][] discounts = new double[order + 1][];
        for (int n = 1; n <= order; n++) {
            long[] counts = countsOfCounts[n];
            double[] d = FEW.clone();
            if (counts[1] > 0 && counts[2] > 0 && counts[3] > 0 && counts[4] > 0) {
                double y = counts[1] / (counts[1] + 2.0 * counts[2]);
                for (int k = 1; k <= 3; k++) {
                    double discount = k - (k + 1) * y * counts[k + 1] / counts[k];
                    d[k] = discount > 0 ? Math.min(k, discount) : FEW[k]; // none would leave nothing for the unseen
                }
            }
            discounts[n] = d;
        }
        return discounts;
    }

    private long last(long gram, int tokens) {
        return gram & ((1L << (tokens * bitsPerToken)) - 1);
    }

    private void check(int[] tokens) {
        for (int token : tokens) {
            if (token < 0 || token >= vocabulary) {
                throw new IllegalArgumentException("expected tokens below %d, got %d among %s"
                        .formatted(vocabulary, token, Arrays.toString(tokens)));
            }
        }
    }
}
