package dev.understudy.flink.order;

import dev.understudy.data.Texts;
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
 *       agree, of whichever entities: one is as far ahead of another as has passed in between, give or take
 *       {@link #LEAP_MS}.
 *   <li>Any leap: an entity {@link #VOTES} of whose samples in a row leapt to about the same time votes for it. The
 *       time leaps once more entities have voted than went on in step; who was silent for a while (the bound on
 *       idleness, and {@link #FADE_RECORDS} records of others) has no vote left, and who does neither has none either.
 *   <li>Falling back: an entity that was in step and has been left behind by {@link #BEHIND_MS}, though its own samples
 *       went on, votes as well. The time of the partition falls back to where such entities are once they are more than
 *       all others, as when the clock of one runs too fast. Samples that come out of nowhere from so far behind, such
 *       as those of a trip that is sent late, are followed only where nobody is left who goes on.
 *   <li>The time of the stream is that of the slowest partition that is not silent, and never goes back. A partition is
 *       silent if it had no record within the bound on idleness, by Kafka's timestamps. One that is behind the stream
 *       by more than {@link #HOLD_MS} does not hold it up: what it has is late anyway. Where all are silent, it is the
 *       time of the fastest.
 *   <li>Where all that are not silent are so far behind for longer than the bound on idleness, the time of the stream
 *       moves half as far as theirs: all is late then, and learned late, until the logs have caught up with it.
 * </ol>
 */
final class LogClock {
    /** How far ahead of its partition one sample may be and still move the partition's time, ms. */
    static final long LEAP_MS = 10_000;

    /** How many samples of one entity in a row make a vote for a leap. */
    static final int VOTES = 3;

    /** How many records of others, at least, an entity has to be silent for before it no longer counts. */
    static final int FADE_RECORDS = 100;

    /** How far behind the stream a partition may be and still hold it up, ms. */
    static final long HOLD_MS = 60_000;

    /** How far an entity has to fall behind its partition to be left behind, ms. */
    static final long BEHIND_MS = 30_000;

    /** Most samples that are kept of those that a pause may explain. */
    private static final int MOST_AHEAD = 8;

    /** The version of the checkpoint's format in which those samples are kept. */
    static final int AHEAD_SINCE = 2;

    /** The version of the checkpoint's format in which entities can be left behind. */
    static final int BEHIND_SINCE = 3;

    private static final long NONE = Long.MIN_VALUE;

    /** What an entity said last. */
    private static final class Voice {
        long sentMs;
        long record;
        /** Event time of its last sample. */
        long timeMs;
        /** Samples in a row that leapt to about the same time; below zero, that were left behind. */
        int leaps;
        /** Samples in a row that did not go on in step. */
        int doubts;
        /** Whether it came from far behind and was never in step. */
        boolean isStray;
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
        /** Whether its time fell back and that of the stream did not. */
        boolean isBack;
        /** How many entities vote for a leap, were left behind, came from far behind, and go on in step. */
        int ahead;

        int left;
        int strays;
        int steady;
        /** Of the samples since the time moved last, those that a pause may explain, the earliest first. */
        final ArrayDeque<Ahead> paused = new ArrayDeque<>();
        /** By entity, the one that was silent for longest first. */
        final LinkedHashMap<String, Voice> voices = new LinkedHashMap<>();

        void moveTo(long nextMs, long sentMs) {
            timeMs = nextMs;
            movedMs = sentMs;
            paused.clear();
        }

        /** Counts an entity in, or out. */
        void count(Voice voice, int by) {
            if (voice.leaps >= VOTES) {
                ahead += by;
            } else if (voice.isStray) {
                strays += voice.leaps <= -VOTES ? by : 0;
            } else if (voice.leaps <= -VOTES) {
                left += by;
            } else if (voice.doubts < VOTES) {
                steady += by;
            }
        }

        void settle(Voice voice) {
            count(voice, -1);
            voice.leaps = 0;
            voice.doubts = 0;
            voice.isStray = false;
            count(voice, 1);
        }

        /** Notes that the entities that leapt to about a time are in step with it. */
        void stepIn(long leaptMs) {
            for (Voice voice : voices.values()) {
                if (voice.leaps > 0 && voice.timeMs <= leaptMs + LEAP_MS) {
                    settle(voice);
                }
            }
        }

        /** Goes back to the latest of the entities that agree on an earlier time. */
        void fallBack(boolean toStrays, long sentMs) {
            long latest = NONE;
            for (Voice voice : voices.values()) {
                if (voice.leaps <= -VOTES && voice.isStray == toStrays) {
                    latest = Math.max(latest, voice.timeMs);
                }
            }
            moveTo(latest, sentMs);
            isBack = true;
            for (Voice voice : voices.values()) {
                if (voice.leaps < 0 && voice.timeMs >= latest - BEHIND_MS && voice.timeMs <= latest + LEAP_MS) {
                    settle(voice);
                }
            }
        }
    }

    private final long latenessMs;
    private final long idlenessMs;
    private final SortedMap<Integer, Partition> partitions = new TreeMap<>();
    private long timeMs = NONE;
    private long movedMs = NONE;
    /** Since when, by Kafka's time, all partitions that are not silent are far behind; and how far they are. */
    private long behindSinceMs = NONE;

    private long behindMs = NONE;

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
    void sample(int partition, String entity, long sampleMs, long sentMs, boolean isSentKnown) {
        Partition source = partitions.computeIfAbsent(partition, any -> new Partition());
        source.lastMs = sentMs;
        source.records++;
        source.isBack &= source.timeMs < timeMs;
        long base = source.isBack ? source.timeMs : Math.max(source.timeMs, timeMs);
        boolean leaps = base == NONE || sampleMs - base > LEAP_MS;
        hear(source, entity, sampleMs, sentMs, leaps ? 1 : sampleMs < base - BEHIND_MS ? -1 : 0);
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

    /** Notes what an entity says: that time is far later (1), far earlier (-1), or about what it is (0). */
    private static void hear(Partition source, String entity, long sampleMs, long sentMs, int says) {
        Voice voice = source.voices.remove(entity);
        boolean isNew = voice == null;
        if (voice == null) {
            voice = new Voice();
        } else {
            source.count(voice, -1);
        }
        source.voices.put(entity, voice);
        boolean goesOn = !isNew && Math.abs(sampleMs - voice.timeMs) <= LEAP_MS;
        voice.isStray = says < 0 && (voice.isStray || !goesOn);
        voice.doubts = says == 0 ? 0 : Math.min(VOTES, voice.doubts + 1);
        voice.leaps = goesOn && says * voice.leaps > 0 ? voice.leaps + says : says;
        voice.timeMs = sampleMs;
        voice.sentMs = sentMs;
        voice.record = source.records;
        source.count(voice, 1);
    }

    /** Returns how long ago, by Kafka's time, the time moved that holds for a partition. */
    private long passedMs(Partition source, long sentMs) {
        return sentMs - (source.isBack || source.timeMs >= timeMs ? source.movedMs : movedMs);
    }

    /** Returns whether enough records say that there was a pause, this one among them. */
    private static boolean isAgreed(Partition source, Ahead next) {
        int together = 1;
        for (Ahead each : source.paused) {
            together += each.agreesWith(next) ? 1 : 0;
        }
        source.paused.addLast(next);
        if (source.paused.size() > MOST_AHEAD) {
            source.paused.removeFirst();
        }
        return together >= TimeJumps.AGREE;
    }

    /** Notes that Kafka's time has come so far, with no other records until then. */
    void advance(long sentMs) {
        boolean isAnyActive = false;
        boolean isAllKnown = true;
        long slowest = Long.MAX_VALUE;
        long fastest = NONE;
        long fastestActive = NONE;
        for (Partition source : partitions.values()) {
            fade(source, sentMs);
            agree(source, sentMs);
            boolean isActive = sentMs - source.lastMs < idlenessMs;
            isAnyActive |= isActive;
            isAllKnown &= !isActive || source.timeMs != NONE;
            fastest = Math.max(fastest, source.timeMs);
            fastestActive = isActive ? Math.max(fastestActive, source.timeMs) : fastestActive;
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
        if (isAnyActive) {
            creep(slowest == Long.MAX_VALUE ? fastestActive : NONE, sentMs);
        }
    }

    /** Moves time half as far as all have moved that are far behind it. */
    private void creep(long nextMs, long sentMs) {
        if (nextMs == NONE || behindSinceMs == NONE) {
            behindSinceMs = nextMs == NONE ? NONE : sentMs;
        } else if (sentMs - behindSinceMs >= idlenessMs && nextMs > behindMs) {
            timeMs += Math.min(LEAP_MS, nextMs - behindMs) / 2;
        }
        behindMs = nextMs;
    }

    private void fade(Partition source, long sentMs) {
        for (Iterator<Voice> each = source.voices.values().iterator(); each.hasNext(); ) {
            Voice voice = each.next();
            if (sentMs - voice.sentMs < idlenessMs || source.records - voice.record < FADE_RECORDS) {
                return;
            }
            source.count(voice, -1);
            each.remove();
        }
    }

    /** Lets the time of a partition leap, or fall back, if most entities are for it. */
    private static void agree(Partition source, long sentMs) {
        if (source.left > source.steady + source.ahead) {
            source.fallBack(false, sentMs);
        } else if (source.strays > 0 && source.left + source.steady + source.ahead == 0) {
            source.fallBack(true, sentMs);
        } else if (source.ahead > source.steady + source.left) {
            leap(source, sentMs);
        }
    }

    private static void leap(Partition source, long sentMs) {
        long earliest = Long.MAX_VALUE;
        for (Voice voice : source.voices.values()) {
            if (voice.leaps >= VOTES) {
                earliest = Math.min(earliest, voice.timeMs);
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
        out.writeLong(behindSinceMs);
        out.writeLong(behindMs);
        out.writeInt(partitions.size());
        for (Map.Entry<Integer, Partition> entry : partitions.entrySet()) {
            Partition source = entry.getValue();
            out.writeInt(entry.getKey());
            out.writeLong(source.timeMs);
            out.writeLong(source.movedMs);
            out.writeLong(source.lastMs);
            out.writeLong(source.records);
            out.writeBoolean(source.isBack);
            out.writeInt(source.voices.size());
            for (Map.Entry<String, Voice> each : source.voices.entrySet()) {
                Texts.write(each.getKey(), out);
                out.writeLong(each.getValue().sentMs);
                out.writeLong(each.getValue().record);
                out.writeInt(each.getValue().leaps);
                out.writeLong(each.getValue().timeMs);
                out.writeInt(each.getValue().doubts);
                out.writeBoolean(each.getValue().isStray);
            }
            out.writeInt(source.paused.size());
            for (Ahead each : source.paused) {
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
        boolean hasBehind = version >= BEHIND_SINCE;
        behindSinceMs = hasBehind ? in.readLong() : NONE;
        behindMs = hasBehind ? in.readLong() : NONE;
        partitions.clear();
        for (int left = in.readInt(); left > 0; left--) {
            Partition source = new Partition();
            partitions.put(in.readInt(), source);
            source.timeMs = in.readLong();
            source.movedMs = in.readLong();
            source.lastMs = in.readLong();
            source.records = in.readLong();
            source.isBack = hasBehind && in.readBoolean();
            for (int voices = in.readInt(); voices > 0; voices--) {
                Voice voice = new Voice();
                source.voices.put(Texts.read(in), voice);
                voice.sentMs = in.readLong();
                voice.record = in.readLong();
                voice.leaps = in.readInt();
                voice.timeMs = in.readLong();
                voice.doubts = hasBehind ? in.readInt() : Math.min(VOTES, voice.leaps);
                voice.isStray = hasBehind && in.readBoolean();
                source.count(voice, 1);
            }
            for (int ahead = version < AHEAD_SINCE ? 0 : in.readInt(); ahead > 0; ahead--) {
                source.paused.addLast(new Ahead(in.readLong(), in.readLong()));
            }
        }
    }
}
