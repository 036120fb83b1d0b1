package dev.understudy.app.demo;

import dev.understudy.app.console.Console;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** One run of a demonstration: its clock, its books and the wish that it come to an end. May be used by any thread. */
final class DemoRun {
    private static final long TICK_MILLIS = 50;

    private final Console console;
    private final long startedNanos = System.nanoTime();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final LoopAccount account;
    private final Map<String, Double> milestones = Collections.synchronizedMap(new LinkedHashMap<>());

    /** @param measure what windows are scored by, in the words of their lines */
    DemoRun(Console console, String measure) {
        this.console = console;
        account = new LoopAccount(measure);
    }

    Console console() {
        return console;
    }

    /** Returns what its programs published. */
    LoopAccount account() {
        return account;
    }

    /** Asks it to come to an end. */
    void stop() {
        stop.countDown();
    }

    boolean isStopped() {
        return stop.getCount() == 0;
    }

    /** Returns how long it has been running. */
    double seconds() {
        return (System.nanoTime() - startedNanos) / 1e9;
    }

    /** Returns seconds of the run as a point of {@link System#nanoTime}. */
    long nanosAt(double seconds) {
        return startedNanos + (long) (1e9 * seconds);
    }

    /** Notes when something happened first, and says so. */
    void milestone(String name, String text) {
        if (milestones.putIfAbsent(name, seconds()) == null) {
            console.line("%5.1f s   %s".formatted(seconds(), text));
        }
    }

    Map<String, Double> milestones() {
        return milestones;
    }

    /**
     * Waits until something holds.
     *
     * @param nanos a point of {@link System#nanoTime} at which it gives up
     * @return whether it holds; false if time was up or the run is to stop
     */
    boolean await(long nanos, BooleanSupplier holds) throws InterruptedException {
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() >= nanos || stop.await(TICK_MILLIS, TimeUnit.MILLISECONDS)) {
                return false;
            }
        }
        return true;
    }
}
