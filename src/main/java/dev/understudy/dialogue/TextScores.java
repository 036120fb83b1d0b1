package dev.understudy.dialogue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How well a model predicts text, and how varied its own replies are.
 *
 * <p>What a turn costs is the bits of the tokens of its text and of the mark at its end; the mark at its beginning is
 * given. The end of a turn counts as one byte and as one word.
 *
 * @param bitsPerByte bits over bytes in UTF-8: comparable across tokenisers
 * @param perplexityPerToken 2 to the bits per token
 * @param perplexityPerWord 2 to the bits per word; words are what blanks separate
 * @param tokens tokens predicted
 * @param bytes bytes predicted
 * @param distinct1 different words over all words of the replies (Li et al. 2016); NaN if there are none
 * @param distinct2 the same for pairs of neighbouring words
 */
public record TextScores(
        double bitsPerByte,
        double perplexityPerToken,
        double perplexityPerWord,
        long tokens,
        long bytes,
        double distinct1,
        double distinct2) {

    /** What is being scored, turn by turn. Not thread-safe. */
    public static final class Sum {
        private final DistinctWords single = new DistinctWords(1);
        private final DistinctWords pairs = new DistinctWords(2);
        private double bits;
        private long tokens;
        private long bytes;
        private long words;

        /**
         * Adds the turns of a conversation that are to be imitated.
         *
         * @param ids as {@link Tokeniser#encode(List)} gives them for these turns
         * @param bitsPerToken -log2 of the probability of each of the ids; those of marks at the beginning of turns are
         *     not read
         * @throws IllegalArgumentException if these differ in number, or the ids are not those of the turns
         */
        public void add(List<Turn> turns, int[] ids, double[] bitsPerToken) {
            long ends = Arrays.stream(ids).filter(id -> id == Tokeniser.END).count();
            if (ids.length != bitsPerToken.length || ends != turns.size()) {
                throw new IllegalArgumentException(
                        "expected the bits of each token of %d turns, got %d bits of %d tokens in %d turns"
                                .formatted(turns.size(), bitsPerToken.length, ids.length, ends));
            }
            int at = 0;
            for (Turn turn : turns) {
                double ofTurn = 0;
                int from = ++at; // behind the mark of the role
                do {
                    ofTurn += bitsPerToken[at];
                } while (ids[at++] != Tokeniser.END);
                if (turn.isDemonstration()) {
                    add(turn.text(), ofTurn, at - from);
                }
            }
        }

        /**
         * Adds the text of one turn.
         *
         * @param turnBits what its tokens and its end cost, bits
         * @param turnTokens how many tokens that are, its end included
         */
        public void add(String text, double turnBits, int turnTokens) {
            bits += turnBits;
            tokens += turnTokens;
            bytes += text.getBytes(StandardCharsets.UTF_8).length + 1L;
            words += words(text).length + 1L;
        }

        /** Adds the text that another sum has; its replies are not added. */
        public void add(Sum other) {
            bits += other.bits;
            tokens += other.tokens;
            bytes += other.bytes;
            words += other.words;
        }

        /** Adds a reply of the model's own. */
        public void reply(String text) {
            String[] ofReply = words(text);
            single.add(ofReply);
            pairs.add(ofReply);
        }

        /** Returns the bits per byte so far; NaN before the first turn. */
        public double bitsPerByte() {
            return bits / bytes;
        }

        /** Returns the scores of all that was added. */
        public TextScores scores() {
            return new TextScores(
                    bitsPerByte(),
                    Math.pow(2, bits / tokens),
                    Math.pow(2, bits / words),
                    tokens,
                    bytes,
                    single.share(),
                    pairs.share());
        }
    }

    private static final class DistinctWords {
        private final int length;
        private final Set<String> different = new HashSet<>();
        private long all;

        DistinctWords(int length) {
            this.length = length;
        }

        void add(String[] words) {
            for (int i = 0; i + length <= words.length; i++) {
                different.add(String.join(" ", Arrays.asList(words).subList(i, i + length)));
                all++;
            }
        }

        double share() {
            return (double) different.size() / all;
        }
    }

    private static String[] words(String text) {
        String stripped = text.strip();
        return stripped.isEmpty() ? new String[0] : stripped.split("\\s+", -1);
    }
}
