package dev.understudy.streams;

import dev.understudy.domain.Actor;
import dev.understudy.domain.PolicyName;
import dev.understudy.domain.Sample;
import dev.understudy.domain.TimeJumps;
import dev.understudy.domain.TimeJumps.Timed;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What serving remembers of one episode: which observations came, and what time it is there. */
final class EpisodeEntry implements TimeJumps.Output<Sample> {
    /** Sequence numbers this far behind the newest are told apart; older ones count as seen. */
    private static final int SEEN = Long.SIZE;

    private static final int TIMED_BYTES = 3 * Long.BYTES;

    /** What is left of a sample that was read before a restart. */
    private record Remembered(String episode, long sequence, long timeMs) implements Sample {
        @Override
        public String entity() {
            return "";
        }

        @Override
        public Actor actor() {
            return Actor.MIXED;
        }

        @Override
        public String label() {
            return "";
        }
    }

    /** What an observation means for the history of its entity. */
    enum Time {
        /** Its time is believed, and goes on from the one before. */
        GOES_ON,
        /** Its time is believed, and what came before it is of another one. */
        BEGINS_ANEW,
        /** Its time or sequence disagrees with that of the observation before, and too few others agree with it. */
        DOUBTED
    }

    final String episode;
    /** The policy that it belongs to, fixed at its first observation; null before. */
    @Nullable
    PolicyName policy;

    private long newest;
    /** Bit i: newest - i was seen; 0 before the first. */
    private long seen;

    private TimeJumps<Sample> jumps;
    private boolean isTakenBack;

    /** @param longestPause that of the domain */
    EpisodeEntry(String episode, Duration longestPause) {
        this.episode = episode;
        jumps = new TimeJumps<Sample>().within(longestPause);
    }

    /** Returns the newest number, -1 before the first. */
    long newest() {
        return seen == 0 ? -1 : newest;
    }

    /** Returns whether an observation came before, without taking note of it. */
    boolean wasSeen(Sample sample) {
        for (Timed<Sample> each : jumps.doubted()) {
            if (each.sequence() == sample.sequence() && each.timeMs() == sample.timeMs()) {
                return true;
            }
        }
        long behind = newest - sample.sequence();
        if (seen == 0 || behind < 0) {
            return false;
        }
        if (behind < SEEN) {
            return (seen & 1L << behind) != 0;
        }
        // The first may have a wrong number, or one counted from a wrong time: nothing is known of those before it.
        // Nor did one come before that is later than all others, if its number is far below: it is of a new count.
        return !jumps.lastIsAlone() && !(sample.timeMs() > timeMs() && isFarBelow(sample.sequence()));
    }

    private boolean isFarBelow(long sequence) {
        return sequence < newest && TimeJumps.isFarApart(newest, sequence, 0);
    }

    /**
     * Takes note of an observation that was not seen before. Its number counts from when its time is believed: one that
     * was counted from a wrong time must not make duplicates of all that follow.
     *
     * @param sentMs when it was sent, {@link TimeJumps#UNKNOWN} if nobody knows
     */
    Time take(Sample sample, long sentMs) {
        List<Timed<Sample>> doubted = jumps.doubted();
        boolean goesOn = goesOn(sample, sentMs);
        long beforeMs = goesOn ? 0 : timeMs();
        isTakenBack = false;
        if (!jumps.offer(sample.sequence(), sample.timeMs(), sentMs, sample, this)) {
            return Time.DOUBTED;
        }
        for (Timed<Sample> each : doubted) {
            if (each.sequence() < newest) {
                note(each.sequence());
            }
        }
        boolean isPutBack = !goesOn && beforeMs - sample.timeMs() > TimeJumps.REACH_MS;
        return isTakenBack || isPutBack ? Time.BEGINS_ANEW : Time.GOES_ON;
    }

    /** Returns whether the time of an observation goes with that of the last one that is believed. */
    boolean goesOn(Sample sample, long sentMs) {
        return jumps.goesOn(sample.sequence(), sample.timeMs(), sentMs);
    }

    /** Returns the time of the last observation whose time is believed; 0 before the first. */
    long timeMs() {
        Timed<Sample> last = jumps.last();
        return last == null ? 0 : last.timeMs();
    }

    @Override
    public void believed(Sample sample) {
        note(sample.sequence());
    }

    @Override
    public void jumped(Sample sample) {}

    @Override
    public void retracted(Sample first) {
        seen = 0;
        isTakenBack = true;
    }

    private void note(long sequence) {
        long ahead = sequence - newest;
        if (seen == 0 || isFarBelow(sequence)) {
            seen = 1;
            newest = sequence;
        } else if (ahead > 0) {
            seen = ahead >= SEEN ? 1 : seen << ahead | 1;
            newest = sequence;
        } else if (ahead > -SEEN) {
            seen |= 1L << -ahead;
        }
    }

    /** Returns how many bytes {@link #write} writes. */
    int bytes() {
        int timed = (jumps.last() == null ? 0 : 1) + jumps.doubted().size();
        return 2 * Long.BYTES + 3 + TIMED_BYTES * timed + bytes(episode) + bytes(policyText());
    }

    private String policyText() {
        return policy == null ? "" : policy.toString();
    }

    /** Returns how many bytes {@link #put(ByteBuffer, String)} writes. */
    static int bytes(String text) {
        return Integer.BYTES + text.getBytes(StandardCharsets.UTF_8).length;
    }

    static void put(ByteBuffer out, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.putInt(utf8.length).put(utf8);
    }

    /** Reads what {@link #put(ByteBuffer, String)} wrote. */
    static String text(ByteBuffer in) {
        byte[] utf8 = new byte[in.getInt()];
        in.get(utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    void write(ByteBuffer out) {
        Timed<Sample> last = jumps.last();
        List<Timed<Sample>> doubted = jumps.doubted();
        put(out, episode);
        put(out, policyText());
        out.putLong(newest).putLong(seen).put((byte) (jumps.lastIsAlone() ? 1 : 0));
        out.put((byte) (last == null ? 0 : 1)).put((byte) doubted.size());
        if (last != null) {
            put(out, last);
        }
        doubted.forEach(each -> put(out, each));
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @param longestPause that of the domain
     */
    static EpisodeEntry read(ByteBuffer in, Duration longestPause) {
        String episode = text(in);
        String policy = text(in);
        long newest = in.getLong();
        long seen = in.getLong();
        boolean isAlone = in.get() != 0;
        boolean hasLast = in.get() != 0;
        int doubts = in.get();
        Timed<Sample> last = hasLast ? get(in, episode) : null;
        List<Timed<Sample>> doubted = new ArrayList<>();
        for (int i = 0; i < doubts; i++) {
            doubted.add(get(in, episode));
        }
        EpisodeEntry entry = new EpisodeEntry(episode, longestPause);
        entry.policy = policy.isEmpty() ? null : PolicyName.parse(policy);
        entry.newest = newest;
        entry.seen = seen;
        entry.jumps = TimeJumps.restore(last, isAlone, doubted).within(longestPause);
        return entry;
    }

    private static void put(ByteBuffer out, Timed<Sample> timed) {
        out.putLong(timed.sequence()).putLong(timed.timeMs()).putLong(timed.arrivalMs());
    }

    private static Timed<Sample> get(ByteBuffer in, String episode) {
        long sequence = in.getLong();
        long timeMs = in.getLong();
        long arrivalMs = in.getLong();
        return new Timed<>(sequence, timeMs, arrivalMs, new Remembered(episode, sequence, timeMs));
    }
}
