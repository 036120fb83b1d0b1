package dev.understudy.ingest;

import java.util.Arrays;

/**
 * Numbers the samples of a trip whose log has no numbers: by their time, in units of about their interval, so that the
 * same sample has the same number whenever and from whichever file it is read, numbers rise with time, and holes show.
 */
final class Numbering {
    /** Units, ms: few, so that all of a trip's files are counted in the same. */
    private static final int[] UNITS_MS = {100, 50, 20, 10, 5, 2, 1};

    private static final double NEARLY = 1.1;

    private final long unitMs;
    private final long originMs;
    private long lastMs = Long.MIN_VALUE;
    private long last;

    /**
     * A numbering.
     *
     * @param originMs time of number 0
     */
    Numbering(long unitMs, long originMs) {
        this.unitMs = unitMs;
        this.originMs = originMs;
    }

    /**
     * Returns the longest unit that is no more than a little above the median of intervals, ms; 100 if there are few.
     */
    static long unit(int[] intervalsMs) {
        if (intervalsMs.length < 5) {
            return UNITS_MS[0];
        }
        int[] sorted = intervalsMs.clone();
        Arrays.sort(sorted);
        double most = NEARLY * sorted[sorted.length / 2];
        return Arrays.stream(UNITS_MS).filter(unit -> unit <= most).findFirst().orElse(1);
    }

    /** Returns the number of a sample. One that is later than those before is never given the number of another. */
    long number(long timeMs) {
        long number = at(timeMs);
        if (timeMs == lastMs) {
            return last;
        }
        if (timeMs > lastMs) {
            last = lastMs == Long.MIN_VALUE ? number : Math.max(last + 1, number);
            lastMs = timeMs;
            return last;
        }
        return number;
    }

    /** Returns the number that belongs to a time, whoever has it. */
    long at(long timeMs) {
        return Math.floorDiv(timeMs - originMs, unitMs);
    }

    /** Passes over some numbers, for samples that have a place but no time, and returns the first of them. */
    long skip(int numbers) {
        long first = last + 1;
        last += numbers;
        return first;
    }
}
