package dev.understudy.streams;

import dev.understudy.driving.Actor;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.TimeJumps;
import dev.understudy.driving.TimeJumps.Timed;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What serving remembers of one trip: which observations came, and what time it is there. */
final class TripEntry implements TimeJumps.Output<FollowingSample> {
    /** Sequence numbers this far behind the newest are told apart; older ones count as seen. */
    private static final int SEEN = Long.SIZE;

    private static final int TIMED_BYTES = 3 * Long.BYTES;

    /** What an observation means for the history of its vehicle. */
    enum Time {
        /** Its time is believed, and goes on from the one before. */
        GOES_ON,
        /** Its time is believed, and what came before it is of another one. */
        BEGINS_ANEW,
        /** Its time disagrees with that of the observation before, and too few others agree with it. */
        DOUBTED
    }

    final String trip;
    private long newest;
    /** Bit i: newest - i was seen; 0 before the first. */
    private long seen;

    private TimeJumps<FollowingSample> jumps = new TimeJumps<>();
    private boolean isTakenBack;

    TripEntry(String trip) {
        this.trip = trip;
    }

    /** Returns the newest number, -1 before the first. */
    long newest() {
        return seen == 0 ? -1 : newest;
    }

    /** Returns whether an observation came before, without taking note of it. */
    boolean wasSeen(FollowingSample sample) {
        for (Timed<FollowingSample> each : jumps.doubted()) {
            if (each.sequence() == sample.sequence() && each.timeMs() == sample.timeMs()) {
                return true;
            }
        }
        long behind = newest - sample.sequence();
        if (seen == 0 || behind < 0) {
            return false;
        }
        // The first may have a number counted from a wrong time: nothing is known of those before it.
        return behind < SEEN ? (seen & 1L << behind) != 0 : !jumps.lastIsAlone();
    }

    /**
     * Takes note of an observation that was not seen before. Its number counts from when its time is believed: one that
     * was counted from a wrong time must not make duplicates of all that follow.
     *
     * @param sentMs when it was sent, {@link TimeJumps#UNKNOWN} if nobody knows
     */
    Time take(FollowingSample sample, long sentMs) {
        List<Timed<FollowingSample>> doubted = jumps.doubted();
        boolean goesOn = goesOn(sample, sentMs);
        long beforeMs = goesOn ? 0 : timeMs();
        isTakenBack = false;
        if (!jumps.offer(sample.sequence(), sample.timeMs(), sentMs, sample, this)) {
            return Time.DOUBTED;
        }
        for (Timed<FollowingSample> each : doubted) {
            if (each.sequence() < newest) {
                note(each.sequence());
            }
        }
        boolean isPutBack = !goesOn && beforeMs - sample.timeMs() > TimeJumps.REACH_MS;
        return isTakenBack || isPutBack ? Time.BEGINS_ANEW : Time.GOES_ON;
    }

    /** Returns whether the time of an observation goes with that of the last one that is believed. */
    boolean goesOn(FollowingSample sample, long sentMs) {
        return jumps.goesOn(sample.sequence(), sample.timeMs(), sentMs);
    }

    /** Returns the time of the last observation whose time is believed; 0 before the first. */
    long timeMs() {
        Timed<FollowingSample> last = jumps.last();
        return last == null ? 0 : last.timeMs();
    }

    @Override
    public void believed(FollowingSample sample) {
        note(sample.sequence());
    }

    @Override
    public void jumped(FollowingSample sample) {}

    @Override
    public void retracted(FollowingSample first) {
        seen = 0;
        isTakenBack = true;
    }

    private void note(long sequence) {
        long ahead = sequence - newest;
        if (seen == 0) {
            seen = 1;
            newest = sequence;
        } else if (ahead > 0) {
            seen = ahead >= SEEN ? 1 : seen << ahead | 1;
            newest = sequence;
        } else if (ahead > -SEEN) {
            seen |= 1L << -ahead;
        }
    }

    byte[] toBytes() {
        byte[] name = trip.getBytes(StandardCharsets.UTF_8);
        Timed<FollowingSample> last = jumps.last();
        List<Timed<FollowingSample>> doubted = jumps.doubted();
        ByteBuffer out = ByteBuffer.allocate(
                2 * Long.BYTES + 3 + TIMED_BYTES * ((last == null ? 0 : 1) + doubted.size()) + name.length);
        out.putLong(newest).putLong(seen).put((byte) (jumps.lastIsAlone() ? 1 : 0));
        out.put((byte) (last == null ? 0 : 1)).put((byte) doubted.size());
        if (last != null) {
            put(out, last);
        }
        doubted.forEach(each -> put(out, each));
        return out.put(name).array();
    }

    /** Reads what {@link #toBytes} wrote. */
    static TripEntry fromBytes(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        long newest = in.getLong();
        long seen = in.getLong();
        boolean isAlone = in.get() != 0;
        boolean hasLast = in.get() != 0;
        int doubts = in.get();
        int names = in.position() + TIMED_BYTES * ((hasLast ? 1 : 0) + doubts);
        String trip = new String(bytes, names, bytes.length - names, StandardCharsets.UTF_8);
        Timed<FollowingSample> last = hasLast ? get(in, trip) : null;
        List<Timed<FollowingSample>> doubted = new ArrayList<>();
        for (int i = 0; i < doubts; i++) {
            doubted.add(get(in, trip));
        }
        TripEntry entry = new TripEntry(trip);
        entry.newest = newest;
        entry.seen = seen;
        entry.jumps = TimeJumps.restore(last, isAlone, doubted);
        return entry;
    }

    private static void put(ByteBuffer out, Timed<FollowingSample> timed) {
        out.putLong(timed.sequence()).putLong(timed.timeMs()).putLong(timed.arrivalMs());
    }

    private static Timed<FollowingSample> get(ByteBuffer in, String trip) {
        long sequence = in.getLong();
        long timeMs = in.getLong();
        long arrivalMs = in.getLong();
        double none = Double.NaN;
        return new Timed<>(
                sequence,
                timeMs,
                arrivalMs,
                new FollowingSample("", trip, sequence, timeMs, Actor.MIXED, "", none, none, none));
    }
}
