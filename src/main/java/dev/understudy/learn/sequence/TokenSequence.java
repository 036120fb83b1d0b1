package dev.understudy.learn.sequence;

import java.util.Arrays;

/**
 * A conversation as tokens. The arrays are not copied: whoever hands them over must not write to them afterwards.
 *
 * @param tokens numbers from 0
 * @param learned of each token, whether it is imitated, and scored; the first is only read, whatever this says of it
 */
public record TokenSequence(int[] tokens, boolean[] learned) {
    public TokenSequence {
        if (tokens.length != learned.length) {
            throw new IllegalArgumentException("expected for each of %d tokens whether it is learned, got %d"
                    .formatted(tokens.length, learned.length));
        }
    }

    /** Returns how many of its tokens are imitated. */
    public int learnedTokens() {
        int count = 0;
        for (int i = 1; i < learned.length; i++) {
            count += learned[i] ? 1 : 0;
        }
        return count;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TokenSequence that
                && Arrays.equals(tokens, that.tokens)
                && Arrays.equals(learned, that.learned);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(tokens) + Arrays.hashCode(learned);
    }

    @Override
    public String toString() {
        return "TokenSequence[%d tokens, %d learned]".formatted(tokens.length, learnedTokens());
    }
}
