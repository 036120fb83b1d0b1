package dev.understudy.flink.order;

import dev.understudy.domain.TimeJumps;
import dev.understudy.flink.logs.LogRecord;
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
 * its own: a record counts as sent no earlier than the one before it. One whose timestamp is more than
 * {@link LogClock#LEAP_MS} later counts as sent with the one before if one of the next {@value #WITNESSES} of its
 * partition, as far as there are any, contradicts it. So a timestamp that is far ahead holds up nobody behind it.
 *
 * <p>So a record waits until every other partition is known to have nothing earlier: because a later record of it was
 * read, or because Kafka said a while after the record was sent that there was nothing left to read in it. That while
 * is {@link #PATIENCE} times as long as the record itself was under way, as others may be on a way as slow, but at
 * least {@link #SHORTEST} and at most {@link #LONGEST}. As long as Kafka says nothing, nobody is overtaken. Not
 * thread-safe.
 *
 * <p>Rollouts, where they are read, are further partitions: they take their turn among the logs, but tell no event
 * time.
 */
final class LogOrder {
    /** How it is written. */
    public static final Codec<LogOrder> CODEC = new Form();

    /** How much longer than a record that was read another may be under way and not be overtaken (a guess). */
    static final int PATIENCE = 4;

    /** Wall time that any record may be under way: a guess, some round trips. */
    static final Duration SHORTEST = Duration.ofMillis(250);

    /** Wall time after which a record that is still under way is taken as sent when it comes. */
    static final Duration LONGEST = Duration.ofSeconds(30);

    /** How many records behind it a timestamp far ahead is compared with. */
    static final int WITNESSES = TimeJumps.AGREE - 1;

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

    /** A record that was read, of which it is not known yet when it counts as sent. */
    private record Pending(LogRecord log, long nowMs) {}

    private static final class Partition {
        /** Offset from which on nothing was read. */
        long position;

        long sentMs = NONE;
        /** When Kafka was asked last and all that was there has been read. */
        long readUntilMs = NONE;
        /** What Kafka said last and is still to be read up to: when, and the end. */
        long askedMs = NONE;

        long end;
        final ArrayDeque<Held> held = new ArrayDeque<>();
        /** What was read behind them; the first has a timestamp far ahead. */
        final ArrayDeque<Pending> pending = new ArrayDeque<>();

        /**
         * Decides when records count as sent.
         *
         * @param isWhole whether no more are to be waited for
         */
        void settle(boolean isWhole) {
            for (Pending next = pending.peekFirst(); next != null; next = pending.peekFirst()) {
                long toldMs = next.log.sentMs();
                if (sentMs != NONE && toldMs - sentMs > LogClock.LEAP_MS) {
                    if (!isWhole && pending.size() <= WITNESSES) {
                        return;
                    }
                    toldMs = isContradicted(toldMs) ? sentMs : toldMs;
                }
                pending.removeFirst();
                hold(next, Math.min(toldMs, next.nowMs));
            }
        }

        /** Returns whether the records behind the first were sent long before its timestamp. */
        private boolean isContradicted(long toldMs) {
            return pending.stream()
                    .limit(1 + WITNESSES)
                    .anyMatch(each -> each.log.sentMs() < toldMs - LogClock.LEAP_MS);
        }

        private void hold(Pending next, long toldMs) {
            sentMs = Math.max(sentMs, toldMs);
            long underWayMs = PATIENCE * Math.max(0, next.nowMs - toldMs);
            long patienceMs = Math.min(LONGEST.toMillis(), Math.max(SHORTEST.toMillis(), underWayMs));
            held.addLast(new Held(next.log, sentMs, sentMs + patienceMs));
        }

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
        partition.pending.addLast(new Pending(log, nowMs));
        partition.settle(false);
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
            partition.settle(true);
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
            boolean isEmpty = partition.held.isEmpty() && partition.pending.isEmpty() && partition.readUntilMs != NONE;
            settledMs = Math.min(settledMs, isEmpty ? partition.readUntilMs - SETTLED.toMillis() : NONE);
        }
        if (isListed && settledMs != Long.MAX_VALUE && settledMs > turnMs) {
            turnMs = settledMs;
            clock.advance(turnMs);
        }
    }

    /** Lets all take their turn, in order: nothing is to come any more. */
    void releaseAll(LogClock clock, Consumer<LogRecord> out) {
        partitions.values().forEach(partition -> partition.settle(true));
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
        if (log.isUsable() && !log.isRollout()) {
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
            return LogClock.BEHIND_SINCE;
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
                out.writeLong(partition.readUntilMs);
                out.writeInt(partition.held.size());
                for (Held each : partition.held) {
                    LogRecord.CODEC.write(each.log, out);
                    out.writeLong(each.sentMs);
                    out.writeLong(each.otherwiseMs);
                }
                out.writeInt(partition.pending.size());
                for (Pending each : partition.pending) {
                    LogRecord.CODEC.write(each.log, out);
                    out.writeLong(each.nowMs);
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
                if (version < LogClock.BEHIND_SINCE) {
                    in.readBoolean(); // whether the last record was far ahead
                }
                partition.readUntilMs = in.readLong();
                for (int waiting = in.readInt(); waiting > 0; waiting--) {
                    partition.held.addLast(new Held(
                            LogRecord.CODEC.read(LogRecord.CODEC.version(), in), in.readLong(), in.readLong()));
                    order.held++;
                }
                for (int some = version < LogClock.BEHIND_SINCE ? 0 : in.readInt(); some > 0; some--) {
                    partition.pending.addLast(
                            new Pending(LogRecord.CODEC.read(LogRecord.CODEC.version(), in), in.readLong()));
                    order.held++;
                }
            }
            return order;
        }
    }
}
