package dev.understudy.learn.sequence;

import dev.understudy.graph.Feeds;
import java.util.ArrayList;
import java.util.List;

/**
 * Sequences laid end to end in parallel streams, and cut into segments of equal length. Each sequence, in order, goes
 * to the stream that is shortest so far, so none is padded but the ends of the streams.
 *
 * <pre>
 *   stream 0   a a a a a a | a d d d d d | d . . . . .
 *   stream 1   b b b c c c | c c c c e e | e e e e . .
 * </pre>
 *
 * <p>A place holds a token that is read and the token after it, which is predicted there. Rows of a segment are the
 * places of all streams at its first step, then of all at the second, and so on.
 */
public final class Packing {
    private final List<TokenSequence> sequences;
    private final int streams;
    private final int steps;
    private final List<List<Integer>> members = new ArrayList<>();
    private final int segments;
    private final long places;
    /** The last segment of each sequence. */
    private final int[] lasts;

    /** Rows of the segment that was read last. */
    private final long[] tokens;

    private final long[] targets;
    private final float[] kept;
    private final float[] weights;
    private final int[] owners;
    private final int[] positions;

    /**
     * Packs sequences.
     *
     * @param steps of a segment
     * @throws IllegalArgumentException if a token is not in the vocabulary
     */
    public Packing(List<TokenSequence> sequences, int vocabulary, int streams, int steps) {
        check(sequences, vocabulary);
        this.sequences = sequences;
        this.streams = streams;
        this.steps = steps;
        long[] lengths = new long[streams];
        for (int b = 0; b < streams; b++) {
            members.add(new ArrayList<>());
        }
        lasts = new int[sequences.size()];
        long all = 0;
        for (int s = 0; s < sequences.size(); s++) {
            int shortest = 0;
            for (int b = 1; b < streams; b++) {
                shortest = lengths[b] < lengths[shortest] ? b : shortest;
            }
            members.get(shortest).add(s);
            lengths[shortest] += places(s);
            lasts[s] = Math.toIntExact(Math.max(0, lengths[shortest] - 1) / steps);
            all += places(s);
        }
        places = all;
        long longest = 0;
        for (long length : lengths) {
            longest = Math.max(longest, length);
        }
        segments = Math.toIntExact((longest + steps - 1) / steps);
        tokens = new long[streams * steps];
        targets = new long[streams * steps];
        kept = new float[streams * steps];
        weights = new float[streams * steps];
        owners = new int[streams * steps];
        positions = new int[streams * steps];
    }

    /** Throws IllegalArgumentException if a token is not in the vocabulary. */
    static void check(List<TokenSequence> sequences, int vocabulary) {
        for (int s = 0; s < sequences.size(); s++) {
            check(s, sequences.get(s).tokens(), vocabulary);
        }
    }

    private static void check(int sequence, int[] tokens, int vocabulary) {
        for (int i = 0; i < tokens.length; i++) {
            if (tokens[i] < 0 || tokens[i] >= vocabulary) {
                throw new IllegalArgumentException("expected tokens from 0 to %d, got %d (sequence %d, token %d)"
                        .formatted(vocabulary - 1, tokens[i], sequence, i));
            }
        }
    }

    /** The last token has none after it. */
    private int places(int sequence) {
        return Math.max(0, sequences.get(sequence).tokens().length - 1);
    }

    /** Returns the number of segments. */
    public int segments() {
        return segments;
    }

    /** Returns how many places of all segments hold tokens. */
    public long places() {
        return places;
    }

    /** Reads a segment into the rows that the accessors give. */
    public void read(int segment) {
        for (int b = 0; b < streams; b++) {
            read(b, (long) segment * steps);
        }
    }

    private void read(int stream, long from) {
        long start = 0;
        int step = 0;
        for (int sequence : members.get(stream)) {
            int length = places(sequence);
            while (step < steps && from + step < start + length) {
                put(step * streams + stream, sequence, (int) (from + step - start));
                step++;
            }
            start += length;
        }
        for (; step < steps; step++) {
            int row = step * streams + stream;
            tokens[row] = 0;
            targets[row] = 0;
            kept[row] = 0;
            weights[row] = 0;
            owners[row] = -1;
            positions[row] = 0;
        }
    }

    private void put(int row, int sequence, int place) {
        TokenSequence from = sequences.get(sequence);
        tokens[row] = from.tokens()[place];
        targets[row] = from.tokens()[place + 1];
        kept[row] = place == 0 ? 0 : 1;
        weights[row] = from.learned()[place + 1] ? 1 : 0;
        owners[row] = sequence;
        positions[row] = place + 1;
    }

    /** Returns the rows of the segment that was read last, without their weights. */
    Feeds feeds() {
        return new Feeds()
                .longs(SequencePrograms.TOKENS, tokens)
                .longs(SequencePrograms.TARGETS, targets)
                .floats(SequencePrograms.KEPT, kept);
    }

    /** Returns what each row reads; 0 where there is nothing. */
    public long[] tokens() {
        return tokens;
    }

    /** Returns what each row predicts; 0 where there is nothing. */
    public long[] targets() {
        return targets;
    }

    /** Returns 0 for each row before which the state is forgotten, else 1. */
    public float[] kept() {
        return kept;
    }

    /** Returns 1 for each row whose target is learned, else 0. */
    public float[] weights() {
        return weights;
    }

    /** Returns which sequence each row is of, -1 for none. */
    public int[] owners() {
        return owners;
    }

    /** Returns where in its sequence the target of each row is; 0 where there is nothing. */
    int[] positions() {
        return positions;
    }

    /** Returns the last segment that has a sequence. */
    int last(int sequence) {
        return lasts[sequence];
    }

    /** Returns what is packed. */
    List<TokenSequence> sequences() {
        return sequences;
    }
}
