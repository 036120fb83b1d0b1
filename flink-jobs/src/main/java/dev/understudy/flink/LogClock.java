package dev.understudy.flink;

import dev.understudy.domain.TimeJumps;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Event time of a stream of logs, from what several records agree on. It follows from the records and the times at
 * which Kafka got them, taken in one order, and from nothing else: not from when or how fast they are read.
 *
 * <ol>
 *   <li>Each partition has a time. A sample at most {@link #LEAP_MS} ahead of it moves it. One further ahead leaps, and
 *       moves nothing by itself.
 *   <li>A pause: a leap may be no longer than has passed in Kafka since the time moved last. After a day without
 *       records, samples a day later are no surprise, and the time moves as soon as {@link TimeJumps#AGREE} records
 *       agree, of whichever vehicles: one is as far ahead of another as has passed in between, give or take
 *       {@link #LEAP_MS}.
 *   <li>Any leap: a vehicle {@link #VOTES} of whose samples in a row leapt to about the same time votes for it. The
 *       time leaps once more vehicles have voted than went on in step; who was silent for a while (the bound on
 *       idleness, and {@link #FADE_RECORDS} records of others) has no vote left.
 *   <li>The time of the stream is that of the slowest partition that is not silent, and never goes back. A partition is
 *       silent if it had no record within the bound on idleness, by Kafka's timestamps. One that is behind the stream
 *       by more than {@link #HOLD_MS} does not hold it up: what it has is late anyway. Where all are silent, it is the
 *       time of the fastest.
 * </ol>
 */
final class LogClock {
    /** How far ahead of its partition one sample may be and still move the partition's time, ms. */
    static final long LEAP_MS = 10_000;

    /** How many samples of one vehicle in a row make a vote for a leap. */
    static final int VOTES = 3;

    /** How many records of others, at least, a vehicle has to be silent for before it no longer counts. */
    static final int FADE_RECORDS = 100;

    /** How far behind the stream a partition may be and still hold it up, ms. */
    static final long HOLD_MS = 60_000;

    /** Most samples that are kept of those that a pause may explain. */
    private static final int MOST_AHEAD = 8;

    /** The version of the checkpoint's format in which those samples are kept. */
    static final int AHEAD_SINCE = 2;

    private static final long NONE = Long.MIN_VALUE;

    /** What a vehicle said last. */
    private static final class Voice {
        long sentMs;
        long record;
        int leaps;
        long leapMs;
    }

    /** A sample that a pause may explain, and when it was sent. */
    private record Ahead(long timeMs, long sentMs) {
        boolean agreesWith(Ahead next) {
            long later = next.timeMs - timeMs;
            return later >= -LEAP_MS && later <= LEAP_MS + next.sentMs - sentMs;
        }
    }

    private static final class Partition {
        long timeMs = NONE;
        long movedMs = NONE;
        long lastMs = NONE;
        long records;
        int votes;
        /** Of the samples since the time moved last, those that a pause may explain, the earliest first. */
        final ArrayDeque<Ahead> ahead = new ArrayDeque<>();
        /** By vehicle, the one that was silent for longest first. */
        final LinkedHashMap<String, Voice> voices = new LinkedHashMap<>();

        void moveTo(long nextMs, long sentMs) {
            timeMs = nextMs;
            movedMs = sentMs;
            ahead.clear();
        }

        /** Notes that the vehicles that leapt to about a time are in step with it. */
        void stepIn(long leaptMs) {
            for (Voice voice : voices.values()) {
                if (voice.leaps > 0 && voice.leapMs <= leaptMs + LEAP_MS) {
                    votes -= voice.leaps >= VOTES ? 1 : 0;
                    voice.leaps = 0;
                }
            }
        }
    }

    private final long latenessMs;
    private final long idlenessMs;
    private final SortedMap<Integer, Partition> partitions = new TreeMap<>();
    private long timeMs = NONE;
    private long movedMs = NONE;

    LogClock(Duration lateness, Duration idleness) {
        latenessMs = lateness.toMillis();
        idlenessMs = idleness.toMillis();
    }

    /** Returns the watermark: samples of that time or earlier are late. */
    long watermarkMs() {
        return timeMs == NONE ? Long.MIN_VALUE : timeMs - latenessMs - 1;
    }

    /**
     * Takes the next sample.
     *
     * @param sentMs when it was sent; never less than that of the one before
     * @param isSentKnown whether that is anything but the sample's own time
     */
    void sample(int partition, String vehicle, long sampleMs, long sentMs, boolean isSentKnown) {
        Partition source = partitions.computeIfAbsent(partition, any -> new Partition());
        source.lastMs = sentMs;
        source.records++;
        long base = Math.max(source.timeMs, timeMs);
        boolean leaps = base == NONE || sampleMs - base > LEAP_MS;
        if (leaps || sampleMs >= Math.max(source.timeMs, timeMs) - HOLD_MS) {
            Voice voice = source.voices.remove(vehicle);
            if (voice == null) {
                voice = new Voice();
            }
            source.voices.put(vehicle, voice);
            source.votes -= voice.leaps >= VOTES ? 1 : 0;
            voice.leaps = !leaps ? 0 : Math.abs(sampleMs - voice.leapMs) > LEAP_MS ? 1 : voice.leaps + 1;
            source.votes += voice.leaps >= VOTES ? 1 : 0;
            voice.leapMs = sampleMs;
            voice.sentMs = sentMs;
            voice.record = source.records;
        }
        boolean isPaused =
                leaps && isSentKnown && base != NONE && sampleMs - base <= LEAP_MS + passedMs(source, sentMs);
        if (isPaused && isAgreed(source, new Ahead(sampleMs, sentMs))) {
            source.moveTo(sampleMs, sentMs);
            source.stepIn(sampleMs);
        } else if (!leaps && sampleMs > source.timeMs) {
            source.moveTo(sampleMs, sentMs);
        }
        advance(sentMs);
    }

    /** Returns how long ago, by Kafka's time, the time moved that holds for a partition. */
    private long passedMs(Partition source, long sentMs) {
        return sentMs - (source.timeMs >= timeMs ? source.movedMs : movedMs);
    }

    /** Returns whether enough records say that there was a pause, this one among them. */
    private static boolean isAgreed(Partition source, Ahead next) {
        int together = 1;
        for (Ahead each : source.ahead) {
            together += each.agreesWith(next) ? 1 : 0;
        }
        source.ahead.addLast(next);
        if (source.ahead.size() > MOST_AHEAD) {
            source.ahead.removeFirst();
        }
        return together >= TimeJumps.AGREE;
    }

    /** Notes that Kafka's time has come so far, with no other records until then. */
    void advance(long sentMs) {
        boolean isAnyActive = false;
        boolean isAllKnown = true;
        long slowest = Long.MAX_VALUE;
        long fastest = NONE;
        for (Partition source : partitions.values()) {
            fade(source, sentMs);
            agree(source, sentMs);
            boolean isActive = sentMs - source.lastMs < idlenessMs;
            isAnyActive |= isActive;
            isAllKnown &= !isActive || source.timeMs != NONE;
            fastest = Math.max(fastest, source.timeMs);
            if (isActive && source.timeMs != NONE && (timeMs == NONE || source.timeMs >= timeMs - HOLD_MS)) {
                slowest = Math.min(slowest, source.timeMs);
            }
        }
        if (timeMs == NONE && !isAllKnown) {
            return;
        }
        long next = isAnyActive ? slowest : fastest;
        if (next != Long.MAX_VALUE && next > timeMs) {
            timeMs = next;
            movedMs = sentMs;
        }
    }

    private void fade(Partition source, long sentMs) {
        for (Iterator<Voice> each = source.voices.values().iterator(); each.hasNext(); ) {
            Voice voice = each.next();
            if (sentMs - voice.sentMs < idlenessMs || source.records - voice.record < FADE_RECORDS) {
                return;
            }
            source.votes -= voice.leaps >= VOTES ? 1 : 0;
            each.remove();
        }
    }

    /** Lets the time of a partition leap if most vehicles are for it. */
    private static void agree(Partition source, long sentMs) {
        if (2 * source.votes <= source.voices.size()) {
            return;
        }
        long earliest = Long.MAX_VALUE;
        for (Voice voice : source.voices.values()) {
            if (voice.leaps >= VOTES) {
                earliest = Math.min(earliest, voice.leapMs);
            }
        }
        if (earliest > source.timeMs) {
            source.moveTo(earliest, sentMs);
        }
        source.stepIn(earliest);
    }

    void write(DataOutputView out) throws IOException {
        out.writeLong(timeMs);
        out.writeLong(movedMs);
        out.writeInt(partitions.size());
        for (Map.Entry<Integer, Partition> entry : partitions.entrySet()) {
            Partition source = entry.getValue();
            out.writeInt(entry.getKey());
            out.writeLong(source.timeMs);
            out.writeLong(source.movedMs);
            out.writeLong(source.lastMs);
            out.writeLong(source.records);
            out.writeInt(source.voices.size());
            for (Map.Entry<String, Voice> each : source.voices.entrySet()) {
                out.writeUTF(each.getKey());
                out.writeLong(each.getValue().sentMs);
                out.writeLong(each.getValue().record);
                out.writeInt(each.getValue().leaps);
                out.writeLong(each.getValue().leapMs);
            }
            out.writeInt(source.ahead.size());
            for (Ahead each : source.ahead) {
                out.writeLong(each.timeMs);
                out.writeLong(each.sentMs);
            }
        }
    }

    /**
     * Puts back what {@link #write} wrote.
     *
     * @param version that of {@link LogOrder.Form}, with which it is saved
     */
    void read(int version, DataInputView in) throws IOException {
        timeMs = in.readLong();
        movedMs = in.readLong();
        partitions.clear();
        for (int left = in.readInt(); left > 0; left--) {
            Partition source = new Partition();
            partitions.put(in.readInt(), source);
            source.timeMs = in.readLong();
            source.movedMs = in.readLong();
            source.lastMs = in.readLong();
            source.records = in.readLong();
            for (int voices = in.readInt(); voices > 0; voices--) {
                Voice voice = new Voice();
                source.voices.put(in.readUTF(), voice);
                voice.sentMs = in.readLong();
                voice.record = in.readLong();
                voice.leaps = in.readInt();
                voice.leapMs = in.readLong();
                source.votes += voice.leaps >= VOTES ? 1 : 0;
            }
            for (int ahead = version < AHEAD_SINCE ? 0 : in.readInt(); ahead > 0; ahead--) {
                source.ahead.addLast(new Ahead(in.readLong(), in.readLong()));
            }
        }
    }
}
