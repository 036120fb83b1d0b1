package dev.understudy.flink.window;

import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.schemas.DomainTopics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes one batch of the steps of a window. */
public final class CollectWindow extends ProcessWindowFunction<Step, WindowBatch, String, TimeWindow> {
    private static final long serialVersionUID = 1L;

    private final Policies<?> policies;
    private final String topic;
    private final StepWindows windows;
    private static final Logger LOG = LoggerFactory.getLogger(CollectWindow.class);

    private final long slideMs;

    public CollectWindow(Policies<?> policies, StepWindows windows, Duration slide) {
        this.policies = policies;
        topic = DomainTopics.of(policies.domain()).logs();
        this.windows = windows;
        slideMs = slide.toMillis();
    }

    @Override
    public void process(String policy, Context context, Iterable<Step> steps, Collector<WindowBatch> out)
            throws Exception {
        PolicySpec<?> spec = policies.spec(policy);
        TimeWindow window = context.window();
        long freshFromMs = window.getEnd() - slideMs;
        List<Step> labelled = new ArrayList<>();
        SourceRanges ranges = new SourceRanges();
        int freshSteps = 0;
        int lateSteps = 0;
        int ofAnotherRelease = 0;
        for (Step step : steps) {
            if (step.observation().columns() != spec.observationSize()) {
                ofAnotherRelease++;
                continue;
            }
            if (windows.windows(step).get(0).equals(window)) {
                freshSteps++;
                lateSteps += windows.isLate(step) ? 1 : 0;
            }
            labelled.add(step);
            ranges.add(step.partition(), step.offset());
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
                Steps.trajectories(labelled, spec.stepMs()),
                ranges.of(topic),
                List.of()));
    }
}
