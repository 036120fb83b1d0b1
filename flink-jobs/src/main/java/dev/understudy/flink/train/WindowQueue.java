package dev.understudy.flink.train;

import dev.understudy.flink.window.WindowBatch;
import java.util.function.ObjLongConsumer;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.jspecify.annotations.Nullable;

/** The windows that wait to be learned, of the policy whose key is set; kept as keyed state. */
final class WindowQueue {
    private final MapState<Long, WindowBatch> windows;
    private final ObjLongConsumer<String> changes;

    /** @param changes told of each policy by how many its windows become more or fewer */
    WindowQueue(RuntimeContext context, ObjLongConsumer<String> changes) {
        windows = context.getMapState(
                new MapStateDescriptor<>("queue", LongSerializer.INSTANCE, WindowBatch.CODEC.serializer()));
        this.changes = changes;
    }

    boolean isEmpty() throws Exception {
        return windows.isEmpty();
    }

    void add(WindowBatch batch) throws Exception {
        windows.put(batch.endMs(), batch);
        changes.accept(batch.policy(), 1);
    }

    /** Returns the window that ends first, null if none waits. */
    @Nullable
    WindowBatch first() throws Exception {
        long first = Long.MAX_VALUE;
        for (long end : windows.keys()) {
            first = Math.min(first, end);
        }
        return windows.get(first);
    }

    void remove(WindowBatch batch) throws Exception {
        windows.remove(batch.endMs());
        changes.accept(batch.policy(), -1);
    }
}
