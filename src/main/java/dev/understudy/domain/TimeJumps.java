package dev.understudy.domain;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Distinguishes samples with a wrong time from samples of a clock that was set, within one trip, by the samples around
 * them in the order in which they were logged. The same for samples with a wrong sequence: see {@link #MOST_PER_MS}.
 *
 * <p>A sample no more than {@link #REACH_MS} away from the one before, forwards or backwards, is believed at once;
 * forwards, domains may allow longer pauses. One further away is doubted until its neighbours decide: if the next goes
 * on where the trip was, the doubted one has a wrong time; if {@link #AGREE} in a row stay together, the trip goes on
 * there, be it later, as after a pause, or earlier, as after a clock was put back. So one wrong time costs one sample
 * and moves nothing.
 *
 * <p>The first sample of a trip has nothing to be compared with and is believed; if those after it agree on another
 * time, it is taken back.
 *
 * @param <T> what comes with a sample
 */
public final class TimeJumps<T> {
    /**
     * Furthest that the time of a sample may lie from that of the one before, and be believed at once, ms; besides
     * {@link #SLOWEST_MS} for each number that their sequences are apart, in the direction in which they are.
     */
    public static final long REACH_MS = 10_000;

    /** Longest time from one sample to the next in a log that can be learned from, ms. */
    static final long SLOWEST_MS = 1_000;

    /**
     * Most numbers apart for which that is allowed: samples come that far out of order. Where sequences are counted
     * from the time itself, a wrong time has a sequence to match, which must not excuse it.
     */
    static final long DISORDER = 60;

    /**
     * Most numbers by which the sequences of two samples may differ for each millisecond between them, besides as many
     * for {@link #REACH_MS}. A sequence that leaps further is doubted as a wrong time is.
     */
    static final long MOST_PER_MS = 1;

    /** How many samples in a row have to stay together, away from the ones before, to be believed. */
    public static final int AGREE = 3;

    /** Stands for a time that is not known. */
    public static final long UNKNOWN = Long.MIN_VALUE;

    /** Most doubted samples that are kept. */
    private static final int MOST = 8;

    /** Receives what becomes of each sample. */
    public interface Output<T> {
        /** Receives a sample whose time is believed. */
        void believed(T item);

        /** Receives a sample whose time or sequence is wrong: {@link GeneralRefusal#TIME_JUMP}. */
        void jumped(T item);

        /**
         * Receives a sample that was believed, being the first of its trip, and has a wrong time after all. A receiver
         * that can takes it back and counts it as {@link #jumped}.
         */
        void retracted(T first);
    }

    /**
     * A sample as it is judged here.
     *
     * @param sequence its number in the trip
     * @param timeMs event time
     * @param arrivalMs wall clock when it was sent, or {@link #UNKNOWN}; a pause as long by it as by event time is no
     *     jump
     * @param item what comes with it
     */
    public record Timed<T>(long sequence, long timeMs, long arrivalMs, T item) {
        /** Returns whether two doubted samples stay together; their sequences may count something faster. */
        private boolean agreesWith(long pauseMs, long nextSequence, long nextTimeMs, long nextArrivalMs) {
            long near = nextSequence > sequence ? Math.min(nextSequence, sequence + DISORDER) : nextSequence;
            return isNear(pauseMs, sequence, timeMs, arrivalMs, near, nextTimeMs, nextArrivalMs);
        }
    }

    // The last sample believed, in pieces: most samples go with it and need no object.
    private long lastSequence;
    private long lastTimeMs;
    private long lastArrivalMs;
    private @Nullable T lastItem;
    private boolean lastIsAlone;
    private final List<Timed<T>> doubted = new ArrayList<>();
    private long pauseMs = REACH_MS;

    /** Allows samples to be as much later than the one before as they may be in a domain; returns itself. */
    public TimeJumps<T> within(Duration longestPause) {
        pauseMs = longestPause.toMillis();
        return this;
    }

    /** Cuts a trip of a domain without pauses. */
    public static <S extends Sample> List<List<S>> pieces(List<S> trip, Consumer<S> jumped) {
        return pieces(trip, Duration.ofMillis(REACH_MS), jumped);
    }

    /**
     * Cuts the samples of one trip, in the order of the log, where time runs back for good, and leaves out those with a
     * wrong time.
     *
     * @param longestPause that of the domain
     * @param jumped receives those left out
     * @return pieces in which no sample is more than {@link #REACH_MS} behind the one before
     */
    public static <S extends Sample> List<List<S>> pieces(List<S> trip, Duration longestPause, Consumer<S> jumped) {
        List<S> believed = new ArrayList<>(trip.size());
        Output<S> out = new Output<>() {
            @Override
            public void believed(S sample) {
                believed.add(sample);
            }

            @Override
            public void jumped(S sample) {
                jumped.accept(sample);
            }

            @Override
            public void retracted(S first) {
                believed.remove(first);
                jumped.accept(first);
            }
        };
        TimeJumps<S> jumps = new TimeJumps<S>().within(longestPause);
        trip.forEach(sample -> jumps.offer(sample.sequence(), sample.timeMs(), UNKNOWN, sample, out));
        jumps.settleWhile(any -> true, out);
        List<List<S>> pieces = new ArrayList<>();
        int start = 0;
        for (int i = 1; i <= believed.size(); i++) {
            if (i == believed.size()
                    || believed.get(i - 1).timeMs() - believed.get(i).timeMs() > REACH_MS) {
                pieces.add(believed.subList(start, i));
                start = i;
            }
        }
        return pieces;
    }

    /**
     * Takes the next sample of the trip; the parameters are those of {@link Timed}.
     *
     * @return whether its time is believed
     */
    public boolean offer(long sequence, long timeMs, long arrivalMs, T item, Output<T> out) {
        if (lastItem == null) {
            believe(sequence, timeMs, arrivalMs, item, out);
            lastIsAlone = true;
            return true;
        }
        if (goesOn(sequence, timeMs, arrivalMs)) {
            doubted.forEach(wrong -> out.jumped(wrong.item));
            doubted.clear();
            believe(sequence, timeMs, arrivalMs, item, out);
            return true;
        }
        int together = 1;
        for (Timed<T> each : doubted) {
            together += each.agreesWith(pauseMs, sequence, timeMs, arrivalMs) ? 1 : 0;
        }
        if (together < (lastIsAlone ? AGREE - 1 : AGREE)) {
            doubted.add(new Timed<>(sequence, timeMs, arrivalMs, item));
            if (doubted.size() > MOST) {
                out.jumped(doubted.remove(0).item);
            }
            return false;
        }
        if (lastIsAlone) {
            out.retracted(lastItem);
        }
        for (Timed<T> each : doubted) {
            if (each.agreesWith(pauseMs, sequence, timeMs, arrivalMs)) {
                believe(each.sequence, each.timeMs, each.arrivalMs, each.item, out);
            } else {
                out.jumped(each.item);
            }
        }
        doubted.clear();
        believe(sequence, timeMs, arrivalMs, item, out);
        return true;
    }

    /** Returns whether the time of a sample goes with that of the last one believed, if there is one. */
    public boolean goesOn(long sequence, long timeMs, long arrivalMs) {
        return lastItem == null
                || isNear(pauseMs, lastSequence, lastTimeMs, lastArrivalMs, sequence, timeMs, arrivalMs);
    }

    private static boolean isNear(
            long pauseMs,
            long sequence,
            long timeMs,
            long arrivalMs,
            long nextSequence,
            long nextTimeMs,
            long nextArrivalMs) {
        long passed = arrivalMs == UNKNOWN || nextArrivalMs == UNKNOWN ? 0 : Math.max(0, nextArrivalMs - arrivalMs);
        long later = nextTimeMs - timeMs;
        long between = Math.max(-DISORDER, Math.min(DISORDER, nextSequence - sequence)) * SLOWEST_MS;
        return !isFarApart(sequence, nextSequence, Math.abs(later))
                && later >= -REACH_MS + Math.min(0, between)
                && later <= pauseMs + passed + Math.max(0, between);
    }

    /**
     * Returns whether two sequences of one trip are further apart than samples can be.
     *
     * @param betweenMs event time between them
     */
    public static boolean isFarApart(long sequence, long otherSequence, long betweenMs) {
        return Math.abs(otherSequence - sequence) > MOST_PER_MS * (REACH_MS + betweenMs);
    }

    private void believe(long sequence, long timeMs, long arrivalMs, T item, Output<T> out) {
        lastIsAlone = false;
        lastSequence = sequence;
        lastTimeMs = timeMs;
        lastArrivalMs = arrivalMs;
        lastItem = item;
        out.believed(item);
    }

    /**
     * Gives up on doubted samples that no other sample agreed with: the first of them, as long as a condition holds.
     */
    public void settleWhile(Predicate<T> condition, Output<T> out) {
        for (Iterator<Timed<T>> each = doubted.iterator(); each.hasNext(); ) {
            T item = each.next().item;
            if (!condition.test(item)) {
                return;
            }
            each.remove();
            out.jumped(item);
        }
    }

    /** Returns the last sample believed, null before the first. */
    public @Nullable Timed<T> last() {
        return lastItem == null ? null : new Timed<>(lastSequence, lastTimeMs, lastArrivalMs, lastItem);
    }

    /** Returns whether the last sample believed is the first and only one. */
    public boolean lastIsAlone() {
        return lastIsAlone;
    }

    /** Returns the samples that are doubted, in the order in which they came. */
    public List<Timed<T>> doubted() {
        return doubted.isEmpty() ? List.of() : List.copyOf(doubted);
    }

    /** Puts back what {@link #last}, {@link #lastIsAlone} and {@link #doubted} gave. */
    public static <T> TimeJumps<T> restore(@Nullable Timed<T> last, boolean lastIsAlone, List<Timed<T>> doubted) {
        TimeJumps<T> jumps = new TimeJumps<>();
        if (last != null) {
            jumps.lastSequence = last.sequence;
            jumps.lastTimeMs = last.timeMs;
            jumps.lastArrivalMs = last.arrivalMs;
            jumps.lastItem = last.item;
        }
        jumps.lastIsAlone = lastIsAlone;
        jumps.doubted.addAll(doubted);
        return jumps;
    }
}
