package dev.understudy.flink.logs;

import dev.understudy.data.Texts;
import dev.understudy.domain.Sample;
import dev.understudy.flink.serialization.Codec;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.RolloutStep;
import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/**
 * One record of a log topic: a sample as it was on the wire, with what the order of the logs hangs on beside it, or a
 * dead letter; or one of the domain's rollouts, which take their turn among the logs. The bytes are not copied.
 *
 * @param entity who acted; empty for a dead letter
 * @param episode what is held out as a whole; empty for a dead letter
 * @param sequence number of the sample in its episode
 * @param timeMs its event time, milliseconds since 1970
 * @param value the sample's bytes; empty for a dead letter
 * @param deadLetter why the record could not be used; null if it can
 * @param partition where the record was: a partition of the logs, or {@link #number} of one of the rollouts
 * @param offset its offset there
 * @param sentMs when it was sent, by the timestamp that Kafka has for it, milliseconds since 1970
 * @param clockMs what the watermark was when its turn came: a sample of that time or earlier is late;
 *     {@link Long#MIN_VALUE} before its turn
 */
public record LogRecord(
        String entity,
        String episode,
        long sequence,
        long timeMs,
        byte[] value,
        @Nullable DeadLetter deadLetter,
        int partition,
        long offset,
        long sentMs,
        long clockMs) {
    /** How it is written. */
    public static final Codec<LogRecord> CODEC = new Form();

    /** Returns a usable record. */
    public static LogRecord of(Sample sample, byte[] value, int partition, long offset, long sentMs) {
        return new LogRecord(
                sample.entity(),
                sample.episode(),
                sample.sequence(),
                sample.timeMs(),
                value,
                null,
                partition,
                offset,
                sentMs,
                Long.MIN_VALUE);
    }

    /** Returns the record of a rollout. */
    public static LogRecord of(RolloutStep step, byte[] value, int partition, long offset, long sentMs) {
        return new LogRecord(
                step.entity(),
                step.episode(),
                step.sequence(),
                step.eventTimeMs(),
                value,
                null,
                -1 - partition,
                offset,
                sentMs,
                Long.MIN_VALUE);
    }

    /** Returns an unusable record. */
    static LogRecord dead(DeadLetter letter, long sentMs) {
        int number = number(letter.source(), letter.partition());
        return new LogRecord("", "", 0, 0, new byte[0], letter, number, letter.position(), sentMs, Long.MIN_VALUE);
    }

    /** Returns the number of a partition among those of both topics: those of rollouts count from -1 down. */
    public static int number(String topic, int partition) {
        return DomainTopics.isRollouts(topic) ? -1 - partition : partition;
    }

    /** Returns whether it is from the topic of rollouts. */
    public boolean isRollout() {
        return partition < 0;
    }

    /** Returns this record once its turn has come. */
    public LogRecord at(long watermarkMs) {
        return new LogRecord(
                entity, episode, sequence, timeMs, value, deadLetter, partition, offset, sentMs, watermarkMs);
    }

    /** Returns whether there is a sample. */
    public boolean isUsable() {
        return deadLetter == null;
    }

    /**
     * Returns whether the timestamp is the time when the record was sent. A timestamp equal to the sample's own time
     * was set by hand, and is wrong if that time is wrong.
     */
    public boolean isSentKnown() {
        return sentMs >= 0 && !(isUsable() && timeMs == sentMs);
    }

    /** Returns whether the watermark had passed the sample when its turn came. */
    public boolean isLate() {
        return isUsable() && timeMs <= clockMs;
    }

    /** Returns whether it is the record of the same sample. */
    public boolean isOf(LogRecord other) {
        return sequence == other.sequence && timeMs == other.timeMs && episode.equals(other.episode);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LogRecord that
                && entity.equals(that.entity)
                && episode.equals(that.episode)
                && sequence == that.sequence
                && timeMs == that.timeMs
                && Arrays.equals(value, that.value)
                && Objects.equals(deadLetter, that.deadLetter)
                && partition == that.partition
                && offset == that.offset
                && sentMs == that.sentMs
                && clockMs == that.clockMs;
    }

    @Override
    public int hashCode() {
        return 31 * partition + Long.hashCode(offset);
    }

    @Override
    public String toString() {
        return "LogRecord[%s, %s, sequence=%d, timeMs=%d, %d-%d]"
                .formatted(entity, episode, sequence, timeMs, partition, offset);
    }

    /** Writes and reads it. */
    public static final class Form extends Codec<LogRecord> {
        private static final long serialVersionUID = 1L;

        @Override
        public Class<LogRecord> type() {
            return LogRecord.class;
        }

        @Override
        public void write(LogRecord log, DataOutputView out) throws IOException {
            DeadLetter letter = log.deadLetter();
            out.writeBoolean(letter == null);
            if (letter == null) {
                Texts.write(log.entity(), out);
                Texts.write(log.episode(), out);
                out.writeLong(log.sequence());
                out.writeLong(log.timeMs());
                Codec.writeBytes(log.value(), out);
                out.writeInt(log.partition());
                out.writeLong(log.offset());
            } else {
                Codecs.DEAD_LETTER.write(letter, out);
            }
            out.writeLong(log.sentMs());
            out.writeLong(log.clockMs());
        }

        @Override
        public LogRecord read(int version, DataInputView in) throws IOException {
            return in.readBoolean()
                    ? new LogRecord(
                            Texts.read(in),
                            Texts.read(in),
                            in.readLong(),
                            in.readLong(),
                            Codec.readBytes(in),
                            null,
                            in.readInt(),
                            in.readLong(),
                            in.readLong(),
                            in.readLong())
                    : LogRecord.dead(Codecs.DEAD_LETTER.read(Codecs.DEAD_LETTER.version(), in), in.readLong())
                            .at(in.readLong());
        }
    }
}
