package dev.understudy.learn.sequence;

import dev.understudy.graph.Feeds;
import dev.understudy.network.NGramTables;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What n-gram tables say of packed sequences before they have counted them: what the network learns beside them, and is
 * scored with.
 */
final class Recollection {
    private final @Nullable NGramTables tables;
    private final float[] memory;
    private final Packing packing;
    private final Map<Integer, NGramTables.Recall> recalls = new HashMap<>();
    private final int evidence;

    /**
     * Reads nothing yet: each sequence when a segment first has it.
     *
     * @param tables null for none
     * @param memory of the tables, only read
     */
    Recollection(@Nullable NGramTables tables, float[] memory, Packing packing) {
        this.tables = tables;
        this.memory = memory;
        this.packing = packing;
        this.evidence = tables == null ? 0 : tables.evidence();
    }

    /** Returns the rows of the segment that was read last, with what the tables say of them. */
    Feeds feeds() {
        Feeds feeds = packing.feeds();
        NGramTables known = tables;
        if (known == null) {
            return feeds;
        }
        int[] owners = packing.owners();
        float[] nats = new float[owners.length];
        float[] contexts = new float[owners.length * evidence];
        for (int row = 0; row < owners.length; row++) {
            if (owners[row] >= 0) {
                NGramTables.Recall recall = recall(known, owners[row]);
                int position = packing.positions()[row];
                nats[row] = recall.nats()[position];
                System.arraycopy(recall.evidence(), position * evidence, contexts, row * evidence, evidence);
            }
        }
        return feeds.floats(SequencePrograms.RECALLED, nats).floats(SequencePrograms.EVIDENCE, contexts);
    }

    private NGramTables.Recall recall(NGramTables known, int sequence) {
        return recalls.computeIfAbsent(
                sequence,
                any -> known.recall(memory, packing.sequences().get(sequence).tokens()));
    }

    /** Returns a memory that has counted sequences too. */
    static float[] counted(NGramTables tables, float[] memory, List<TokenSequence> sequences) {
        float[] after = memory.clone();
        sequences.forEach(sequence -> tables.learn(after, sequence.tokens(), sequence.learned()));
        return after;
    }
}
