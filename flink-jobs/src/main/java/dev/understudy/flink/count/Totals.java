package dev.understudy.flink.count;

import dev.understudy.schemas.TrainingRecord;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Keeps the account of a policy: of all records that ever reached the job, how many ended how. The account is part of
 * the checkpoints, so it is exact across restarts, and goes out shortly after it changed.
 */
public final class Totals extends KeyedProcessFunction<String, Tally, TrainingRecord> {
    private static final long serialVersionUID = 1L;

    /** What the report of an account says of itself; its counts are running totals. */
    static final String REMARK = "totals";

    private static final long PAUSE_MS = 250;

    private transient MapState<String, Long> counts;

    @Override
    public void open(OpenContext context) {
        counts = getRuntimeContext().getMapState(new MapStateDescriptor<>("counts", Types.STRING, Types.LONG));
    }

    @Override
    public void processElement(Tally tally, Context context, Collector<TrainingRecord> out) throws Exception {
        Long before = counts.get(tally.name());
        counts.put(tally.name(), (before == null ? 0 : before) + tally.count());
        long now = context.timerService().currentProcessingTime();
        context.timerService().registerProcessingTimeTimer(now - now % PAUSE_MS + PAUSE_MS);
    }

    @Override
    public void onTimer(long timeMs, OnTimerContext context, Collector<TrainingRecord> out) throws Exception {
        SortedMap<String, Long> totals = new TreeMap<>();
        for (Map.Entry<String, Long> count : counts.entries()) {
            totals.put(count.getKey(), count.getValue());
        }
        out.collect(new TrainingRecord(
                context.getCurrentKey(),
                TrainingRecord.Kind.TRAINING,
                0,
                0,
                "",
                "",
                new TreeMap<>(),
                totals,
                REMARK,
                context.timerService().currentProcessingTime()));
    }
}
