package dev.understudy.flink.count;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Adds tallies up before they travel. What was added goes out with each watermark and before each checkpoint's barrier,
 * so nothing has to be in a checkpoint and nothing is counted twice or lost.
 */
public final class SumTallies extends AbstractStreamOperator<Tally> implements OneInputStreamOperator<Tally, Tally> {
    private static final long serialVersionUID = 1L;

    private record Name(String policy, String name) {}

    private transient Map<Name, Long> sums;

    @Override
    public void open() throws Exception {
        super.open();
        sums = new HashMap<>();
    }

    @Override
    public void processElement(StreamRecord<Tally> record) {
        Tally tally = record.getValue();
        sums.merge(new Name(tally.policy(), tally.name()), tally.count(), Long::sum);
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        flush();
        super.processWatermark(mark);
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpointId) {
        flush();
    }

    @Override
    public void finish() throws Exception {
        flush();
        super.finish();
    }

    private void flush() {
        sums.forEach((name, count) -> output.collect(new StreamRecord<>(new Tally(name.policy(), name.name(), count))));
        sums.clear();
    }
}
