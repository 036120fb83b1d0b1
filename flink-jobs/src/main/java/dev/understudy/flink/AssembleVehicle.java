package dev.understudy.flink;

import dev.understudy.driving.FollowingAssembler;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.HeldOut;
import dev.understudy.driving.LabelledStep;
import dev.understudy.driving.RejectReason;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Turns the records of one vehicle into steps of demonstrations: drops duplicates by trip and sequence, waits until the
 * watermark says that nothing earlier will come, and hands the samples in order of event time to a
 * {@link FollowingAssembler}.
 *
 * <p>Each record comes out exactly once: as a step of the main output, or counted in {@link #TALLIES} as duplicate,
 * late, held out (or, for the other share, left to training) or rejected for a reason. Steps that lie between records,
 * in logs slower than 10 Hz, come out besides and are counted as interpolated.
 */
final class AssembleVehicle extends KeyedProcessFunction<String, DecodedLog, LocatedStep>
        implements CheckpointedFunction {
    private static final long serialVersionUID = 1L;

    /** Which trips a job works on. */
    enum Share {
        /** Those that are trained on. */
        TRAINING,
        /** Those that are only tested with. */
        HELD_OUT
    }

    /** What became of the records that are no steps. */
    static final OutputTag<Tally> TALLIES = new OutputTag<>("tallies", Codecs.TALLY.typeInformation());

    /** The records that came too late. */
    static final OutputTag<DecodedLog> LATE = new OutputTag<>("late", Codecs.DECODED_LOG.typeInformation());

    private final String policy;
    private final LogReading reading;
    private final Share share;

    private transient FollowingAssembler assembler;
    private transient ValueState<VehicleProgress> progressState;
    private transient ListState<Long> watermarkState;

    /** The newest watermark this task knows of; unlike Flink's it survives a restart. */
    private transient long watermarkMs;

    AssembleVehicle(String policy, LogReading reading, Share share) {
        this.policy = policy;
        this.reading = reading;
        this.share = share;
    }

    @Override
    public void open(OpenContext context) {
        assembler = new FollowingAssembler(reading.experts());
        progressState = getRuntimeContext()
                .getState(new ValueStateDescriptor<>("progress", Codecs.VEHICLE_PROGRESS.serializer()));
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        watermarkState =
                context.getOperatorStateStore().getUnionListState(new ListStateDescriptor<>("watermark", Types.LONG));
        watermarkMs = Long.MIN_VALUE;
        if (context.isRestored()) {
            long lowest = Long.MAX_VALUE;
            for (long each : watermarkState.get()) {
                lowest = Math.min(lowest, each);
            }
            watermarkMs = lowest == Long.MAX_VALUE ? Long.MIN_VALUE : lowest;
        }
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        watermarkState.update(java.util.List.of(watermarkMs));
    }

    @Override
    public void processElement(DecodedLog log, Context context, Collector<LocatedStep> out) throws Exception {
        FollowingSample sample = log.sample();
        if (sample == null) {
            throw new IllegalStateException("expected dead letters to be gone before assembly, got " + log);
        }
        watermarkMs = Math.max(watermarkMs, context.timerService().currentWatermark());
        VehicleProgress progress = progressState.value();
        if (progress == null) {
            progress = new VehicleProgress();
        }
        if (!progress.firstSight(sample)) {
            context.output(TALLIES, new Tally(policy, Tally.DUPLICATES, 1));
        } else if (sample.timeMs() <= Math.max(watermarkMs, progress.releasedUntilMs)) {
            context.output(TALLIES, new Tally(policy, Tally.LATE, 1));
            context.output(LATE, log);
        } else if (HeldOut.isHeldOut(sample.trip(), reading.heldOutPercent()) != (share == Share.HELD_OUT)) {
            context.output(TALLIES, new Tally(policy, Tally.HELD_OUT, 1));
        } else {
            progress.await(new VehicleProgress.Located(sample, log.partition(), log.offset()));
            if (sample.timeMs() < progress.releaseTimerMs) {
                progress.releaseTimerMs = sample.timeMs();
                context.timerService().registerEventTimeTimer(sample.timeMs());
            }
        }
        progressState.update(progress);
    }

    @Override
    public void onTimer(long timeMs, OnTimerContext context, Collector<LocatedStep> out) throws Exception {
        watermarkMs = Math.max(watermarkMs, context.timerService().currentWatermark());
        VehicleProgress progress = progressState.value();
        if (progress == null) {
            return;
        }
        Sorted sorted = new Sorted(progress, context, out);
        long silentMs = reading.inactivity().toMillis();
        for (VehicleProgress.Located next = progress.release(watermarkMs);
                next != null;
                next = progress.release(watermarkMs)) {
            FollowingSample sample = next.sample();
            if (progress.lastOfferedMs != Long.MIN_VALUE && sample.timeMs() - progress.lastOfferedMs > silentMs) {
                assembler.end(progress.assembler(), sorted);
            }
            if (progress.inSequence(sample)) {
                progress.enterAssembler(next);
                progress.lastOfferedMs = sample.timeMs();
                assembler.offer(progress.assembler(), sample, sorted);
            } else {
                context.output(TALLIES, new Tally(policy, Tally.rejected(RejectReason.OUT_OF_STEP), 1));
            }
        }
        progress.releasedUntilMs = Math.max(progress.releasedUntilMs, watermarkMs);
        progress.releaseTimerMs = progress.firstWaitingMs();
        if (progress.releaseTimerMs != Long.MAX_VALUE) {
            context.timerService().registerEventTimeTimer(progress.releaseTimerMs);
        }
        if (progress.lastOfferedMs != Long.MIN_VALUE) {
            long closesMs = progress.lastOfferedMs + silentMs;
            if (closesMs <= watermarkMs) {
                assembler.end(progress.assembler(), sorted);
                progress.lastOfferedMs = Long.MIN_VALUE;
            } else {
                context.timerService().registerEventTimeTimer(closesMs);
            }
        }
        progressState.update(progress);
    }

    /** Receives what the assembler makes of the samples of one vehicle. */
    private final class Sorted implements FollowingAssembler.Output {
        private final VehicleProgress progress;
        private final OnTimerContext context;
        private final Collector<LocatedStep> out;

        Sorted(VehicleProgress progress, OnTimerContext context, Collector<LocatedStep> out) {
            this.progress = progress;
            this.context = context;
            this.out = out;
        }

        @Override
        public void step(LabelledStep step) {
            VehicleProgress.Located located = progress.leaveAssembler(step.sample());
            out.collect(new LocatedStep(step, located.partition(), located.offset()));
        }

        @Override
        public void between(LabelledStep step) {
            VehicleProgress.Located located = progress.inAssembler(step.sample());
            out.collect(new LocatedStep(step, located.partition(), located.offset()));
            context.output(TALLIES, new Tally(policy, Tally.INTERPOLATED, 1));
        }

        @Override
        public void rejected(FollowingSample sample, RejectReason reason) {
            progress.leaveAssembler(sample);
            context.output(TALLIES, new Tally(policy, Tally.rejected(reason), 1));
        }
    }
}
