package dev.understudy.flink.rollouts;

import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicySpec;
import dev.understudy.flink.count.Tally;
import dev.understudy.flink.window.SourceRanges;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.RecordedPieces;
import dev.understudy.schemas.RolloutStep;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.streaming.api.functions.co.KeyedCoProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Gives each window the rollouts of its policy that were done before its end, whose turn came before it fired, and that
 * no window before it got. Turns are those of the one order of logs and rollouts, so the same records give the same
 * windows, however fast each topic is read. A window waits for nothing but the watermark of the logs, which every
 * rollout of an earlier turn is ahead of.
 *
 * <p>Of rollouts that wait for a window only the newest are kept.
 */
public final class AttachRollouts extends KeyedCoProcessFunction<String, WindowBatch, RecordedStep, WindowBatch> {
    private static final long serialVersionUID = 1L;

    /** Most rollouts of a policy that wait for a window (a guess: four times what GAIL takes for one iteration). */
    public static final int MOST_WAITING = 20_000;

    /** Most steps of a piece that rollouts are joined to; longer ones are cut. */
    public static final int PIECE_STEPS = 1_000;

    /** What became of rollouts. */
    public static final OutputTag<Tally> TALLIES = new OutputTag<>("rollouts", Tally.CODEC.typeInformation());

    private final Policies<?> policies;
    private final String topic;
    private final long delayMs;
    private final int mostWaiting;

    private transient MapState<Long, RecordedStep> waiting;
    private transient ValueState<Long> arrived;
    private transient MapState<Long, WindowBatch> batches;

    /**
     * Creates the function.
     *
     * @param delay event time after its end at which a window fires
     */
    public AttachRollouts(Policies<?> policies, Duration delay) {
        this(policies, delay, MOST_WAITING);
    }

    AttachRollouts(Policies<?> policies, Duration delay, int mostWaiting) {
        this.policies = policies;
        topic = DomainTopics.of(policies.domain()).rollouts();
        delayMs = delay.toMillis();
        this.mostWaiting = mostWaiting;
    }

    @Override
    public void open(OpenContext context) {
        waiting = getRuntimeContext()
                .getMapState(
                        new MapStateDescriptor<>("waiting", LongSerializer.INSTANCE, RecordedStep.CODEC.serializer()));
        arrived = getRuntimeContext().getState(new ValueStateDescriptor<>("arrived", Types.LONG));
        batches = getRuntimeContext()
                .getMapState(
                        new MapStateDescriptor<>("batches", LongSerializer.INSTANCE, WindowBatch.CODEC.serializer()));
    }

    @Override
    public void processElement1(WindowBatch batch, Context context, Collector<WindowBatch> out) throws Exception {
        batches.put(batch.endMs(), batch);
        context.timerService().registerEventTimeTimer(firedMs(batch));
    }

    private long firedMs(WindowBatch batch) {
        return batch.endMs() - 1 + delayMs;
    }

    @Override
    public void processElement2(RecordedStep recorded, Context context, Collector<WindowBatch> out) throws Exception {
        Long before = arrived.value();
        long number = before == null ? 0 : before;
        waiting.put(number, recorded);
        arrived.update(number + 1);
        tally(context, recorded.policy(), "read", 1);
        if (waiting.contains(number - mostWaiting)) {
            waiting.remove(number - mostWaiting);
            tally(context, recorded.policy(), "dropped", 1);
        }
    }

    @Override
    public void onTimer(long timeMs, OnTimerContext context, Collector<WindowBatch> out) throws Exception {
        WindowBatch batch = batches.get(timeMs + 1 - delayMs);
        batches.remove(batch.endMs());
        SortedMap<Long, RecordedStep> taken = new TreeMap<>();
        for (Map.Entry<Long, RecordedStep> each : waiting.entries()) {
            RecordedStep recorded = each.getValue();
            if (recorded.step().eventTimeMs() < batch.endMs() && recorded.clockMs() < timeMs) {
                taken.put(each.getKey(), recorded);
            }
        }
        List<RolloutStep> steps = new ArrayList<>(taken.size());
        SourceRanges ranges = new SourceRanges();
        for (Map.Entry<Long, RecordedStep> each : taken.entrySet()) {
            waiting.remove(each.getKey());
            steps.add(each.getValue().step());
            ranges.add(each.getValue().partition(), each.getValue().offset());
        }
        PolicySpec<?> spec = policies.spec(batch.policy());
        RecordedPieces.of(steps, spec.observationSize(), spec.actionSize(), PIECE_STEPS)
                .refused()
                .forEach((refusal, count) -> tally(context, batch.policy(), "refused." + refusal, count));
        out.collect(batch.with(steps, ranges.of(topic)));
    }

    private static void tally(
            KeyedCoProcessFunction<String, WindowBatch, RecordedStep, WindowBatch>.Context context,
            String policy,
            String name,
            long count) {
        context.output(TALLIES, new Tally(policy, Tally.ROLLOUTS + name, count));
    }
}
