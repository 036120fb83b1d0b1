package dev.understudy.dialogue;

import dev.understudy.network.BagOfFeatures;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * What a bag of features sees of a text: its tokens, in lower case, and each pair of neighbours, hashed into buckets.
 * Feature 0 is none ({@link BagOfFeatures#NONE}): it is the id of a mark, which no text gives.
 *
 * <p>A context is laid out as three texts side by side: the newest turn, the one before it, and all older ones, the
 * newest of them first.
 */
final class TextFeatures {
    /** Buckets of pairs (a guess: a bag of 16,384 features of 96 numbers is a file of 6 MB). */
    static final int PAIRS = 12_288;

    /** How many features there are. */
    static final int COUNT = Tokeniser.MOST_ENTRIES + PAIRS;

    /** Most features of the newest turn or a reply, of the turn before, and of older ones: 20, 20 and 32 tokens. */
    static final List<Integer> LENGTHS = List.of(40, 40, 64);

    /** Longest row of features. */
    static final int ROOM = LENGTHS.stream().mapToInt(length -> length).sum();

    private final Tokeniser tokeniser;

    TextFeatures(Tokeniser tokeniser) {
        this.tokeniser = tokeniser;
    }

    /** Returns the features of a text, each token before the pair that it is the second of. */
    int[] of(String text) {
        int[] tokens = tokeniser.encode(text.toLowerCase(Locale.ROOT));
        if (tokens.length == 0) {
            return tokens;
        }
        int[] features = new int[2 * tokens.length - 1];
        features[0] = tokens[0];
        for (int i = 1; i < tokens.length; i++) {
            features[2 * i - 1] = tokens[i];
            features[2 * i] = Tokeniser.MOST_ENTRIES + bucket(tokens[i - 1], tokens[i]);
        }
        return features;
    }

    private static int bucket(int left, int right) {
        long hash = ((long) left << 12 | right) * 0x9E3779B97F4A7C15L;
        return (int) ((hash >>> 33) % PAIRS);
    }

    /**
     * Writes a context's features.
     *
     * @param newestFirst the features of its turns
     * @param row receives them from {@code at} on, {@link #ROOM} of them
     */
    static void writeContext(List<int[]> newestFirst, long[] row, int at) {
        Arrays.fill(row, at, at + ROOM, BagOfFeatures.NONE);
        int from = at;
        for (int text = 0; text < 2; text++) {
            if (newestFirst.size() > text) {
                write(newestFirst.get(text), row, from, LENGTHS.get(text));
            }
            from += LENGTHS.get(text);
        }
        int left = LENGTHS.get(2);
        for (int turn = 2; turn < newestFirst.size() && left > 0; turn++) {
            int written = write(newestFirst.get(turn), row, from, left);
            from += written;
            left -= written;
        }
    }

    /** Writes the beginning of a text's features, as many as there is room for, and returns how many those are. */
    static int write(int[] features, long[] row, int at, int room) {
        int count = Math.min(features.length, room);
        for (int i = 0; i < count; i++) {
            row[at + i] = features[i];
        }
        return count;
    }

    /**
     * Leaves features out by chance.
     *
     * @param share of them that goes
     */
    static void drop(long[] rows, double share, SplittableRandom random) {
        if (share > 0) {
            for (int i = 0; i < rows.length; i++) {
                if (rows[i] != BagOfFeatures.NONE && random.nextDouble() < share) {
                    rows[i] = BagOfFeatures.NONE;
                }
            }
        }
    }
}
