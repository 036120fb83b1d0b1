package dev.understudy.flink.assemble;

import dev.understudy.domain.Assembler;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.domain.HeldOut;
import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicyName;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Sample;
import dev.understudy.domain.SampleCodec;
import dev.understudy.domain.Step;
import dev.understudy.domain.TimeJumps;
import dev.understudy.flink.count.Tally;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.logs.LogRecord;
import dev.understudy.schemas.SampleCodecs;
import java.util.EnumSet;
import java.util.Set;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * Turns the records of one entity into steps of demonstrations: drops duplicates by episode and sequence, turns aside
 * samples whose time is wrong ({@link TimeJumps}), waits until the watermark says that nothing earlier will come, and
 * hands the samples in order of event time to an {@link Assembler}.
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
 * <p>What comes out, and at which watermark, depends on the records and their {@link LogRecord#clockMs} alone, not on
 * how often watermarks come. Each record comes out exactly once: as a step of the main output, or counted in
 * {@link #TALLIES} as duplicate, held out (or, for the other share, left to training), rejected for a reason, or late:
 * at the edge of what came late together, where there is no history or no look-ahead for it. Steps that lie between
 * records, in logs slower than steps, come out besides and are counted as interpolated.
 */
public final class AssembleEntity<S extends Sample> extends KeyedProcessFunction<String, LogRecord, Step> {
    private static final long serialVersionUID = 1L;

    /** Which trips a job works on. */
    public enum Share {
        /** Those that are trained on. */
        TRAINING,
        /** Those that are only tested with. */
        HELD_OUT
    }

    /** What became of the records that are no steps. */
    public static final OutputTag<Tally> TALLIES = new OutputTag<>("tallies", Tally.CODEC.typeInformation());

    /** What befalls samples at the edge of a piece, be they as good as they may. */
    private static final Set<GeneralRefusal> OF_EDGES =
            EnumSet.of(GeneralRefusal.SHORT_HISTORY, GeneralRefusal.NO_LABEL, GeneralRefusal.OUT_OF_STEP);

    private final Policies<S> policies;
    private final LogReading reading;
    private final Share share;
    private final Assembler.Unlabelled unlabelled;

    private transient SampleCodec<S> codec;
    private transient ValueState<EntityProgress> progressState;

    /** Creates the function; steps without an action are left out. */
    public AssembleEntity(Policies<S> policies, LogReading reading, Share share) {
        this(policies, reading, share, Assembler.Unlabelled.LEFT_OUT);
    }

    public AssembleEntity(Policies<S> policies, LogReading reading, Share share, Assembler.Unlabelled unlabelled) {
        this.unlabelled = unlabelled;
        this.policies = policies;
        this.reading = reading;
        this.share = share;
    }

    @Override
    public void open(OpenContext context) {
        codec = SampleCodecs.ofState(policies.domain().sampleType());
        progressState =
                getRuntimeContext().getState(new ValueStateDescriptor<>("progress", EntityProgress.CODEC.serializer()));
    }

    @Override
    public void processElement(LogRecord log, Context context, Collector<Step> out) throws Exception {
        if (!log.isUsable()) {
            throw new IllegalStateException("expected dead letters to be gone before assembly, got " + log);
        }
        EntityProgress progress = progressState.value();
        if (progress == null) {
            progress = new EntityProgress();
        }
        Believing believing = new Believing(progress, log.clockMs(), context);
        if (log.clockMs() >= Long.MIN_VALUE + silentMs()) {
            // Their timer may not have fired yet, as watermarks come at intervals.
            progress.settle(log.clockMs() - silentMs(), believing);
        }
        PolicyName policy = policyOf(progress, log);
        String account = account(policy);
        context.output(TALLIES, new Tally(account, Tally.INGESTED, 1));
        if (policy == null) {
            context.output(TALLIES, new Tally(account, Tally.rejected(GeneralRefusal.OTHER_POLICY.name()), 1));
            progressState.update(progress);
            return;
        }
        EntityProgress.Episode episode = progress.episode(log.episode(), policy);
        if (!EntityProgress.firstSight(episode, log)) {
            context.output(TALLIES, new Tally(account, Tally.DUPLICATES, 1));
        } else if (HeldOut.isHeldOut(log.episode(), reading.heldOutPercent()) != (share == Share.HELD_OUT)) {
            context.output(TALLIES, new Tally(account, Tally.HELD_OUT, 1));
        } else {
            EntityProgress.check(episode, log, policies.longestPause(), believing);
            if (EntityProgress.hasDoubts(episode)) {
                context.timerService().registerEventTimeTimer(log.clockMs() + silentMs());
            }
        }
        progressState.update(progress);
    }

    /** Returns the policy that the episode of a record belongs to, null if it is none that was asked for. */
    private @Nullable PolicyName policyOf(EntityProgress progress, LogRecord log) {
        PolicyName fixed = progress.policy(log.episode());
        return fixed != null && policies.has(fixed) ? fixed : policies.policyOf(codec.decode(log.value()));
    }

    private String account(@Nullable PolicyName policy) {
        return policy == null ? policies.account() : policy.toString();
    }

    private long silentMs() {
        return reading.inactivity().toMillis();
    }

    /** Sends samples into their lanes once their times are believed. */
    private final class Believing implements TimeJumps.Output<LogRecord> {
        private final EntityProgress progress;
        private final long clockMs;
        private final Context context;

        Believing(EntityProgress progress, long clockMs, Context context) {
            this.progress = progress;
            this.clockMs = clockMs;
            this.context = context;
        }

        @Override
        public void believed(LogRecord log) {
            long timeMs = log.timeMs();
            if (timeMs <= clockMs) {
                progress.awaitLate(log.at(clockMs));
                context.timerService().registerEventTimeTimer(clockMs + silentMs());
                return;
            }
            progress.await(log);
            if (timeMs < progress.releaseTimerMs) {
                progress.releaseTimerMs = timeMs;
                context.timerService().registerEventTimeTimer(timeMs);
            }
        }

        @Override
        public void jumped(LogRecord log) {
            String account = account(policyOf(progress, log));
            context.output(TALLIES, new Tally(account, Tally.rejected(GeneralRefusal.TIME_JUMP.name()), 1));
        }

        @Override
        public void retracted(LogRecord first) {
            if (progress.takeBack(first)) {
                jumped(first);
            }
        }
    }

    @Override
    public void onTimer(long timeMs, OnTimerContext context, Collector<Step> out) throws Exception {
        EntityProgress progress = progressState.value();
        if (progress == null) {
            return;
        }
        releaseTimely(progress, timeMs, context, out);
        releaseBelated(progress, timeMs, context, out);
        progress.settle(timeMs - silentMs(), new Believing(progress, timeMs, context));
        progressState.update(progress);
    }

    /** Assembles the samples that came in time, up to a time. */
    private void releaseTimely(EntityProgress progress, long timeMs, OnTimerContext context, Collector<Step> out) {
        Lane lane = progress.timely();
        Sorted sorted = new Sorted(lane, timeMs, context, out);
        for (LogRecord next = progress.release(timeMs); next != null; next = progress.release(timeMs)) {
            work(lane, progress, next, sorted);
            offer(lane, next, next.timeMs(), sorted);
        }
        progress.releaseTimerMs = progress.firstWaitingMs();
        if (progress.releaseTimerMs != Long.MAX_VALUE) {
            context.timerService().registerEventTimeTimer(progress.releaseTimerMs);
        }
        close(lane, timeMs, sorted, context);
    }

    /** Assembles the samples that came late, once those that belong between them have had time to come. */
    private void releaseBelated(EntityProgress progress, long timeMs, OnTimerContext context, Collector<Step> out) {
        Lane lane = progress.belated();
        Sorted sorted = new Belated(lane, timeMs, context, out);
        for (LogRecord next : progress.releaseLate(timeMs - silentMs(), timeMs)) {
            work(lane, progress, next, sorted);
            if (lane.isBehind(next, assembler(lane))) {
                assembler(lane).end(sorted);
                lane.beginAnew();
            }
            offer(lane, next, timeMs, sorted);
        }
        close(lane, timeMs, sorted, context);
    }

    /** Sees to it that a lane works for the policy of a sample. */
    private void work(Lane lane, EntityProgress progress, LogRecord next, Sorted sorted) {
        PolicyName policy = policyOf(progress, next);
        if (policy != null && !policy.equals(lane.policy())) {
            if (lane.policy() != null) {
                assembler(lane).end(sorted);
            }
            lane.beginAnew(policy);
        }
    }

    private void offer(Lane lane, LogRecord next, long offeredMs, Sorted sorted) {
        if (lane.lastOfferedMs != Long.MIN_VALUE && offeredMs - lane.lastOfferedMs > silentMs()) {
            assembler(lane).end(sorted);
        }
        if (lane.inSequence(next)) {
            lane.lastOfferedMs = offeredMs;
            assembler(lane).offer(codec.decode(next.value()), next.partition(), next.offset(), sorted);
        } else {
            sorted.tally(GeneralRefusal.OUT_OF_STEP);
        }
    }

    /** Returns what turns the samples of a lane into steps. */
    private Assembler<S> assembler(Lane lane) {
        return lane.assembler(
                bytes -> bytes == null
                        ? new Assembler<>(spec(lane), reading.experts(), unlabelled)
                        : Assembler.fromBytes(bytes, spec(lane), reading.experts(), unlabelled, codec),
                codec);
    }

    private PolicySpec<S> spec(Lane lane) {
        PolicyName policy = lane.policy();
        return policy == null ? policies.specs().get(0) : policies.spec(policy);
    }

    /** Ends the run of a lane that has been silent for too long, or sees to it that this will be asked in time. */
    private void close(Lane lane, long timeMs, Sorted sorted, OnTimerContext context) {
        if (lane.lastOfferedMs == Long.MIN_VALUE) {
            return;
        }
        long closesMs = lane.lastOfferedMs + silentMs();
        if (closesMs <= timeMs) {
            assembler(lane).end(sorted);
            lane.lastOfferedMs = Long.MIN_VALUE;
        } else {
            context.timerService().registerEventTimeTimer(closesMs);
        }
    }

    /** Receives what the assembler makes of the samples of one lane. */
    private class Sorted implements Assembler.Output<S> {
        final Lane lane;
        private final long timeMs;
        private final OnTimerContext context;
        private final Collector<Step> out;

        Sorted(Lane lane, long timeMs, OnTimerContext context, Collector<Step> out) {
            this.lane = lane;
            this.timeMs = timeMs;
            this.context = context;
            this.out = out;
        }

        @Override
        public void step(Step step) {
            out.collect(numbered(step, timeMs));
        }

        @Override
        public void between(Step step) {
            step(step);
            context.output(TALLIES, new Tally(account(lane.policy()), Tally.INTERPOLATED, 1));
        }

        @Override
        public void rejected(S sample, Refusal reason) {
            tally(reason);
        }

        void tally(Refusal reason) {
            context.output(TALLIES, new Tally(account(lane.policy()), name(reason), 1));
        }

        /** Returns the name under which a reason is counted. */
        String name(Refusal reason) {
            return Tally.rejected(reason.name());
        }

        /** Returns the step with a run of its own, whole at a time. */
        Step numbered(Step step, long readyMs) {
            return step.with(account(lane.policy()), lane.numbered(step.run()), readyMs);
        }
    }

    /** Receives what the assembler makes of late samples. */
    private final class Belated extends Sorted {
        Belated(Lane lane, long timeMs, OnTimerContext context, Collector<Step> out) {
            super(lane, timeMs, context, out);
        }

        @Override
        String name(Refusal reason) {
            return OF_EDGES.contains(reason) ? Tally.LATE : super.name(reason);
        }

        /** Late pieces have negative numbers, so that none is joined to what came in time. */
        @Override
        Step numbered(Step step, long readyMs) {
            return step.with(account(lane.policy()), -1 - lane.numbered(step.run()), readyMs);
        }
    }
}
