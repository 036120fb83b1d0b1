package dev.understudy.dialogue;

import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The baseline that policies of replies are held against: an interpolated modified Kneser-Ney 5-gram over the same
 * tokens. It reads the text and the ends of all turns of a conversation on end, without the marks of roles, which would
 * take a place in its short memory and tell it little. Not thread-safe while it learns.
 */
public final class NGramBaseline {
    private static final int ORDER = 5;

    private final Tokeniser tokeniser;
    private final KneserNey model;

    /** A baseline that has learned nothing. */
    public NGramBaseline(Tokeniser tokeniser) {
        this.tokeniser = tokeniser;
        this.model = new KneserNey(ORDER, tokeniser.size(), Tokeniser.END);
    }

    /** Adds a conversation to what it is fitted to. */
    public void learn(List<Turn> turns) {
        model.add(spoken(tokeniser.encode(turns)));
    }

    /**
     * Returns what the tokens of a conversation cost, as {@link TextScores.Sum} takes it.
     *
     * @return bits, for each id of {@link Tokeniser#encode(List)}; 0 for the marks of roles
     */
    public double[] bits(List<Turn> turns) {
        int[] ids = tokeniser.encode(turns);
        double[] ofSpoken = model.bits(spoken(ids));
        double[] bits = new double[ids.length];
        int next = 0;
        for (int i = 0; i < ids.length; i++) {
            bits[i] = isSpoken(ids[i]) ? ofSpoken[next++] : 0;
        }
        return bits;
    }

    /**
     * Draws a reply.
     *
     * @param context the turns so far
     * @param longest most tokens that it has
     */
    public String reply(List<Turn> context, RandomGenerator random, int longest) {
        Ids ids = new Ids(longest);
        ids.add(spoken(tokeniser.encode(context)));
        int start = ids.size();
        while (ids.size() < start + longest) {
            int next = drawn(model.distribution(ids.toArray()), random);
            if (next == Tokeniser.END) {
                break;
            }
            ids.add(next);
        }
        int[] all = ids.toArray();
        return tokeniser.decode(Arrays.copyOfRange(all, start, all.length));
    }

    private static int drawn(double[] distribution, RandomGenerator random) {
        double left = random.nextDouble();
        for (int id = 0; id < distribution.length; id++) {
            left -= isSpoken(id) ? distribution[id] : 0;
            if (left < 0) {
                return id;
            }
        }
        return Tokeniser.END; // what the marks of roles have
    }

    private static int[] spoken(int[] ids) {
        return Arrays.stream(ids).filter(NGramBaseline::isSpoken).toArray();
    }

    private static boolean isSpoken(int id) {
        return !Tokeniser.isMark(id) || id == Tokeniser.END;
    }
}
