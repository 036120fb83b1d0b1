package dev.understudy.flink.order;

import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.logs.LogRecord;
import java.time.Duration;
import java.util.List;
import org.apache.flink.api.common.operators.ProcessingTimeService.ProcessingTimeCallback;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.array.BytePrimitiveArraySerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;

/**
 * Brings the logs of all partitions into one order ({@link LogOrder}) and gives them their watermark
 * ({@link LogClock}). Both follow from what Kafka holds and not from how it is read, so that a job that catches up
 * learns what it would have learned at the time. There is one instance of it, as there is one time. Records that wait
 * are in memory, and counted in the metric {@value #HELD}.
 *
 * <pre>
 * partition 0 ─┐                             ┌─► records, each with the watermark of its turn
 * partition 1 ─┼─► wait for those sent before┤
 * ...          ┘   (or for Kafka: none)      └─► watermarks
 * </pre>
 */
public final class OrderLogs extends AbstractStreamOperator<LogRecord>
        implements OneInputStreamOperator<LogRecord, LogRecord>, BoundedOneInput, ProcessingTimeCallback {
    private static final long serialVersionUID = 1L;

    /** Records after which those whose turn it is go on without waiting for the next watermark. */
    private static final int MOST_AT_ONCE = 256;

    /** Name of the metric: records that were read and wait for their turn. */
    static final String HELD = "heldRecords";

    private final LogReading reading;
    private final Duration interval;
    private final PartitionEnds.Opener opener;

    // Set when the state is initialised, before the operator opens.
    @SuppressWarnings("NullAway.Init")
    private transient LogOrder order;

    @SuppressWarnings("NullAway.Init")
    private transient LogClock clock;

    @SuppressWarnings("NullAway.Init")
    private transient ListState<byte[]> saved;

    private transient PartitionEnds ends;
    private transient boolean isContinued;
    private transient int sinceRelease;
    private transient long emittedMs;

    /**
     * Creates the operator.
     *
     * @param interval wall time between watermarks
     */
    public OrderLogs(LogReading reading, Duration interval, PartitionEnds.Opener opener) {
        this.reading = reading;
        this.interval = interval;
        this.opener = opener;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        order = new LogOrder();
        clock = new LogClock(reading.lateness(), reading.idleness());
        saved = context.getOperatorStateStore()
                .getListState(new ListStateDescriptor<>("order", BytePrimitiveArraySerializer.INSTANCE));
        isContinued = context.isRestored();
        for (byte[] bytes : saved.get()) {
            DataInputDeserializer in = new DataInputDeserializer(bytes);
            int version = in.readInt();
            order = LogOrder.CODEC.read(version, in);
            clock.read(version, in);
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        getMetricGroup().gauge(HELD, order::held);
        emittedMs = Long.MIN_VALUE;
        ends = opener.open(isContinued);
        register();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // what a timer throws fails the task
    private void register() {
        long nowMs = getProcessingTimeService().getCurrentProcessingTime();
        getProcessingTimeService().registerTimer(nowMs + interval.toMillis(), this);
    }

    @Override
    public void onProcessingTime(long timeMs) {
        ends.look(order.positions()).ifPresent(order::ends);
        release();
        register();
    }

    @Override
    public void processElement(StreamRecord<LogRecord> record) {
        order.add(record.getValue(), getProcessingTimeService().getCurrentProcessingTime());
        if (++sinceRelease >= MOST_AT_ONCE) {
            release();
        }
    }

    private void release() {
        sinceRelease = 0;
        order.release(clock, log -> output.collect(new StreamRecord<>(log)));
        emit();
    }

    private void emit() {
        long watermarkMs = clock.watermarkMs();
        if (watermarkMs > emittedMs) {
            emittedMs = watermarkMs;
            output.emitWatermark(new Watermark(watermarkMs));
        }
    }

    /** The source sends no watermark except the last one, before it ends. */
    @Override
    public void processWatermark(Watermark mark) throws Exception {
        if (mark.getTimestamp() == Watermark.MAX_WATERMARK.getTimestamp()) {
            endInput();
            super.processWatermark(mark);
        }
    }

    /** A source without watermarks is never idle for those after it. */
    @Override
    public void processWatermarkStatus(WatermarkStatus status) {}

    @Override
    public void endInput() {
        order.releaseAll(clock, log -> output.collect(new StreamRecord<>(log)));
        emit();
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        DataOutputSerializer out = new DataOutputSerializer(1024);
        out.writeInt(LogOrder.CODEC.version());
        LogOrder.CODEC.write(order, out);
        clock.write(out);
        saved.update(List.of(out.getCopyOfBuffer()));
    }

    @Override
    public void close() throws Exception {
        if (ends != null) {
            ends.close();
        }
        super.close();
    }
}
