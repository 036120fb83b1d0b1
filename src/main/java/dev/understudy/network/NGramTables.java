package dev.understudy.network;

import java.util.Arrays;
import java.util.List;

/**
 * Which token was said after which last one, two and more, counted in tables of fixed size: an n-gram model that learns
 * from one token at a time and never grows.
 *
 * <p>A table of order k has slots. A slot belongs to one context of k tokens, told apart by a fingerprint of 24 bits,
 * and holds a few of the tokens that followed it, each with its count. A context may own several of the slots that lie
 * from its hash on. Where all of those belong to others, the one that was of use least is worn down, and taken once
 * nothing is left of it.
 *
 * <p>The chance of a token is that of absolute discounting (Ney, Essen and Kneser 1994), from the unigram up:
 *
 * <pre>
 *   p(w | h) = (c(hw) - D(c(hw)) + p(w | h') sum of D(c(hv)) over v) / sum of c(hv) over v
 * </pre>
 *
 * <p>A token that was found in the longest context is counted there alone, not in shorter ones, as in prediction by
 * partial matching; so, as in Kneser and Ney's model, shorter contexts count in how many ways they were met. One that
 * was not found there is entered in the next two orders above the one where it was.
 *
 * <p>All of it is one vector of floats, of which the first {@link #exported} travel in a model. Counts and tokens are
 * packed: token + vocabulary x count, which a float holds exactly.
 *
 * @param vocabulary number of tokens
 * @param tables that of order 1 first
 */
public record NGramTables(int vocabulary, List<Table> tables) {
    /** Whole numbers below this are exact in a float. */
    private static final int EXACT = 1 << 24;

    static final long PRIME = 2_147_483_647L;
    static final long FOLD = 4_099;
    static final long SPREAD = 48_271;
    static final long FINGERPRINTS = 16_777_213;

    /** Added to each unigram's count, so that none is impossible. */
    static final float UNSEEN = 0.01f;

    private static final int MOST_WORTH = 255;

    /** Orders above the longest known context in which a token is entered: rare long ones would fill the tables. */
    private static final int GROWTH = 2;

    /**
     * The contexts of one length.
     *
     * @param slots how many there are
     * @param width tokens of a slot
     * @param probes slots that a context may own, one after the other
     * @param once D(1), taken from a count of one
     * @param twice D(2)
     * @param more D of all higher counts
     */
    public record Table(int slots, int width, int probes, float once, float twice, float more) {
        public Table {
            if (slots < 1 || width < 1 || probes < 1 || probes > slots) {
                throw new IllegalArgumentException(
                        "expected at least 1 slot, width and probe, and no more probes than slots, got %d, %d and %d"
                                .formatted(slots, width, probes));
            }
            if (!(once > 0 && once <= 1) || !(twice > 0 && twice <= 2) || !(more > 0 && more <= 3)) {
                throw new IllegalArgumentException(
                        "expected discounts above 0 and at most 1, 2 and 3, got %s, %s and %s"
                                .formatted(once, twice, more));
            }
        }

        private float discount(int count) {
            return count > 2 ? more : count == 2 ? twice : once;
        }
    }

    public NGramTables {
        tables = List.copyOf(tables);
        if (vocabulary < 2 || vocabulary > EXACT / 256 || tables.isEmpty()) {
            throw new IllegalArgumentException(
                    "expected a vocabulary from 2 to %d and at least one table, got %d and %d"
                            .formatted(EXACT / 256, vocabulary, tables.size()));
        }
    }

    /**
     * Returns tables for a vocabulary of 4,096 and some million tokens: 9.5 MB (docs/algorithms/dialogue-network.md).
     */
    public static NGramTables defaults(int vocabulary) {
        return new NGramTables(
                vocabulary,
                List.of(
                        new Table(1 << 14, 24, 40, 0.5f, 1.0f, 1.3f),
                        new Table(1 << 18, 4, 32, 0.8f, 1.4f, 1.8f),
                        new Table(1 << 17, 4, 16, 0.9f, 1.6f, 2.0f)));
    }

    /** Returns how many tokens the longest context has. */
    public int order() {
        return tables.size();
    }

    /** Returns how many numbers {@link Recall#evidence} has for each token. */
    public int evidence() {
        return 2 * order();
    }

    /** Returns how many numbers of the memory a model needs. */
    public int exported() {
        return keys(order());
    }

    /** Returns the number of elements of the memory. */
    public int size() {
        return exported() + tables.stream().mapToInt(Table::slots).sum();
    }

    /** Returns a memory in which nothing is counted. */
    public float[] initial() {
        return new float[size()];
    }

    /** Returns where the fingerprints of an order begin, which its entries follow. */
    int keys(int order) {
        int at = vocabulary;
        for (int k = 0; k < order; k++) {
            at += tables.get(k).slots() * (1 + tables.get(k).width());
        }
        return at;
    }

    int entries(int order) {
        return keys(order) + tables.get(order).slots();
    }

    private int worth(int order) {
        int at = exported();
        for (int k = 0; k < order; k++) {
            at += tables.get(k).slots();
        }
        return at;
    }

    /** Returns the memory that goes on from what a model holds; each slot is worth what it counted. */
    public float[] fromExported(float[] exported) {
        float[] memory = Arrays.copyOf(exported, size());
        for (int k = 0; k < order(); k++) {
            Table table = tables.get(k);
            for (int slot = 0; slot < table.slots(); slot++) {
                int sum = 0;
                for (int i = 0; i < table.width(); i++) {
                    sum += count(memory[entries(k) + slot * table.width() + i]);
                }
                memory[worth(k) + slot] = Math.min(MOST_WORTH, sum);
            }
        }
        return memory;
    }

    private int count(float packed) {
        return (int) packed / vocabulary;
    }

    private int token(float packed) {
        return (int) packed % vocabulary;
    }

    private int mostCount() {
        return EXACT / vocabulary - 1;
    }

    /** The context of some tokens at a place in a sequence. */
    private static long hash(int[] tokens, int at, int length) {
        long hash = 0;
        for (int i = 0; i < length; i++) {
            hash = (hash * FOLD + (at >= i ? tokens[at - i] : 0) + 1) % PRIME;
        }
        return hash;
    }

    private static float fingerprint(long hash) {
        return hash % FINGERPRINTS + 1;
    }

    private static int slot(long hash, int probe, Table table) {
        return (int) ((hash * SPREAD % PRIME + probe) % table.slots());
    }

    /**
     * What the tables say of the tokens of a sequence, each given those before it.
     *
     * @param nats -log p of each token; 0 for the first
     * @param evidence of each token, how well its context is known: for each order log(1 + counts) and the share that
     *     the shorter context has; {@code [tokens * evidence]}, zeros for the first
     */
    public record Recall(float[] nats, float[] evidence) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Recall that
                    && Arrays.equals(nats, that.nats)
                    && Arrays.equals(evidence, that.evidence);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(nats);
        }
    }

    /** Returns what a memory says of a sequence; the memory is only read. */
    public Recall recall(float[] memory, int[] tokens) {
        Recall recall = new Recall(new float[tokens.length], new float[tokens.length * evidence()]);
        double all = 0;
        for (int w = 0; w < vocabulary; w++) {
            all += memory[w] + UNSEEN;
        }
        for (int at = 1; at < tokens.length; at++) {
            double p = (memory[tokens[at]] + UNSEEN) / all;
            for (int k = 0; k < order(); k++) {
                p = longer(memory, k, tokens, at, p, recall.evidence());
            }
            recall.nats()[at] = (float) -Math.log(p);
        }
        return recall;
    }

    /** Takes a chance from the context of k tokens to that of k + 1. */
    private double longer(float[] memory, int k, int[] tokens, int at, double shorter, float[] evidence) {
        Table table = tables.get(k);
        long hash = hash(tokens, at - 1, k + 1);
        float fingerprint = fingerprint(hash);
        double counts = 0;
        double discounts = 0;
        double found = 0;
        for (int probe = 0; probe < table.probes(); probe++) {
            int slot = slot(hash, probe, table);
            if (memory[keys(k) + slot] != fingerprint) {
                continue;
            }
            for (int i = entries(k) + slot * table.width(), end = i + table.width(); i < end; i++) {
                int count = count(memory[i]);
                if (count > 0) {
                    counts += count;
                    discounts += table.discount(count);
                    found = token(memory[i]) == tokens[at] ? count - table.discount(count) : found;
                }
            }
        }
        double left = counts > 0 ? discounts / counts : 1;
        evidence[at * evidence() + 2 * k] = (float) Math.log1p(counts);
        evidence[at * evidence() + 2 * k + 1] = (float) left;
        return (counts > 0 ? found / counts : 0) + left * shorter;
    }

    /**
     * Counts the tokens of a sequence that are learned, each after those before it.
     *
     * @param memory written to
     */
    public void learn(float[] memory, int[] tokens, boolean[] learned) {
        for (int at = 1; at < tokens.length; at++) {
            if (learned[at]) {
                learn(memory, tokens, at);
            }
        }
    }

    private void learn(float[] memory, int[] tokens, int at) {
        int known = order() - 1;
        while (known >= 0 && !counted(memory, known, tokens, at)) {
            known--;
        }
        for (int k = known + 1; k < Math.min(order(), known + 1 + GROWTH); k++) {
            enter(memory, k, tokens, at);
        }
        if (++memory[tokens[at]] >= EXACT / 2f) {
            for (int w = 0; w < vocabulary; w++) {
                memory[w] = (float) Math.floor(memory[w] / 2);
            }
        }
    }

    /** Counts a token once more if its context of k + 1 tokens has it. */
    private boolean counted(float[] memory, int k, int[] tokens, int at) {
        Table table = tables.get(k);
        long hash = hash(tokens, at - 1, k + 1);
        float fingerprint = fingerprint(hash);
        for (int probe = 0; probe < table.probes(); probe++) {
            int slot = slot(hash, probe, table);
            if (memory[keys(k) + slot] != fingerprint) {
                continue;
            }
            for (int i = entries(k) + slot * table.width(), end = i + table.width(); i < end; i++) {
                if (count(memory[i]) > 0 && token(memory[i]) == tokens[at]) {
                    memory[i] += vocabulary;
                    memory[worth(k) + slot] = Math.min(MOST_WORTH, memory[worth(k) + slot] + 1);
                    if (count(memory[i]) >= mostCount()) {
                        halve(memory, k, hash);
                    }
                    return true;
                }
            }
        }
        return false;
    }

    /** Halves all counts of a context, to no less than one. */
    private void halve(float[] memory, int k, long hash) {
        Table table = tables.get(k);
        for (int probe = 0; probe < table.probes(); probe++) {
            int slot = slot(hash, probe, table);
            if (memory[keys(k) + slot] == fingerprint(hash)) {
                for (int i = entries(k) + slot * table.width(), end = i + table.width(); i < end; i++) {
                    int count = count(memory[i]);
                    memory[i] -= (float) vocabulary * (count - (count + 1) / 2);
                }
            }
        }
    }

    /** Enters a token that its context of k + 1 tokens does not have, if there is room. */
    private void enter(float[] memory, int k, int[] tokens, int at) {
        Table table = tables.get(k);
        long hash = hash(tokens, at - 1, k + 1);
        float fingerprint = fingerprint(hash);
        int empty = -1;
        int least = -1;
        for (int probe = 0; probe < table.probes(); probe++) {
            int slot = slot(hash, probe, table);
            float owner = memory[keys(k) + slot];
            if (owner == 0) {
                empty = empty < 0 ? slot : empty;
                continue;
            }
            least = least < 0 || memory[worth(k) + slot] < memory[worth(k) + least] ? slot : least;
            for (int i = entries(k) + slot * table.width(), end = i + table.width();
                    owner == fingerprint && i < end;
                    i++) {
                if (memory[i] == 0) {
                    memory[i] = tokens[at] + vocabulary;
                    memory[worth(k) + slot] = Math.min(MOST_WORTH, memory[worth(k) + slot] + 1);
                    return;
                }
            }
        }
        if (empty < 0 && --memory[worth(k) + least] > 0) {
            return;
        }
        int slot = empty < 0 ? least : empty;
        int from = entries(k) + slot * table.width();
        Arrays.fill(memory, from, from + table.width(), 0);
        memory[keys(k) + slot] = fingerprint;
        memory[from] = tokens[at] + vocabulary;
        memory[worth(k) + slot] = 1;
    }
}
