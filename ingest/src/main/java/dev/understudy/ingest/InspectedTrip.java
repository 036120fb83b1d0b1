package dev.understudy.ingest;

import dev.understudy.domain.TimeJumps;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One trip of a log while it is read: which times are believed, and how far apart they are. */
final class InspectedTrip implements TimeJumps.Output<Row.Sample> {
    /** Intervals between samples that give the rate of a trip. */
    private static final int INTERVALS = 512;

    private final InspectedLog log;
    private final InspectedVehicle vehicle;
    private final long hash;
    private final TimeJumps<Row.Sample> jumps = new TimeJumps<>();
    private int[] intervalsMs = new int[8];
    private int intervals;
    private long beforeMs = Long.MIN_VALUE;
    private String beforeSource = "";
    /** The first sample, until another agrees with its time. */
    private Row.@Nullable Sample first;

    /** The first sample, after others agreed on another time. */
    private Row.@Nullable Sample retracted;

    private boolean isPutBack;
    private long newestBeforeFirstMs;
    private boolean isBegun;

    InspectedTrip(InspectedLog log, InspectedVehicle vehicle, long hash) {
        this.log = log;
        this.vehicle = vehicle;
        this.hash = hash;
    }

    /** Returns a hash of its name. */
    long hash() {
        return hash;
    }

    void take(Row.Sample read) {
        jumps.offer(read.sample().sequence(), read.sample().timeMs(), TimeJumps.UNKNOWN, read, this);
    }

    @Override
    public void believed(Row.Sample read) {
        Row.Sample wrong = retracted;
        if (wrong != null) {
            retracted = null;
            log.jumped(wrong, read.sample().timeMs());
        }
        if (!isBegun) {
            isBegun = true;
            first = read;
            newestBeforeFirstMs = log.newestMs();
            return;
        }
        enterFirst();
        enter(read, log.newestMs());
    }

    private void enterFirst() {
        Row.@Nullable Sample read = first;
        if (read != null) {
            first = null;
            enter(read, newestBeforeFirstMs);
        }
    }

    private void enter(Row.Sample read, long newestMs) {
        long timeMs = read.sample().timeMs();
        isPutBack |= read.afterPutBack()
                || (beforeMs != Long.MIN_VALUE
                        && read.source().equals(beforeSource)
                        && timeMs < beforeMs - TimeJumps.REACH_MS);
        interval(timeMs);
        beforeSource = read.source();
        log.believed(read, newestMs, isPutBack);
        vehicle.take(read.sample());
    }

    private void interval(long timeMs) {
        long interval = timeMs - beforeMs;
        if (beforeMs != Long.MIN_VALUE && interval > 0 && interval <= Integer.MAX_VALUE && intervals < INTERVALS) {
            if (intervals == intervalsMs.length) {
                intervalsMs = Arrays.copyOf(intervalsMs, 2 * intervals);
            }
            intervalsMs[intervals++] = (int) interval;
        }
        beforeMs = timeMs;
    }

    @Override
    public void jumped(Row.Sample read) {
        Row.@Nullable Sample before = first;
        log.jumped(read, before == null ? beforeMs : before.sample().timeMs());
    }

    @Override
    public void retracted(Row.Sample read) {
        first = null;
        retracted = read;
    }

    /** Gives up on the samples whose time is doubted, and reports the rate. */
    void end() {
        enterFirst();
        jumps.settleWhile(any -> true, this);
        double rateHz = rateHz();
        if (Double.isFinite(rateHz)) {
            log.rate(rateHz);
        }
    }

    /** Samples a second: by the mean of all intervals that are no holes; NaN if there is none. */
    private double rateHz() {
        if (intervals == 0) {
            return Double.NaN;
        }
        int[] sorted = Arrays.copyOf(intervalsMs, intervals);
        Arrays.sort(sorted);
        double longest = 1.5 * sorted[intervals / 2];
        return 1000
                / Arrays.stream(sorted)
                        .filter(interval -> interval <= longest)
                        .average()
                        .orElse(Double.NaN);
    }
}
