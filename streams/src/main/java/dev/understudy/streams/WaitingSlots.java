package dev.understudy.streams;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The observations that wait for their batch, in the slots of a cached, logged store: so an offset is never committed
 * for an observation that is neither decided nor stored. A restored task has them again, and decides them first.
 */
final class WaitingSlots {
    private static final Bytes GENERATION = Bytes.wrap("generation".getBytes(StandardCharsets.UTF_8));

    private final Bytes[] slots;
    private final List<Waiting> waiting = new ArrayList<>();
    private final Set<Long> restored = new HashSet<>();
    private long generation;

    @SuppressWarnings("NullAway.Init") // by restore
    private KeyValueStore<Bytes, byte[]> store;

    /** @param most how many may wait */
    WaitingSlots(int most) {
        slots = new Bytes[most];
        for (int i = 0; i < most; i++) {
            slots[i] = slot(i);
        }
    }

    private static Bytes slot(int index) {
        return Bytes.wrap(ByteBuffer.allocate(Integer.BYTES).putInt(index).array());
    }

    /** Forgets everything but what waits in a store, from now on that of this task. */
    void restore(KeyValueStore<Bytes, byte[]> ofTask) {
        store = ofTask;
        waiting.clear();
        restored.clear();
        byte[] current = store.get(GENERATION);
        generation = current == null ? 0 : ByteBuffer.wrap(current).getLong();
        for (int i = 0; ; i++) {
            byte[] stored = store.get(slot(i));
            Waiting one = stored == null ? null : Waiting.fromSlot(stored, generation);
            if (one == null) {
                return;
            }
            waiting.add(one);
            restored.add(one.offset());
        }
    }

    /** Returns whether an observation was waiting when the task moved or crashed. */
    boolean wasRestored(long offset) {
        return restored.contains(offset);
    }

    boolean isFull() {
        return waiting.size() >= slots.length;
    }

    void add(Waiting one) {
        store.put(slots[waiting.size()], one.toSlot(generation));
        waiting.add(one);
    }

    List<Waiting> all() {
        return waiting;
    }

    /** Takes note that all were decided. */
    void clear() {
        generation++;
        store.put(
                GENERATION, ByteBuffer.allocate(Long.BYTES).putLong(generation).array());
        waiting.clear();
    }
}
