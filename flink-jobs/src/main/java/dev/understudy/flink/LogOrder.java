package dev.understudy.flink;

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

/**
 * Merges the partitions of the log topic in the order in which their records were sent, however they come to be read.
 * The order is that of the timestamps that Kafka has, the partition where they are equal, and within a partition always
 * its own: a record counts as sent no earlier than the one before it.
 *
 * <p>So a record waits until every other partition is known to have nothing earlier: because a later record of it was
 * read, or because Kafka said a while after the record was sent that there was nothing left to read in it. That while
 * is {@link #PATIENCE} times as long as the record itself was under way, as others may be on a way as slow, but at
 * least {@link #SHORTEST} and at most {@link #LONGEST}. As long as Kafka says nothing, nobody is overtaken. Not
 * thread-safe.
 */
final class LogOrder {
    /** How much longer than a record that was read another may be under way and not be overtaken (a guess). */
    static final int PATIENCE = 4;

    /** Wall time that any record may be under way: a guess, some round trips. */
    static final Duration SHORTEST = Duration.ofMillis(250);

    /** Wall time after which a record that is still under way is taken as sent when it comes. */
    static final Duration LONGEST = Duration.ofSeconds(30);

    /** Wall time without a record in any partition after which it counts that there was none. */
    static final Duration SETTLED = Duration.ofSeconds(10);

    private static final long NONE = Long.MIN_VALUE;

    /** A record, when it counts as sent, and until when others may still be under way that were sent before. */
    private record Held(LogRecord log, long sentMs, long otherwiseMs) {
        /**
         * Returns whether it comes before the first of another partition. Of those sent in one millisecond, as in the
         * burst after an outage, the one of the earlier event time does: none of them is then late by the others.
         */
        boolean isBefore(Held other) {
            return sentMs < other.sentMs
                    || (sentMs == other.sentMs
                            && log.isUsable()
                            && other.log.isUsable()
                            && log.timeMs() < other.log.timeMs());
        }
    }

    private static final class Partition {
        /** Offset from which on nothing was read. */
        long position;

        long sentMs = NONE;
        /** Whether the last record gave itself a time far ahead. */
        boolean isAhead;
        /** When Kafka was asked last and all that was there has been read. */
        long readUntilMs = NONE;
        /** What Kafka said last and is still to be read up to: when, and the end. */
        long askedMs = NONE;

        long end;
        final ArrayDeque<Held> held = new ArrayDeque<>();

        /** Returns whether all was read that comes before a record of another partition. */
        boolean isPast(Held other) {
            return sentMs > other.sentMs || readUntilMs >= other.otherwiseMs;
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
    void add(LogRecord log, long nowMs) {
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
        long underWayMs = PATIENCE * Math.max(0, nowMs - sentMs);
        long patienceMs = Math.min(LONGEST.toMillis(), Math.max(SHORTEST.toMillis(), underWayMs));
        partition.held.addLast(new Held(log, partition.sentMs, partition.sentMs + patienceMs));
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
            partition.readUntilMs = Math.max(partition.readUntilMs, partition.askedMs);
            partition.askedMs = NONE;
        }
    }

    /** Lets those take their turn, in order, before whom nothing else can come any more. */
    void release(LogClock clock, Consumer<LogRecord> out) {
        while (isListed && releaseFirst(clock, out, false)) {
            // the next
        }
        long settledMs = Long.MAX_VALUE;
        for (Partition partition : partitions.values()) {
            boolean isEmpty = partition.held.isEmpty() && partition.readUntilMs != NONE;
            settledMs = Math.min(settledMs, isEmpty ? partition.readUntilMs - SETTLED.toMillis() : NONE);
        }
        if (isListed && settledMs != Long.MAX_VALUE && settledMs > turnMs) {
            turnMs = settledMs;
            clock.advance(turnMs);
        }
    }

    /** Lets all take their turn, in order: nothing is to come any more. */
    void releaseAll(LogClock clock, Consumer<LogRecord> out) {
        while (releaseFirst(clock, out, true)) {
            // the next
        }
    }

    private boolean releaseFirst(LogClock clock, Consumer<LogRecord> out, boolean isOver) {
        Partition next = null;
        Held first = null;
        for (Partition each : partitions.values()) {
            Held head = each.held.peekFirst();
            if (head != null && (first == null || head.isBefore(first))) {
                next = each;
                first = head;
            }
        }
        if (next == null || first == null) {
            return false;
        }
        for (Partition other : partitions.values()) {
            if (!isOver && other.held.isEmpty() && !other.isPast(first)) {
                return false;
            }
        }
        next.held.removeFirst();
        held--;
        turnMs = Math.max(turnMs, first.sentMs);
        clock.advance(turnMs);
        out.accept(first.log.at(clock.watermarkMs()));
        LogRecord log = first.log;
        if (log.isUsable()) {
            clock.sample(log.partition(), log.entity(), log.timeMs(), turnMs, log.isSentKnown());
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

        /** Also that of the clock, which is saved behind it. */
        @Override
        public int version() {
            return LogClock.AHEAD_SINCE;
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
                    Codecs.LOG_RECORD.write(each.log, out);
                    out.writeLong(each.sentMs);
                    out.writeLong(each.otherwiseMs);
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
                    partition.held.addLast(new Held(
                            Codecs.LOG_RECORD.read(Codecs.LOG_RECORD.version(), in), in.readLong(), in.readLong()));
                    order.held++;
                }
            }
            return order;
        }
    }
}
