package dev.understudy.streams;

import dev.understudy.domain.Sample;
import dev.understudy.domain.TimeJumps;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * An observation that waits for its batch, as it came.
 *
 * @param topic where it came from
 * @param partition of the topic
 * @param offset in the partition
 * @param timestampMs Kafka timestamp
 * @param key as it came
 * @param value as it came
 * @param restored whether it was waiting when the task moved or crashed
 */
record Waiting(
        String topic,
        int partition,
        long offset,
        long timestampMs,
        byte @Nullable [] key,
        byte @Nullable [] value,
        boolean restored) {

    /** Returns a record as it came. */
    static Waiting of(RecordMetadata from, Record<byte[], byte[]> record) {
        return new Waiting(
                from.topic(), from.partition(), from.offset(), record.timestamp(), record.key(), record.value(), false);
    }

    static int length(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    /** Returns how many bytes key and value have. */
    int length() {
        return length(key) + length(value);
    }

    /** Returns it with no more than the start of key and value. */
    Waiting cut(int most) {
        return new Waiting(topic, partition, offset, timestampMs, start(key, most), start(value, most), restored);
    }

    /** Returns as much of a key or a value as a dead letter holds. */
    static byte @Nullable [] start(byte @Nullable [] bytes) {
        return start(bytes, DecisionProcessor.MOST_BYTES);
    }

    private static byte @Nullable [] start(byte @Nullable [] bytes, int most) {
        return bytes == null ? null : Arrays.copyOf(bytes, Math.min(bytes.length, most));
    }

    /**
     * Returns when it was sent, {@link TimeJumps#UNKNOWN} if it came without a timestamp, or its timestamp is the time
     * of the sample in it: one that was set by hand is wrong where that is.
     */
    long sentMs(Sample sample) {
        return timestampMs <= Stamped.UNKNOWN_MS || timestampMs == sample.timeMs() ? TimeJumps.UNKNOWN : timestampMs;
    }

    /** Returns it as one slot of the store. */
    byte[] toSlot(long generation) {
        byte[] name = topic.getBytes(StandardCharsets.UTF_8);
        int size = 4 * Integer.BYTES + 3 * Long.BYTES + name.length + length();
        ByteBuffer out = ByteBuffer.allocate(size);
        out.putLong(generation).putLong(offset).putLong(timestampMs).putInt(partition);
        put(out, name);
        put(out, key);
        put(out, value);
        return out.array();
    }

    /** Reads a slot; null if it is left over from another generation. */
    static @Nullable Waiting fromSlot(byte[] slot, long generation) {
        ByteBuffer in = ByteBuffer.wrap(slot);
        if (in.getLong() != generation) {
            return null;
        }
        long offset = in.getLong();
        long timestampMs = in.getLong();
        int partition = in.getInt();
        byte[] name = take(in);
        byte[] key = take(in);
        byte[] value = take(in);
        String topic = name == null ? "" : new String(name, StandardCharsets.UTF_8);
        return new Waiting(topic, partition, offset, timestampMs, key, value, true);
    }

    private static void put(ByteBuffer out, byte @Nullable [] bytes) {
        out.putInt(bytes == null ? -1 : bytes.length);
        if (bytes != null) {
            out.put(bytes);
        }
    }

    private static byte @Nullable [] take(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0) {
            return null;
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
