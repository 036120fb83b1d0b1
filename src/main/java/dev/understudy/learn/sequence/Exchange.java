package dev.understudy.learn.sequence;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A context and the expert's reply to it, as tokens.
 *
 * @param context what was said before; not empty
 * @param reply what the expert said; not empty
 */
record Exchange(int[] context, int[] reply) {
    /**
     * Returns the exchanges of sequences: each run of learned tokens is a reply to what is before it.
     *
     * @param context most tokens of a context, the newest
     * @param most tokens of a reply, the first
     */
    static List<Exchange> of(List<TokenSequence> sequences, int context, int most) {
        List<Exchange> exchanges = new ArrayList<>();
        for (TokenSequence sequence : sequences) {
            int[] tokens = sequence.tokens();
            int at = 1;
            while (at < tokens.length) {
                int start = at;
                while (at < tokens.length && sequence.learned()[at]) {
                    at++;
                }
                if (at > start) {
                    exchanges.add(new Exchange(
                            Arrays.copyOfRange(tokens, Math.max(0, start - context), start),
                            Arrays.copyOfRange(tokens, start, Math.min(at, start + most))));
                } else {
                    at++;
                }
            }
        }
        return exchanges;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Exchange that
                && Arrays.equals(context, that.context)
                && Arrays.equals(reply, that.reply);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(context) + Arrays.hashCode(reply);
    }
}
