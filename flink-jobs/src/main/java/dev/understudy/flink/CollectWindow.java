package dev.understudy.flink;

import dev.understudy.driving.CarFollowing;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes one batch of the steps of a window. */
final class CollectWindow extends ProcessWindowFunction<LocatedStep, WindowBatch, String, TimeWindow> {
    private static final long serialVersionUID = 1L;

    private final String topic;
    private final StepWindows windows;
    private static final Logger LOG = LoggerFactory.getLogger(CollectWindow.class);

    private final long slideMs;

    CollectWindow(String topic, StepWindows windows, Duration slide) {
        this.topic = topic;
        this.windows = windows;
        slideMs = slide.toMillis();
    }

    @Override
    public void process(String policy, Context context, Iterable<LocatedStep> steps, Collector<WindowBatch> out)
            throws Exception {
        TimeWindow window = context.window();
        long freshFromMs = window.getEnd() - slideMs;
        List<LabelledStep> labelled = new ArrayList<>();
        Map<Integer, long[]> ranges = new TreeMap<>();
        int freshSteps = 0;
        int lateSteps = 0;
        int ofAnotherRelease = 0;
        for (LocatedStep located : steps) {
            if (located.step().observation().length != CarFollowing.observationSize()) {
                ofAnotherRelease++;
                continue;
            }
            if (windows.windows(located).get(0).equals(window)) {
                freshSteps++;
                lateSteps += windows.isLate(located) ? 1 : 0;
            }
            labelled.add(located.step());
            long[] range = ranges.computeIfAbsent(
                    located.partition(), partition -> new long[] {Long.MAX_VALUE, Long.MIN_VALUE});
            range[0] = Math.min(range[0], located.offset());
            range[1] = Math.max(range[1], located.offset());
        }
        if (ofAnotherRelease > 0) {
            LOG.warn(
                    "left {} steps out of window [{}, {}): they were observed by another release, before a restart",
                    ofAnotherRelease,
                    window.getStart(),
                    window.getEnd());
        }
        if (labelled.isEmpty()) {
            return;
        }
        List<String> sources = new ArrayList<>(ranges.size());
        ranges.forEach(
                (partition, range) -> sources.add("%s-%d@%d-%d".formatted(topic, partition, range[0], range[1])));
        Long closedAtMs =
                context.windowState().getState(ClosingTrigger.CLOSED_AT_MS).value();
        out.collect(new WindowBatch(
                policy,
                window.getStart(),
                window.getEnd(),
                closedAtMs == null ? context.currentProcessingTime() : closedAtMs,
                freshFromMs,
                freshSteps,
                lateSteps,
                LabelledSteps.trajectories(labelled),
                sources));
    }
}
