package dev.understudy.streams;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Replaces a thread that died, but not for ever: more than so many within a period end the instance. */
final class RestartLimit implements StreamsUncaughtExceptionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(RestartLimit.class);

    /** In the name of the thread of the global stores. */
    private static final String GLOBAL_THREAD = "GlobalStreamThread";

    private final int most;
    private final Duration period;
    private final InstantSource clock;
    private final Deque<Instant> restarts = new ArrayDeque<>();

    RestartLimit(int most, Duration period, InstantSource clock) {
        this.most = most;
        this.period = period;
        this.clock = clock;
    }

    @Override
    public synchronized StreamThreadExceptionResponse handle(Throwable exception) {
        for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
            if (cause instanceof FencedInstanceIdException) {
                LOG.error(
                        "Another instance of this name has taken over: give each its own name (serve --instance) and directory (--state)");
                return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            }
        }
        if (Thread.currentThread().getName().contains(GLOBAL_THREAD)) {
            LOG.error("The thread that reads the models topics died, and Kafka Streams replaces none", exception);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        }
        Instant now = clock.instant();
        while (!restarts.isEmpty() && restarts.getFirst().isBefore(now.minus(period))) {
            restarts.removeFirst();
        }
        if (restarts.size() >= most) {
            LOG.error("Gave up: {} threads died within {}", restarts.size() + 1, period, exception);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        }
        restarts.addLast(now);
        LOG.warn("Replaced a thread that died ({} of {} within {})", restarts.size(), most, period, exception);
        return StreamThreadExceptionResponse.REPLACE_THREAD;
    }
}
