package dev.understudy.flink;

import dev.understudy.driving.FollowingSample;
import dev.understudy.flink.serialization.Codec;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/**
 * Merges the partitions of the log topic in the order in which their records were sent, however they come to be read.
 * The order is that of the timestamps that Kafka has, the partition where they are equal, and within a partition always
 * its own: a record counts as sent no earlier than the one before it.
 *
 * <p>So a record waits until every other partition is known to have nothing earlier: because a later record of it was
 * read, or because Kafka said, {@link #GRACE} after the record was sent, that there was nothing left to read in it. As
 * long as Kafka says nothing, nobody is overtaken. Not thread-safe.
 */
final class LogOrder {
    /**
     * Wall time that a record may be under way from its producer to Kafka without being overtaken by those of other
     * partitions: a guess, some round trips. What comes later than that is taken as sent when it came.
     */
    static final Duration GRACE = Duration.ofMillis(250);

    private static final long NONE = Long.MIN_VALUE;

    /** A record and when it counts as sent. */
    private record Held(DecodedLog log, long sentMs) {}

    private static final class Partition {
        /** Offset from which on nothing was read. */
        long position;

        long sentMs = NONE;
        /** Whether the last record gave itself a time far ahead. */
        boolean isAhead;
        /** Everything that was sent before this time has been read. */
        long readUntilMs = NONE;
        /** What Kafka said last and is still to be read up to: when, and the end. */
        long askedMs = NONE;

        long end;
        final ArrayDeque<Held> held = new ArrayDeque<>();

        /** Returns a time before which no record of this partition is to come any more. */
        long frontierMs() {
            Held first = held.peekFirst();
            return first != null ? first.sentMs : Math.max(sentMs, readUntilMs);
        }
    }

    private final SortedMap<Integer, Partition> partitions = new TreeMap<>();
    private boolean isListed;
    private long turnMs = NONE;
    private int held;

    /** Returns the offset of each known partition from which on nothing was read. */
    Map<Integer, Long> positions() {
        SortedMap<Integer, Long> positions = new TreeMap<>();
        partitions.forEach((number, partition) -> positions.put(number, partition.position));
        return positions;
    }

    /** Returns how many records wait for their turn. */
    int held() {
        return held;
    }

    /**
     * Takes a record that was read.
     *
     * @param nowMs wall clock, milliseconds since 1970; nothing was sent later
     */
    void add(DecodedLog log, long nowMs) {
        Partition partition = partitions.computeIfAbsent(log.partition(), any -> new Partition());
        partition.position = log.offset() + 1;
        long sentMs = Math.min(log.sentMs(), nowMs);
        // A timestamp that is the sample's own time may be as wrong: far ahead, the next has to agree.
        boolean isAhead =
                !log.isSentKnown() && partition.sentMs != NONE && sentMs - partition.sentMs > LogClock.LEAP_MS;
        if (!isAhead || partition.isAhead) {
            partition.sentMs = Math.max(partition.sentMs, sentMs);
        }
        partition.isAhead = isAhead;
        partition.held.addLast(new Held(log, Math.max(partition.sentMs, partition.readUntilMs)));
        held++;
        readUntil(partition);
    }

    /** Takes what Kafka said about the ends of all partitions. */
    void ends(PartitionEnds.Seen seen) {
        isListed = true;
        seen.ends().forEach((number, end) -> {
            Partition partition = partitions.computeIfAbsent(number, any -> new Partition());
            // An earlier answer that is still to be reached comes first: one that runs ahead would never be.
            if (partition.askedMs == NONE || end <= partition.position) {
                partition.askedMs = seen.atMs();
                partition.end = end;
                readUntil(partition);
            }
        });
    }

    private static void readUntil(Partition partition) {
        if (partition.askedMs != NONE && partition.position >= partition.end) {
            partition.readUntilMs = Math.max(partition.readUntilMs, partition.askedMs - GRACE.toMillis());
            partition.askedMs = NONE;
        }
    }

    /** Lets those take their turn, in order, before whom nothing else can come any more. */
    void release(LogClock clock, Consumer<DecodedLog> out) {
        while (isListed && releaseFirst(clock, out, false)) {
            // the next
        }
        if (isListed && !partitions.isEmpty()) {
            long frontierMs = Long.MAX_VALUE;
            for (Partition partition : partitions.values()) {
                frontierMs = Math.min(frontierMs, partition.frontierMs());
            }
            if (frontierMs > turnMs) {
                turnMs = frontierMs;
                clock.advance(turnMs);
            }
        }
    }

    /** Lets all take their turn, in order: nothing is to come any more. */
    void releaseAll(LogClock clock, Consumer<DecodedLog> out) {
        while (releaseFirst(clock, out, true)) {
            // the next
        }
    }

    private boolean releaseFirst(LogClock clock, Consumer<DecodedLog> out, boolean isOver) {
        Partition next = null;
        long earliest = Long.MAX_VALUE;
        for (Partition partition : partitions.values()) {
            boolean counts = !isOver || !partition.held.isEmpty();
            if (counts && (next == null || partition.frontierMs() < earliest)) {
                earliest = partition.frontierMs();
                next = partition;
            }
        }
        Held first = next == null ? null : next.held.pollFirst();
        if (first == null) {
            return false;
        }
        held--;
        turnMs = Math.max(turnMs, first.sentMs);
        clock.advance(turnMs);
        out.accept(first.log.at(clock.watermarkMs()));
        @Nullable FollowingSample sample = first.log.sample();
        if (sample != null) {
            clock.sample(first.log.partition(), sample.vehicle(), sample.timeMs(), turnMs, first.log.isSentKnown());
        }
        return true;
    }

    /** Writes and reads it. */
    public static final class Form extends Codec<LogOrder> {
        private static final long serialVersionUID = 1L;

        @Override
        public Class<LogOrder> type() {
            return LogOrder.class;
        }

        @Override
        public boolean immutable() {
            return false;
        }

        @Override
        public void write(LogOrder order, DataOutputView out) throws IOException {
            out.writeLong(order.turnMs);
            out.writeInt(order.partitions.size());
            for (Map.Entry<Integer, Partition> entry : order.partitions.entrySet()) {
                Partition partition = entry.getValue();
                out.writeInt(entry.getKey());
                out.writeLong(partition.position);
                out.writeLong(partition.sentMs);
                out.writeBoolean(partition.isAhead);
                out.writeLong(partition.readUntilMs);
                out.writeInt(partition.held.size());
                for (Held each : partition.held) {
                    Codecs.DECODED_LOG.write(each.log, out);
                    out.writeLong(each.sentMs);
                }
            }
        }

        @Override
        public LogOrder read(int version, DataInputView in) throws IOException {
            LogOrder order = new LogOrder();
            order.turnMs = in.readLong();
            for (int left = in.readInt(); left > 0; left--) {
                Partition partition = new Partition();
                order.partitions.put(in.readInt(), partition);
                partition.position = in.readLong();
                partition.sentMs = in.readLong();
                partition.isAhead = in.readBoolean();
                partition.readUntilMs = in.readLong();
                for (int waiting = in.readInt(); waiting > 0; waiting--) {
                    partition.held.addLast(
                            new Held(Codecs.DECODED_LOG.read(Codecs.DECODED_LOG.version(), in), in.readLong()));
                    order.held++;
                }
            }
            return order;
        }
    }
}
