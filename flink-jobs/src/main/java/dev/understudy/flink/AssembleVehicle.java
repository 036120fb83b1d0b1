package dev.understudy.flink;

import dev.understudy.driving.FollowingAssembler;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.HeldOut;
import dev.understudy.driving.LabelledStep;
import dev.understudy.driving.RejectReason;
import dev.understudy.driving.TimeJumps;
import dev.understudy.flink.VehicleProgress.Lane;
import dev.understudy.flink.VehicleProgress.Located;
import java.util.EnumSet;
import java.util.Set;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Turns the records of one vehicle into steps of demonstrations: drops duplicates by trip and sequence, turns aside
 * samples whose time is wrong ({@link TimeJumps}), waits until the watermark says that nothing earlier will come, and
 * hands the samples in order of event time to a {@link FollowingAssembler}.
 *
 * <pre>
 *                                    ┌─► by time, until the watermark has come so far ─► assembler ─► steps
 * record ─► seen? ─► time believed? ─┤ late
 *                                    └─► by sequence, for as long as runs stay open ──► assembler ─► steps
 * </pre>
 *
 * <p>Late samples, behind which the watermark was already, make pieces of their own, with an assembler of their own: a
 * trip that is sent an hour later is learned, only not joined to what came in time.
 *
 * <p>What comes out, and at which watermark, depends on the records and their {@link DecodedLog#clockMs} alone, not on
 * how often watermarks come. Each record comes out exactly once: as a step of the main output, or counted in
 * {@link #TALLIES} as duplicate, held out (or, for the other share, left to training), rejected for a reason, or late:
 * at the edge of what came late together, where there is no history or no look-ahead for it. Steps that lie between
 * records, in logs slower than 10 Hz, come out besides and are counted as interpolated.
 */
final class AssembleVehicle extends KeyedProcessFunction<String, DecodedLog, LocatedStep> {
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

    /** What befalls samples at the edge of a piece, be they as good as they may. */
    private static final Set<RejectReason> OF_EDGES =
            EnumSet.of(RejectReason.SHORT_HISTORY, RejectReason.NO_LABEL, RejectReason.OUT_OF_STEP);

    private final String policy;
    private final LogReading reading;
    private final Share share;

    private transient FollowingAssembler assembler;
    private transient ValueState<VehicleProgress> progressState;

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
    public void processElement(DecodedLog log, Context context, Collector<LocatedStep> out) throws Exception {
        FollowingSample sample = log.sample();
        if (sample == null) {
            throw new IllegalStateException("expected dead letters to be gone before assembly, got " + log);
        }
        VehicleProgress progress = progressState.value();
        if (progress == null) {
            progress = new VehicleProgress();
        }
        Believing believing = new Believing(progress, log.clockMs(), context);
        if (log.clockMs() >= Long.MIN_VALUE + silentMs()) {
            // Their timer may not have fired yet, as watermarks come at intervals.
            progress.settle(log.clockMs() - silentMs(), believing);
        }
        VehicleProgress.Trip trip = progress.trip(sample.trip(), believing);
        if (!VehicleProgress.firstSight(trip, sample)) {
            context.output(TALLIES, new Tally(policy, Tally.DUPLICATES, 1));
        } else if (HeldOut.isHeldOut(sample.trip(), reading.heldOutPercent()) != (share == Share.HELD_OUT)) {
            context.output(TALLIES, new Tally(policy, Tally.HELD_OUT, 1));
        } else {
            Located located = new Located(sample, log.partition(), log.offset(), log.clockMs());
            VehicleProgress.check(trip, located, log.isSentKnown() ? log.sentMs() : TimeJumps.UNKNOWN, believing);
            if (VehicleProgress.hasDoubts(trip)) {
                context.timerService().registerEventTimeTimer(located.clockMs() + silentMs());
            }
        }
        progressState.update(progress);
    }

    private long silentMs() {
        return reading.inactivity().toMillis();
    }

    /** Sends samples into their lanes once their times are believed. */
    private final class Believing implements TimeJumps.Output<Located> {
        private final VehicleProgress progress;
        private final long clockMs;
        private final Context context;

        Believing(VehicleProgress progress, long clockMs, Context context) {
            this.progress = progress;
            this.clockMs = clockMs;
            this.context = context;
        }

        @Override
        public void believed(Located located) {
            long timeMs = located.sample().timeMs();
            if (timeMs <= clockMs) {
                progress.awaitLate(new Located(located.sample(), located.partition(), located.offset(), clockMs));
                context.timerService().registerEventTimeTimer(clockMs + silentMs());
                return;
            }
            progress.await(located);
            if (timeMs < progress.releaseTimerMs) {
                progress.releaseTimerMs = timeMs;
                context.timerService().registerEventTimeTimer(timeMs);
            }
        }

        @Override
        public void jumped(Located located) {
            context.output(TALLIES, new Tally(policy, Tally.rejected(RejectReason.TIME_JUMP), 1));
        }

        @Override
        public void retracted(Located first) {
            if (progress.takeBack(first.sample())) {
                jumped(first);
            }
        }
    }

    @Override
    public void onTimer(long timeMs, OnTimerContext context, Collector<LocatedStep> out) throws Exception {
        VehicleProgress progress = progressState.value();
        if (progress == null) {
            return;
        }
        releaseTimely(progress, timeMs, context, out);
        releaseBelated(progress, timeMs, context, out);
        progress.settle(timeMs - silentMs(), new Believing(progress, timeMs, context));
        progressState.update(progress);
    }

    /** Assembles the samples that came in time, up to a time. */
    private void releaseTimely(
            VehicleProgress progress, long timeMs, OnTimerContext context, Collector<LocatedStep> out) {
        Lane lane = progress.timely();
        Sorted sorted = new Sorted(lane, timeMs, context, out);
        for (Located next = progress.release(timeMs); next != null; next = progress.release(timeMs)) {
            offer(lane, next, next.sample().timeMs(), sorted);
        }
        progress.releaseTimerMs = progress.firstWaitingMs();
        if (progress.releaseTimerMs != Long.MAX_VALUE) {
            context.timerService().registerEventTimeTimer(progress.releaseTimerMs);
        }
        close(lane, timeMs, sorted, context);
    }

    /** Assembles the samples that came late, once those that belong between them have had time to come. */
    private void releaseBelated(
            VehicleProgress progress, long timeMs, OnTimerContext context, Collector<LocatedStep> out) {
        Lane lane = progress.belated();
        Sorted sorted = new Belated(lane, timeMs, context, out);
        for (Located next : progress.releaseLate(timeMs - silentMs(), timeMs)) {
            if (lane.isBehind(next.sample())) {
                assembler.end(lane.assembler(), sorted);
                lane.beginAnew();
            }
            offer(lane, next, timeMs, sorted);
        }
        close(lane, timeMs, sorted, context);
    }

    private void offer(Lane lane, Located next, long offeredMs, Sorted sorted) {
        FollowingSample sample = next.sample();
        if (lane.lastOfferedMs != Long.MIN_VALUE && offeredMs - lane.lastOfferedMs > silentMs()) {
            assembler.end(lane.assembler(), sorted);
        }
        if (lane.inSequence(sample)) {
            lane.enterAssembler(next);
            lane.lastOfferedMs = offeredMs;
            assembler.offer(lane.assembler(), sample, sorted);
        } else {
            sorted.tally(RejectReason.OUT_OF_STEP);
        }
    }

    /** Ends the run of a lane that has been silent for too long, or sees to it that this will be asked in time. */
    private void close(Lane lane, long timeMs, Sorted sorted, OnTimerContext context) {
        if (lane.lastOfferedMs == Long.MIN_VALUE) {
            return;
        }
        long closesMs = lane.lastOfferedMs + silentMs();
        if (closesMs <= timeMs) {
            assembler.end(lane.assembler(), sorted);
            lane.lastOfferedMs = Long.MIN_VALUE;
        } else {
            context.timerService().registerEventTimeTimer(closesMs);
        }
    }

    /** Receives what the assembler makes of the samples of one lane. */
    private class Sorted implements FollowingAssembler.Output {
        private final Lane lane;
        private final long timeMs;
        private final OnTimerContext context;
        private final Collector<LocatedStep> out;

        Sorted(Lane lane, long timeMs, OnTimerContext context, Collector<LocatedStep> out) {
            this.lane = lane;
            this.timeMs = timeMs;
            this.context = context;
            this.out = out;
        }

        @Override
        public void step(LabelledStep step) {
            Located located = lane.leaveAssembler(step.sample());
            out.collect(new LocatedStep(numbered(step), located.partition(), located.offset(), timeMs));
        }

        @Override
        public void between(LabelledStep step) {
            Located located = lane.inAssembler(step.sample());
            out.collect(new LocatedStep(numbered(step), located.partition(), located.offset(), timeMs));
            context.output(TALLIES, new Tally(policy, Tally.INTERPOLATED, 1));
        }

        @Override
        public void rejected(FollowingSample sample, RejectReason reason) {
            lane.leaveAssembler(sample);
            tally(reason);
        }

        void tally(RejectReason reason) {
            context.output(TALLIES, new Tally(policy, name(reason), 1));
        }

        /** Returns the name under which a reason is counted. */
        String name(RejectReason reason) {
            return Tally.rejected(reason);
        }

        /** Returns the step with a trajectory of its own. */
        LabelledStep numbered(LabelledStep step) {
            return step;
        }
    }

    /** Receives what the assembler makes of late samples. */
    private final class Belated extends Sorted {
        private final Lane lane;

        Belated(Lane lane, long timeMs, OnTimerContext context, Collector<LocatedStep> out) {
            super(lane, timeMs, context, out);
            this.lane = lane;
        }

        @Override
        String name(RejectReason reason) {
            return OF_EDGES.contains(reason) ? Tally.LATE : super.name(reason);
        }

        /** Late pieces have negative numbers, so that none is joined to what came in time. */
        @Override
        LabelledStep numbered(LabelledStep step) {
            return new LabelledStep(
                    step.sample(), -1 - lane.numbered(step.trajectory()), step.observation(), step.action());
        }
    }
}
