package dev.understudy.ingest;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Lets events pass at a multiple of their own speed. For one thread.
 *
 * <p>A step in event time that is longer than a limit, or backwards, is not waited for: the clock starts again there.
 * So one wrong timestamp cannot stop a replay.
 */
public final class Throttle {
    /** Where time comes from; tests move it by hand. */
    public interface Ticker {
        /** A clock that only rises, nanoseconds. */
        long nanos();

        /** Waits. */
        void sleep(long nanos) throws InterruptedException;
    }

    /** The machine's own clock. */
    public static final Ticker SYSTEM = new Ticker() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public void sleep(long nanos) throws InterruptedException {
            TimeUnit.NANOSECONDS.sleep(nanos);
        }
    };

    private static final Duration LONGEST_STEP = Duration.ofSeconds(30);

    private final double factor;
    private final Ticker ticker;
    private boolean started;
    private long baseNanos;
    private long baseEventMs;
    private long lastEventMs;

    /**
     * A throttle at a multiple of event time.
     *
     * @param factor event seconds per second; 0 lets everything pass at once
     * @throws IllegalArgumentException if the factor is negative or not finite
     */
    public Throttle(double factor, Ticker ticker) {
        if (!(factor >= 0) || Double.isInfinite(factor)) {
            throw new IllegalArgumentException("expected a factor of 0 or more, found " + factor);
        }
        this.factor = factor;
        this.ticker = ticker;
    }

    /** A throttle on the machine's clock. */
    public static Throttle byEventTime(double factor) {
        return new Throttle(factor, SYSTEM);
    }

    /**
     * Waits until an event is due.
     *
     * @param eventTimeMs its event time, milliseconds since 1970
     */
    public void await(long eventTimeMs) throws InterruptedException {
        if (factor == 0) {
            return;
        }
        long now = ticker.nanos();
        long step = eventTimeMs - lastEventMs;
        if (!started || step < 0 || step > LONGEST_STEP.toMillis()) {
            started = true;
            baseNanos = now;
            baseEventMs = eventTimeMs;
        }
        lastEventMs = eventTimeMs;
        long due = baseNanos + (long) ((eventTimeMs - baseEventMs) * 1e6 / factor);
        if (due > now) {
            ticker.sleep(due - now);
        }
    }
}
