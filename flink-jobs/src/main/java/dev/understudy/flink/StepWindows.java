package dev.understudy.flink;

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
 * are equal they tumble. The time of a step is its own: a step leaves the assembler later than it was driven.
 */
final class StepWindows extends WindowAssigner<LocatedStep, TimeWindow> {
    private static final long serialVersionUID = 1L;

    private final long sizeMs;
    private final long slideMs;
    private final long delayMs;

    /**
     * Creates the windows.
     *
     * @param delay event time that steps may take to reach the window
     */
    StepWindows(Duration size, Duration slide, Duration delay) {
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
    public Collection<TimeWindow> assignWindows(LocatedStep step, long timestamp, WindowAssignerContext context) {
        long lastStart = TimeWindow.getWindowStartWithOffset(step.step().timeMs(), 0, slideMs);
        List<TimeWindow> windows = new ArrayList<>((int) (sizeMs / slideMs));
        for (long start = lastStart; start > lastStart - sizeMs; start -= slideMs) {
            windows.add(new TimeWindow(start, start + sizeMs));
        }
        return windows;
    }

    @Override
    public Trigger<LocatedStep, TimeWindow> getDefaultTrigger() {
        return new ClosingTrigger(delayMs, slideMs);
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
