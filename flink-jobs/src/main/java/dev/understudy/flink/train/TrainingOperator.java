package dev.understudy.flink.train;

import dev.understudy.data.Trajectory;
import dev.understudy.domain.Actor;
import dev.understudy.domain.PolicySpec;
import dev.understudy.flink.count.Tally;
import dev.understudy.flink.models.ModelEvent;
import dev.understudy.flink.models.ModelHistory;
import dev.understudy.flink.models.ModelShelf;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import dev.understudy.model.ModelFile;
import dev.understudy.schemas.Candidate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.apache.flink.streaming.api.operators.Triggerable;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * Learns one window after the other of each policy, in slices, so that records, watermarks and checkpoints pass in
 * between.
 *
 * <pre>
 * batch   ─► queue ─┐
 *                   ├─ timer "now": score the policy in service on the window, then step for a slice, then timer again
 * events ─► shelf ──┘               ... until the update is done: model file, candidate, next window
 * </pre>
 *
 * <p>Between slices the learner's memory stays native. A checkpoint copies it to keyed state, and from there an update
 * goes on after a restart as if nothing had been. It is an operator and not a function because the copy for each policy
 * needs that policy's key to be set.
 */
public final class TrainingOperator extends AbstractStreamOperator<TrainedWindow>
        implements TwoInputStreamOperator<WindowBatch, ModelEvent, TrainedWindow>, Triggerable<String, VoidNamespace> {
    private static final long serialVersionUID = 1L;

    /** Most updates under way at once, and most learners kept compiled: either holds native memory (a guess). */
    static final int MOST_UPDATES = 8;

    /** What became of the steps of each window. */
    public static final OutputTag<Tally> TALLIES = new OutputTag<>("trained", Tally.CODEC.typeInformation());

    /** Which of several learners of the same windows says what became of them, and scores them before training. */
    public enum Account {
        /** This one. */
        KEPT,
        /** Another one: this one tallies and scores nothing. */
        LEFT_TO_ANOTHER
    }

    private final TrainingConfig training;
    private final Set<Actor> experts;
    private final LearningBranch branch;
    private final Account account;
    private final ModelHistory history;

    private transient CandidateMaker maker;
    private transient Rehearsal rehearsal;
    private transient PromotedModels promoted;
    private transient ParentModels parents;
    private transient Map<String, Running> running;
    private transient CompiledLearners learners;
    private transient InternalTimerService<VoidNamespace> timers;
    private transient WindowQueue queue;
    private transient ValueState<TrainingProgress> progressState;
    private transient ValueState<ModelShelf> shelfState;

    /** An update whose memory is native. */
    private static final class Running {
        final WindowBatch batch;
        final Update update;
        long nanos;

        Running(WindowBatch batch, Update update, long nanos) {
            this.batch = batch;
            this.update = update;
            this.nanos = nanos;
        }
    }

    public TrainingOperator(
            TrainingConfig training, Set<Actor> experts, LearningBranch branch, Account account, ModelHistory history) {
        this.training = training;
        this.experts = Set.copyOf(experts);
        this.branch = branch;
        this.account = account;
        this.history = history;
    }

    @Override
    public void open() throws Exception {
        super.open();
        maker = new CandidateMaker(training, branch.algorithm(), experts);
        rehearsal = new Rehearsal(training, maker);
        promoted = new PromotedModels(training.policies(), training.intake());
        parents = new ParentModels(history, maker, promoted);
        running = new HashMap<>();
        learners = new CompiledLearners(branch.learners(), MOST_UPDATES);
        timers = getInternalTimerService("slices", VoidNamespaceSerializer.INSTANCE, this);
        queue = new WindowQueue(
                getRuntimeContext(),
                (policy, change) -> output.collect(
                        TALLIES, new StreamRecord<>(new Tally(policy, Tally.QUEUED + branch.algorithm(), change))));
        progressState = getRuntimeContext()
                .getState(new ValueStateDescriptor<>("progress", TrainingProgress.CODEC.serializer()));
        shelfState = getRuntimeContext().getState(new ValueStateDescriptor<>("shelf", ModelShelf.CODEC.serializer()));
    }

    @Override
    public void processElement1(StreamRecord<WindowBatch> record) throws Exception {
        WindowBatch batch = record.getValue();
        TrainingProgress progress = progress();
        if (batch.endMs() <= progress.newestEndMs()) {
            tally(batch, Tally.LATE);
            return;
        }
        progressState.update(progress.accepted(batch.endMs()));
        // While a window is queued a timer is set: a second one would make slices follow each other without a pause.
        boolean idle = queue.isEmpty();
        queue.add(batch);
        if (idle) {
            scheduleSlice(Long.MIN_VALUE);
        }
    }

    @Override
    public void processElement2(StreamRecord<ModelEvent> record) throws Exception {
        ModelEvent event = record.getValue();
        ModelShelf shelf = shelf();
        if (event instanceof ModelEvent.Judged judged) {
            if (judged.promotion().promoted()) {
                shelf.promoted(judged.promotion());
            }
        } else if (event instanceof ModelEvent.Piece piece) {
            shelf.offer(piece);
        }
        shelfState.update(shelf);
    }

    /**
     * Asks for a slice at once, but after {@code laterThanMs}: Flink fires timers of one millisecond without a pause.
     */
    private void scheduleSlice(long laterThanMs) {
        timers.registerProcessingTimeTimer(
                VoidNamespace.INSTANCE, Math.max(timers.currentProcessingTime(), laterThanMs + 1));
    }

    @Override
    public void onProcessingTime(InternalTimer<String, VoidNamespace> timer) throws Exception {
        if (running.size() >= MOST_UPDATES && !running.containsKey(timer.getKey())) {
            scheduleSlice(timer.getTimestamp() + training.slice().toMillis());
        } else if (slice(timer.getKey())) {
            scheduleSlice(timer.getTimestamp());
        }
    }

    @Override
    public void onEventTime(InternalTimer<String, VoidNamespace> timer) {
        throw new IllegalStateException("expected no event-time timer, got one at " + timer.getTimestamp());
    }

    /** Works for about one slice on the policy whose key is set, and returns whether there is more to do. */
    private boolean slice(String policy) throws Exception {
        long start = System.nanoTime();
        Running now = running.get(policy);
        if (now == null) {
            now = begin(policy);
            if (now == null) {
                return !queue.isEmpty();
            }
            running.put(policy, now);
        }
        boolean more;
        do {
            more = now.update.step();
        } while (more && System.nanoTime() - start < training.slice().toNanos());
        now.nanos += System.nanoTime() - start;
        if (!more) {
            finish(policy, now);
        }
        return more || !queue.isEmpty();
    }

    /** Begins the first window of the queue, or continues it if a checkpoint was taken in its middle. */
    private @Nullable Running begin(String policy) throws Exception {
        WindowBatch batch = queue.first();
        if (batch == null) {
            return null;
        }
        long first = batch.endMs();
        TrainingProgress progress = progress();
        if (progress.underWayEndMs() != first) {
            if (progress.learned() == null) {
                progress = fromParent(policy, batch, progress);
            }
            progress = progress.begun(first, account == Account.KEPT ? score(batch, progress) : new TreeMap<>());
            progressState.update(progress);
        }
        Learner learner = learner(policy);
        LearnerState memory = progress.underWay() != null ? progress.underWay() : progress.learned();
        if (memory == null) {
            long seed = maker.seed(training.seed() + "|" + policy);
            byte[] parent = progress.parentModel();
            memory = parent.length == 0 ? null : learner.stateFrom(parent, seed);
            memory = memory == null ? learner.initialState(seed) : memory;
        }
        List<Trajectory> replay = rehearsal.before(policy, progress).trajectories();
        try {
            Update update = learner.begin(
                    memory, batch.trajectories(), replay, branch.recorded(batch, spec()), maker.seed(batch));
            return new Running(batch, update, progress.trainNanos());
        } catch (IllegalArgumentException e) {
            LOG.warn(
                    "skipped window [{}, {}) of {} with {} steps: {}",
                    batch.startMs(),
                    batch.endMs(),
                    policy,
                    batch.steps(),
                    e.getMessage());
            queue.remove(batch);
            progressState.update(progress.skipped());
            tally(batch, Tally.rejected(Skipped.WINDOW_TOO_SMALL.name()));
            return null;
        }
    }

    /** Returns where a variant that has learned nothing begins: with its parent's model, if its learner can. */
    private TrainingProgress fromParent(String policy, WindowBatch batch, TrainingProgress progress) {
        ParentModels.ParentModel parent = parents.of(batch);
        return parent != null
                        && ModelFile.read(parent.file())
                                .metadata()
                                .fingerprint()
                                .equals(progress.fingerprint())
                        && learner(policy).stateFrom(parent.file(), 0) != null
                ? progress.from(parent.sha256(), parent.file())
                : progress;
    }

    private void finish(String policy, Running done) throws Exception {
        WindowBatch batch = done.batch;
        TrainingProgress progress = progress();
        LearnerState memory = done.update.state();
        TrainingReport report = done.update.report();
        String held = report.held();
        if (held != null) {
            hold(policy, done, progress, memory, held);
            return;
        }
        ModelFile file = maker.file(batch, learner(policy), memory, report, progress.parentSha256());
        Candidate candidate =
                maker.candidate(batch, file, report, done.nanos / 1_000_000, timers.currentProcessingTime());
        end(policy, done);
        if (report.problem() == null && memory.isFinite()) {
            progressState.update(progress.finished(
                    memory, file.sha256(), file.bytes(), rehearsal.after(batch, learner(policy), progress)));
            tally(batch, Tally.TRAINED, batch.freshSteps() - batch.lateSteps());
            tally(batch, Tally.LATE_LEARNED, batch.lateSteps());
        } else {
            // The gate refuses the candidate; the next window begins where this one did.
            progressState.update(progress.skipped());
            tally(batch, Tally.rejected(Skipped.DIVERGED.name()));
        }
        output.collect(new StreamRecord<>(new TrainedWindow(candidate, file.bytes(), progress.prequential())));
        LOG.info(
                "learned window [{}, {}) of {} by {}: {} steps in {} ms, model {}",
                batch.startMs(),
                batch.endMs(),
                policy,
                branch.algorithm(),
                batch.steps(),
                candidate.trainMillis(),
                file.sha256());
    }

    /** Ends a window that gives no candidate: what it taught stays, and what was to be imitated waits for more. */
    private void hold(String policy, Running done, TrainingProgress progress, LearnerState memory, String why)
            throws Exception {
        WindowBatch batch = done.batch;
        end(policy, done);
        progressState.update(progress.held(memory, rehearsal.after(batch, learner(policy), progress)));
        tally(batch, Tally.rejected(Skipped.HELD.name()));
        LOG.warn("held {} as it is in window [{}, {}): {}", policy, batch.startMs(), batch.endMs(), why);
    }

    private void end(String policy, Running done) throws Exception {
        running.remove(policy);
        done.update.close();
        queue.remove(done.batch);
    }

    private Learner learner(String policy) {
        return learners.of(policy, spec(), running.keySet());
    }

    /**
     * Scores the policy in service on a window; the learner's own last model where none is, or where it is not here.
     */
    private SortedMap<String, Double> score(WindowBatch batch, TrainingProgress progress) throws Exception {
        List<Trajectory> imitated = learner(batch.policy()).imitated(batch.trajectories());
        if (imitated.isEmpty()) {
            return new TreeMap<>();
        }
        return WindowScore.of(
                batch.of(imitated),
                promoted.inService(batch.policy(), shelf(), progress.parentModel()),
                spec(),
                training.baselines());
    }

    /** Returns what the policy is whose key is set. */
    private PolicySpec<?> spec() {
        return training.policies().spec((String) getCurrentKey());
    }

    private TrainingProgress progress() throws Exception {
        TrainingProgress progress = progressState.value();
        String fingerprint = spec().fingerprint();
        return progress == null ? TrainingProgress.none(fingerprint) : progress.of(fingerprint);
    }

    private ModelShelf shelf() throws Exception {
        ModelShelf shelf = shelfState.value();
        return shelf == null ? new ModelShelf() : shelf;
    }

    private void tally(WindowBatch batch, String name) {
        tally(batch, name, batch.freshSteps());
    }

    private void tally(WindowBatch batch, String name, int steps) {
        if (account == Account.KEPT && steps > 0) {
            output.collect(TALLIES, new StreamRecord<>(new Tally(batch.policy(), name, steps)));
        }
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        Object key = getCurrentKey();
        for (Map.Entry<String, Running> each : running.entrySet()) {
            setCurrentKey(each.getKey());
            progressState.update(progress().at(each.getValue().update.state(), each.getValue().nanos));
        }
        if (key != null) {
            setCurrentKey(key);
        }
    }

    /** Learns all that is left: at the end of the input no timer fires any more. */
    @Override
    public void finish() throws Exception {
        List<Object> policies = getKeyedStateBackend()
                .getKeys("progress", VoidNamespace.INSTANCE)
                .toList();
        for (Object policy : policies) {
            setCurrentKey(policy);
            while (slice((String) policy)) {
                // the next slice
            }
        }
        super.finish();
    }

    @Override
    public void close() throws Exception {
        if (promoted != null) {
            promoted.close();
        }
        if (running != null) {
            running.values().forEach(each -> each.update.close());
            running.clear();
        }
        if (learners != null) {
            learners.close();
        }
        super.close();
    }
}
