package dev.understudy.benchmarks;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Sends observations at a steady rate, on a thread of its own, until it is closed. */
final class SteadyTraffic implements AutoCloseable {
    private static final long PACE_NANOS = 2_000_000;

    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicLong sent = new AtomicLong();
    private final Thread thread;

    private SteadyTraffic(ServingLab lab, Traffic traffic, double perSecond) {
        thread = new Thread(() -> produce(lab, traffic, perSecond), "bench-observations");
    }

    /** Begins to send. */
    static SteadyTraffic start(ServingLab lab, Traffic traffic, double perSecond) {
        SteadyTraffic steady = new SteadyTraffic(lab, traffic, perSecond);
        steady.thread.start();
        return steady;
    }

    private void produce(ServingLab lab, Traffic traffic, double perSecond) {
        try (ObservationSender sender = lab.sender(true)) {
            long begun = System.nanoTime();
            while (!ended.get()) {
                long due = (long) ((System.nanoTime() - begun) / 1e9 * perSecond);
                while (sent.get() < due) {
                    sender.send(traffic.sample(sent.getAndIncrement()));
                }
                LockSupport.parkNanos(PACE_NANOS);
            }
        }
    }

    /** Stops; returns how many were sent, when all of them are stored. */
    long stop() {
        ended.set(true);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return sent.get();
    }

    @Override
    public void close() {
        stop();
    }
}
