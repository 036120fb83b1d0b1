package dev.understudy.flink;

import dev.understudy.driving.LabelledStep;
import dev.understudy.driving.LabelledSteps;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Makes one batch of the steps of a window. */
final class CollectWindow extends ProcessWindowFunction<LocatedStep, WindowBatch, String, TimeWindow> {
    private static final long serialVersionUID = 1L;

    /** Steps that came after their window had closed. */
    static final OutputTag<LocatedStep> LATE = new OutputTag<>("late-steps", Codecs.LOCATED_STEP.typeInformation());

    private final String topic;
    private final long slideMs;

    CollectWindow(String topic, Duration slide) {
        this.topic = topic;
        slideMs = slide.toMillis();
    }

    @Override
    public void process(String policy, Context context, Iterable<LocatedStep> steps, Collector<WindowBatch> out)
            throws Exception {
        TimeWindow window = context.window();
        long freshFromMs = window.getEnd() - slideMs;
        List<LabelledStep> labelled = new ArrayList<>();
        Map<Integer, long[]> ranges = new TreeMap<>();
        for (LocatedStep located : steps) {
            labelled.add(located.step());
            long[] range = ranges.computeIfAbsent(
                    located.partition(), partition -> new long[] {Long.MAX_VALUE, Long.MIN_VALUE});
            range[0] = Math.min(range[0], located.offset());
            range[1] = Math.max(range[1], located.offset());
        }
        List<String> sources = new ArrayList<>(ranges.size());
        ranges.forEach(
                (partition, range) -> sources.add("%s-%d@%d-%d".formatted(topic, partition, range[0], range[1])));
        Long closedAtMs =
                context.windowState().getState(ClosingTrigger.CLOSED_AT_MS).value();
        Integer freshSteps =
                context.windowState().getState(ClosingTrigger.FRESH_STEPS).value();
        out.collect(new WindowBatch(
                policy,
                window.getStart(),
                window.getEnd(),
                closedAtMs == null ? context.currentProcessingTime() : closedAtMs,
                freshFromMs,
                freshSteps == null ? 0 : freshSteps,
                LabelledSteps.trajectories(labelled),
                sources));
    }
}
