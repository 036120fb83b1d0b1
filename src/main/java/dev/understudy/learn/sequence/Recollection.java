package dev.understudy.learn.sequence;

import dev.understudy.graph.Feeds;
import dev.understudy.network.NGramTables;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * What n-gram tables say of packed sequences, which the network is mixed with. A sequence is asked about when a segment
 * first has it, by what is counted until then; a later pass hears the same again, not what was counted of it since.
 */
final class Recollection {
    /** Sequences of a window that are counted together, once all of them are learned. */
    private static final int LOT = 100;

    private final NGramTables tables;
    private final float[] memory;
    private final Packing packing;
    private final List<TokenSequence> window;
    /** The last segment that has a sequence of a lot or of one before it. */
    private final int[] lasts;

    private final IdentityHashMap<TokenSequence, NGramTables.Recall> recalls = new IdentityHashMap<>();
    private int counted;

    private Recollection(NGramTables tables, float[] memory, Packing packing, List<TokenSequence> window) {
        this.tables = tables;
        this.memory = memory;
        this.packing = packing;
        this.window = window;
        this.lasts = lasts(packing, window);
    }

    /** Returns one that only asks; the memory is not written to. */
    static Recollection of(NGramTables tables, float[] memory, Packing packing) {
        return new Recollection(tables, memory, packing, List.of());
    }

    /**
     * Returns one that counts a window too, in a copy of the memory.
     *
     * @param window what is counted of what is packed, in that order
     */
    static Recollection counting(NGramTables tables, float[] memory, Packing packing, List<TokenSequence> window) {
        return new Recollection(tables, memory.clone(), packing, window);
    }

    private static int[] lasts(Packing packing, List<TokenSequence> window) {
        int[] lasts = new int[(window.size() + LOT - 1) / LOT];
        int next = 0;
        int last = 0;
        for (int i = 0; i < packing.sequences().size() && next < window.size(); i++) {
            if (packing.sequences().get(i).equals(window.get(next))) {
                last = Math.max(last, packing.last(i));
                lasts[next / LOT] = last;
                next++;
            }
        }
        return lasts;
    }

    /**
     * Counts what segments before this one have ended, and asks about what this one, the last that was read, begins.
     */
    void reach(int segment) {
        for (; counted < lasts.length && lasts[counted] < segment; counted++) {
            window.subList(counted * LOT, Math.min(window.size(), (counted + 1) * LOT))
                    .forEach(sequence -> tables.learn(memory, sequence.tokens(), sequence.learned()));
        }
        if (segment < packing.segments()) {
            for (int owner : packing.owners()) {
                if (owner >= 0) {
                    recall(owner);
                }
            }
        }
    }

    private NGramTables.Recall recall(int owner) {
        return recalls.computeIfAbsent(
                packing.sequences().get(owner), sequence -> tables.recall(memory, sequence.tokens()));
    }

    /** Adds what the tables say of the segment that was read last. */
    void addTo(Feeds feeds) {
        feeds.floats(SequencePrograms.RECALLED, nats()).floats(SequencePrograms.EVIDENCE, evidence());
    }

    /** Returns nats of the targets of the segment that was read last; 0 where there is none. */
    float[] nats() {
        int[] owners = packing.owners();
        float[] nats = new float[owners.length];
        for (int row = 0; row < owners.length; row++) {
            nats[row] = owners[row] < 0 ? 0 : recall(owners[row]).nats()[packing.positions()[row]];
        }
        return nats;
    }

    private float[] evidence() {
        int[] owners = packing.owners();
        int width = tables.evidence();
        float[] evidence = new float[owners.length * width];
        for (int row = 0; row < owners.length; row++) {
            if (owners[row] >= 0) {
                float[] known = recall(owners[row]).evidence();
                System.arraycopy(known, packing.positions()[row] * width, evidence, row * width, width);
            }
        }
        return evidence;
    }

    /** Returns what the tables hold by now. */
    float[] memory() {
        return memory;
    }
}
