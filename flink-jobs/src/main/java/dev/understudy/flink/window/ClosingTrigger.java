package dev.understudy.flink.window;

import dev.understudy.domain.Step;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.windowing.triggers.Trigger;
import org.apache.flink.streaming.api.windowing.triggers.TriggerResult;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;

/**
 * Fires a window once, a fixed event time after its end, when the steps that waited in the assembler have come; and
 * notes by the wall clock when the watermark passed the end itself, which is where freshness is counted from.
 */
final class ClosingTrigger extends Trigger<Step, TimeWindow> {
    private static final long serialVersionUID = 1L;

    /** Per window: wall clock when the watermark passed its end, milliseconds since 1970. */
    static final ValueStateDescriptor<Long> CLOSED_AT_MS = new ValueStateDescriptor<>("closedAtMs", Types.LONG);

    private final long delayMs;

    ClosingTrigger(long delayMs) {
        this.delayMs = delayMs;
    }

    @Override
    public TriggerResult onElement(Step step, long timeMs, TimeWindow window, TriggerContext context) {
        if (context.getCurrentWatermark() < window.maxTimestamp()) {
            context.registerEventTimeTimer(window.maxTimestamp());
        }
        context.registerEventTimeTimer(window.maxTimestamp() + delayMs);
        return TriggerResult.CONTINUE;
    }

    @Override
    public TriggerResult onEventTime(long timeMs, TimeWindow window, TriggerContext context) throws Exception {
        ValueState<Long> closedAtMs = context.getPartitionedState(CLOSED_AT_MS);
        if (closedAtMs.value() == null) {
            closedAtMs.update(context.getCurrentProcessingTime());
        }
        return timeMs == window.maxTimestamp() + delayMs ? TriggerResult.FIRE : TriggerResult.CONTINUE;
    }

    @Override
    public TriggerResult onProcessingTime(long timeMs, TimeWindow window, TriggerContext context) {
        return TriggerResult.CONTINUE;
    }

    @Override
    public void clear(TimeWindow window, TriggerContext context) throws Exception {
        context.deleteEventTimeTimer(window.maxTimestamp());
        context.deleteEventTimeTimer(window.maxTimestamp() + delayMs);
        context.getPartitionedState(CLOSED_AT_MS).clear();
    }
}
