package dev.understudy.schemas;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A record that could not be used: its bytes as they came, why, and where they came from.
 *
 * @param stage the program that gave it up (learning, promotion, serving, ingest)
 * @param reason what was expected and what was found
 * @param source topic or file that it came from
 * @param partition partition of the topic; -1 for a file
 * @param position offset in the partition; line of the file, from 1
 * @param key key as it came; null when it had none
 * @param value value as it came; null when it had none
 * @param deadAtMs wall clock when it was given up, milliseconds since 1970
 */
public record DeadLetter(
        String stage,
        String reason,
        String source,
        int partition,
        long position,
        byte @Nullable [] key,
        byte @Nullable [] value,
        long deadAtMs) {
    /** {@link #partition} of a record that came from a file. */
    public static final int FILE = -1;

    /** Where it came from, as {@code topic-partition@offset} or {@code file:line}. */
    public String coordinates() {
        return partition == FILE ? source + ":" + position : source + "-" + partition + "@" + position;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof DeadLetter that
                && stage.equals(that.stage)
                && reason.equals(that.reason)
                && source.equals(that.source)
                && partition == that.partition
                && position == that.position
                && Arrays.equals(key, that.key)
                && Arrays.equals(value, that.value)
                && deadAtMs == that.deadAtMs;
    }

    @Override
    public int hashCode() {
        return Objects.hash(stage, reason, source, partition, position, Arrays.hashCode(value));
    }

    @Override
    public String toString() {
        return "DeadLetter[" + stage + " gave up " + coordinates() + ": " + reason + ", "
                + (value == null ? "no" : value.length) + " bytes]";
    }
}
