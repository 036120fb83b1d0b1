package dev.understudy.streams;

import java.time.Duration;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.jspecify.annotations.Nullable;

/**
 * Says when observations that wait for a batch have waited enough. It looks as often as Kafka Streams can, and has them
 * decided at once where waiting would bring no fuller batch. Where the instance does not keep up, as in its first
 * seconds, a fuller batch is worth the wait, and each look would cost as much as some observations: it looks only as
 * often as one may wait.
 */
final class BatchTimer {
    private static final Duration OFTEN = Duration.ofMillis(1);
    /** How many times the longest wait an observation is old where the instance does not keep up (a guess). */
    private static final int BEHIND = 4;

    private final WaitingSlots waiting;
    private final Duration longestWait;
    private final ProcessorContext<?, ?> context;
    private final Runnable decide;
    private @Nullable Cancellable looking;
    private boolean isLookingOften;

    /**
     * A timer of one task.
     *
     * @param longestWait longest time that an observation waits
     * @param decide decides all that waits
     */
    BatchTimer(WaitingSlots waiting, Duration longestWait, ProcessorContext<?, ?> context, Runnable decide) {
        this.waiting = waiting;
        this.longestWait = longestWait;
        this.context = context;
        this.decide = decide;
    }

    /** Begins to look. */
    void start() {
        look(OFTEN);
    }

    private void look(Duration interval) {
        if (looking != null) {
            looking.cancel();
        }
        looking = context.schedule(interval, PunctuationType.WALL_CLOCK_TIME, this::tick);
        isLookingOften = interval.equals(OFTEN);
    }

    private void tick(long nowMs) {
        boolean isBehind = waiting.lateMs(nowMs) > BEHIND * longestWait.toMillis();
        if (isBehind == isLookingOften) {
            look(isBehind ? longestWait : OFTEN);
        }
        if (!waiting.isWorthWaiting(nowMs, longestWait.toMillis(), isBehind)) {
            decide.run();
        }
    }
}
