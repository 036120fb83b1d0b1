package dev.understudy.flink.logs;

import dev.understudy.schemas.DeadLetter;
import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Makes dead letters of records. */
public final class DeadLetters {
    /** Most bytes of a key or a value that are kept: both with their framing fit into one record again. */
    static final int MOST_BYTES = 512 * 1024;

    private DeadLetters() {}

    /**
     * Returns the dead letter of a record, with where it was; of a very large one the start is kept, and the reason
     * says so.
     *
     * @param stage the program that gave it up
     * @param reason what was expected and what was found
     * @param nowMs wall clock, milliseconds since 1970
     */
    public static DeadLetter of(String stage, String reason, ConsumerRecord<byte[], byte[]> record, long nowMs) {
        byte[] key = record.key();
        byte[] value = record.value();
        String cut = length(key) <= MOST_BYTES && length(value) <= MOST_BYTES
                ? ""
                : "; of a key of %d bytes and a value of %d only the first %d bytes of each are kept"
                        .formatted(length(key), length(value), MOST_BYTES);
        return new DeadLetter(
                stage,
                "%s%s (topic=%s partition=%d offset=%d)"
                        .formatted(reason, cut, record.topic(), record.partition(), record.offset()),
                record.topic(),
                record.partition(),
                record.offset(),
                start(key),
                start(value),
                nowMs);
    }

    private static int length(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    private static byte @Nullable [] start(byte @Nullable [] bytes) {
        return length(bytes) <= MOST_BYTES || bytes == null ? bytes : Arrays.copyOf(bytes, MOST_BYTES);
    }
}
