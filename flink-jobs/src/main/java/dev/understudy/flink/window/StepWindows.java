package dev.understudy.flink.window;

import dev.understudy.domain.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.common.ExecutionConfig;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.streaming.api.windowing.assigners.WindowAssigner;
import org.apache.flink.streaming.api.windowing.triggers.Trigger;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;

/**
 * Event-time windows of one size, aligned with 1970, each beginning a slide after the one before; where slide and size
 * are equal they tumble. The time of a step is its own: a step leaves the assembler later than it was driven. A step
 * that leaves it when its windows have fired goes into the next.
 */
public final class StepWindows extends WindowAssigner<Step, TimeWindow> {
    private static final long serialVersionUID = 1L;

    private final long sizeMs;
    private final long slideMs;
    private final long delayMs;

    /**
     * Creates the windows.
     *
     * @param delay event time that steps may take to reach the window
     */
    public StepWindows(Duration size, Duration slide, Duration delay) {
        sizeMs = size.toMillis();
        slideMs = slide.toMillis();
        delayMs = delay.toMillis();
        if (slideMs < 1 || sizeMs < slideMs || sizeMs % slideMs != 0) {
            throw new IllegalArgumentException(
                    "expected a window that is a whole number of slides of at least 1 ms, got %s and %s"
                            .formatted(size, slide));
        }
    }

    @Override
    public Collection<TimeWindow> assignWindows(Step step, long timestamp, WindowAssignerContext context) {
        return windows(step);
    }

    /**
     * Returns the windows of a step, the earliest first: those of its time that had not fired when it was ready; where
     * all had, those that were open then. Either way none has fired yet, however coarse the watermarks are.
     */
    List<TimeWindow> windows(Step step) {
        List<TimeWindow> windows = new ArrayList<>((int) (sizeMs / slideMs));
        for (TimeWindow window : at(step.timeMs())) {
            if (window.maxTimestamp() + delayMs >= step.readyMs()) {
                windows.add(window);
            }
        }
        return windows.isEmpty() ? at(step.readyMs()) : windows;
    }

    /** Returns whether a step is not in a window of its own time because all of them had fired. */
    boolean isLate(Step step) {
        TimeWindow last = at(step.timeMs()).get((int) (sizeMs / slideMs) - 1);
        return last.maxTimestamp() + delayMs < step.readyMs();
    }

    /** Returns the windows that hold a time, the earliest first. */
    private List<TimeWindow> at(long timeMs) {
        long lastStart = TimeWindow.getWindowStartWithOffset(timeMs, 0, slideMs);
        List<TimeWindow> windows = new ArrayList<>((int) (sizeMs / slideMs));
        for (long start = lastStart - sizeMs + slideMs; start <= lastStart; start += slideMs) {
            windows.add(new TimeWindow(start, start + sizeMs));
        }
        return windows;
    }

    @Override
    public Trigger<Step, TimeWindow> getDefaultTrigger() {
        return new ClosingTrigger(delayMs);
    }

    @Override
    public TypeSerializer<TimeWindow> getWindowSerializer(ExecutionConfig config) {
        return new TimeWindow.Serializer();
    }

    @Override
    public boolean isEventTime() {
        return true;
    }

    @Override
    public String toString() {
        return "StepWindows[size=%d ms, slide=%d ms, delay=%d ms]".formatted(sizeMs, slideMs, delayMs);
    }
}
