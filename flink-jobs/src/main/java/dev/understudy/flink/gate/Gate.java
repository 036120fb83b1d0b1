package dev.understudy.flink.gate;

import dev.understudy.domain.PolicyName;
import dev.understudy.domain.Step;
import dev.understudy.evaluate.Verdict;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.models.ModelEvent;
import dev.understudy.flink.models.ModelHistory;
import dev.understudy.flink.models.ModelShelf;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.learn.TrainingReport;
import dev.understudy.model.ModelIntake;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Role;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.functions.co.KeyedCoProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives each candidate of a policy one verdict, as soon as its model file is there and the held-out logs have been read
 * as far as its window reached. A candidate whose file does not come is refused after a while.
 *
 * <p>It remembers which candidates had their verdict, and when it starts learns from the history what it does not
 * remember: a candidate that is published again, or met again after a restart with or without state, is not judged
 * twice, and what was rolled back stays so.
 */
public final class Gate extends KeyedCoProcessFunction<String, ModelEvent, Step, Promotion> {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(Gate.class);

    /** The program, as dead letters name it. */
    public static final String STAGE = "promotion";

    // Figures of a verdict: 1 where the candidate is the best model ever; what may be risked on later comparisons.
    private static final String BEST_EVER = "bestEver";
    private static final String ERROR_BUDGET = "errorBudget";
    /** Promotions that cannot be. */
    public static final OutputTag<DeadLetter> DEAD_LETTERS =
            new OutputTag<>("dead-promotions", Codecs.DEAD_LETTER.typeInformation());

    private final GateConfig config;
    private final LogReading reading;
    private final ModelHistory history;

    private transient @Nullable Map<String, List<Promotion>> verdicts;
    private transient Set<String> recalled;
    private transient Map<String, GateExamination> examinations;
    private transient ModelIntake intake;
    /** The policy whose key is set. */
    @SuppressWarnings("NullAway.Init")
    private transient String policy;

    private transient ValueState<GateProgress> progressState;
    private transient ValueState<ModelShelf> shelfState;
    private transient MapState<String, Candidate> waiting;
    /** Wall clock since which each candidate waits, milliseconds since 1970. */
    private transient MapState<String, Long> waitingSinceMs;

    private transient HeldOutTrips heldOut;

    public Gate(GateConfig config, LogReading reading, ModelHistory history) {
        this.config = config;
        this.reading = reading;
        this.history = history;
    }

    @Override
    public void open(OpenContext context) {
        recalled = new HashSet<>();
        examinations = new HashMap<>();
        intake = config.intake();
        progressState =
                getRuntimeContext().getState(new ValueStateDescriptor<>("progress", GateProgress.CODEC.serializer()));
        shelfState = getRuntimeContext().getState(new ValueStateDescriptor<>("shelf", ModelShelf.CODEC.serializer()));
        waiting = getRuntimeContext()
                .getMapState(
                        new MapStateDescriptor<>("waiting", StringSerializer.INSTANCE, Codecs.CANDIDATE.serializer()));
        waitingSinceMs = getRuntimeContext()
                .getMapState(
                        new MapStateDescriptor<>("waitingSince", StringSerializer.INSTANCE, LongSerializer.INSTANCE));
        heldOut = new HeldOutTrips(config.heldOut(), getRuntimeContext());
    }

    @Override
    public void processElement1(ModelEvent event, Context context, Collector<Promotion> out) throws Exception {
        policy = context.getCurrentKey();
        recall();
        GateProgress progress = progress();
        ModelShelf shelf = shelf();
        if (event instanceof ModelEvent.Proposed proposed) {
            await(proposed.candidate(), progress, context.timerService());
        } else if (event instanceof ModelEvent.Judged judged) {
            Promotion promotion = judged.promotion();
            if (promotion.promoted() && progress.believes(promotion.epoch())) {
                inForce(promotion, progress, shelf);
            } else {
                String reason = promotion.promoted()
                        ? progress.problem(promotion.epoch())
                        : "expected a promotion, found a refusal";
                LOG.warn("passed over a promotion of {}: {}", policy, reason);
                context.output(
                        DEAD_LETTERS,
                        judged.dead(STAGE, reason, context.timerService().currentProcessingTime()));
            }
        } else if (event instanceof ModelEvent.Piece piece) {
            shelf.offer(piece);
        }
        progressState.update(progress);
        shelfState.update(shelf);
        judgeWhatIsReady(context.timerService(), out);
    }

    /** Lets a new candidate wait for the held-out steps of its window. */
    private void await(Candidate candidate, GateProgress progress, TimerService timers) throws Exception {
        if (!progress.wasJudged(candidate.id()) && !waiting.contains(candidate.id())) {
            waiting.put(candidate.id(), candidate);
            timers.registerEventTimeTimer(readyMs(candidate));
            long nowMs = timers.currentProcessingTime();
            waitingSinceMs.put(candidate.id(), nowMs);
            timers.registerProcessingTimeTimer(nowMs + config.patience().toMillis());
        }
    }

    /** Learns, once after each start, what was decided before and since the checkpoint. */
    private void recall() throws Exception {
        if (!recalled.add(policy)) {
            return;
        }
        if (verdicts == null) {
            verdicts = history.verdicts();
        }
        GateProgress progress = progress();
        ModelShelf shelf = shelf();
        for (Promotion verdict : verdicts.getOrDefault(policy, List.of())) {
            if (!progress.believes(verdict.epoch())) {
                LOG.warn("passed over a verdict on {}: {}", policy, progress.problem(verdict.epoch()));
                continue;
            }
            if (verdict.promoted()) {
                inForce(verdict, progress, shelf);
            } else {
                progress.judged(verdict.candidateId());
                forget(verdict.candidateId());
            }
            progress.budget(progress.budget()
                    .withWealth(verdict.evidence()
                            .getOrDefault(ERROR_BUDGET, progress.budget().wealth())));
        }
        shelf.keepBest(progress.best());
        progressState.update(progress);
        shelfState.update(shelf);
    }

    /** Takes note of a promotion in the topic: an own one that came back, or that of an operator. */
    private void inForce(Promotion promotion, GateProgress progress, ModelShelf shelf) throws Exception {
        if (progress.givesWayTo(promotion)) {
            boolean rollback = promotion.decidedBy() == Role.OPERATOR;
            if (rollback && !progress.inForce().isEmpty() && !progress.inForce().equals(promotion.sha256())) {
                progress.rolledBack(progress.inForce(), promotion.sha256());
            }
            progress.promoted(promotion);
            if (progress.best().isEmpty() || (!rollback && promotion.evidence().getOrDefault(BEST_EVER, 1.0) > 0)) {
                progress.best(promotion.sha256());
            }
            shelf.promoted(promotion);
            shelf.keepBest(progress.best());
        }
        if (!promotion.candidateId().isEmpty()) {
            progress.judged(promotion.candidateId());
            forget(promotion.candidateId());
        }
    }

    @Override
    public void processElement2(Step step, Context context, Collector<Promotion> out) throws Exception {
        policy = context.getCurrentKey();
        if (heldOut.begins(step)) {
            heldOut.forgetSuperfluous(progress().judgedMs());
        }
    }

    @Override
    public void onTimer(long timeMs, OnTimerContext context, Collector<Promotion> out) throws Exception {
        policy = context.getCurrentKey();
        judgeWhatIsReady(context.timerService(), out);
    }

    /** Returns the watermark at which every held-out step of the candidate's window has come. */
    private long readyMs(Candidate candidate) {
        return candidate.windowEndMs() + reading.inactivity().toMillis();
    }

    /** Returns how far the held-out logs have been read: before a restart too, after which logs may be quiet. */
    private long readMs(TimerService time) throws Exception {
        GateProgress progress = progress();
        progress.read(time.currentWatermark());
        progressState.update(progress);
        return progress.readMs();
    }

    private void judgeWhatIsReady(TimerService time, Collector<Promotion> out) throws Exception {
        recall();
        long readMs = readMs(time);
        List<Candidate> ready = new ArrayList<>();
        for (Candidate candidate : waiting.values()) {
            if (readMs >= readyMs(candidate)) {
                ready.add(candidate);
            }
        }
        ready.sort(Comparator.comparingLong(Candidate::windowEndMs).thenComparing(Candidate::id));
        for (Candidate candidate : ready) {
            byte[] model = shelf().file(candidate.sha256());
            boolean isOverdue = patienceIsOver(candidate, time.currentProcessingTime());
            if (model == null && isOverdue) {
                // A gate that catches up has read many files since: this one may have left the shelf.
                model = fileOf(candidate.sha256());
            }
            if (model != null) {
                judge(candidate, model, time, out);
            } else if (isOverdue) {
                Verdict late = Verdict.refused(
                        "expected the model file %s within %s, got none or not all of it"
                                .formatted(candidate.sha256(), config.patience()),
                        progress().budget());
                decide(candidate, late, time, out);
            } else {
                // Those of later windows wait with it, so that verdicts come in the order of windows.
                return;
            }
        }
    }

    /** Returns whether this candidate, and not just any, has waited for its file long enough. */
    private boolean patienceIsOver(Candidate candidate, long nowMs) throws Exception {
        Long sinceMs = waitingSinceMs.get(candidate.id());
        return sinceMs == null || nowMs - sinceMs >= config.patience().toMillis();
    }

    private void forget(String candidateId) throws Exception {
        waiting.remove(candidateId);
        waitingSinceMs.remove(candidateId);
    }

    private void judge(Candidate candidate, byte[] model, TimerService time, Collector<Promotion> out)
            throws Exception {
        GateProgress progress = progress();
        String problem = new TrainingReport(new TreeMap<>(candidate.figures())).problem();
        if (problem == null && progress.wasRolledBack(candidate.sha256())) {
            problem = "this model was rolled back and is not chosen again by itself";
        }
        Verdict verdict = problem != null
                ? Verdict.refused(problem, progress.budget())
                : examinations
                        .computeIfAbsent(policy, name -> new GateExamination(config, name, reading.experts(), intake))
                        .examine(
                                model,
                                candidate.sha256(),
                                rivals(progress),
                                heldOut.at(
                                        candidate.windowEndMs(),
                                        config.policies().spec(policy).observationSize()),
                                progress.budget());
        decide(candidate, verdict, time, out);
    }

    @Override
    public void close() {
        if (intake != null) {
            intake.close();
        }
    }

    private GateExamination.Rivals rivals(GateProgress progress) throws Exception {
        String inForce = progress.inForce();
        if (inForce.isEmpty()) {
            return new GateExamination.Rivals(ofParent(), null, null);
        }
        GateExamination.Rival inService = rival(policy, inForce);
        String missing = inService != null
                ? null
                : "expected the file of the model in service, %s, to compare with, got none".formatted(inForce);
        boolean another = !progress.best().isEmpty() && !progress.best().equals(inForce);
        return new GateExamination.Rivals(inService, missing, another ? rival(policy, progress.best()) : null);
    }

    /** Returns the model of the parent of a variant, which answers for it so far; null if it has none. */
    private GateExamination.@Nullable Rival ofParent() throws Exception {
        String parent = PolicyName.parse(policy).parent().toString();
        Promotion promotion = parent.equals(policy) ? null : history.inForce(parent);
        return promotion == null ? null : rival(parent, promotion.sha256());
    }

    private GateExamination.@Nullable Rival rival(String owner, String sha256) throws Exception {
        byte[] file = fileOf(owner, sha256);
        return file == null ? null : new GateExamination.Rival(owner, sha256, file);
    }

    private byte @Nullable [] fileOf(String sha256) throws Exception {
        return fileOf(policy, sha256);
    }

    /** Returns a file from the shelf, else from Kafka, null if it is in neither. */
    private byte @Nullable [] fileOf(String owner, String sha256) throws Exception {
        ModelShelf shelf = shelf();
        byte[] file = shelf.file(sha256);
        if (file == null) {
            file = history.file(owner, sha256);
            if (file != null) {
                shelf.put(sha256, file);
                shelfState.update(shelf);
            }
        }
        return file;
    }

    private void decide(Candidate candidate, Verdict verdict, TimerService time, Collector<Promotion> out)
            throws Exception {
        long newestLogMs = readMs(time) + 1 + reading.lateness().toMillis();
        GateProgress progress = progress();
        ModelShelf shelf = shelf();
        Promotion decided = new Promotion(
                candidate.policy(),
                progress.epoch() + (verdict.promoted() ? 1 : 0),
                candidate.sha256(),
                newestLogMs + config.lead().toMillis(),
                progress.inForce(),
                "%s (learned by %s)".formatted(verdict.reason(), candidate.algorithm()),
                verdict.promoted(),
                candidate.id(),
                verdict.with(BEST_EVER, verdict.best() ? 1 : 0)
                        .with(ERROR_BUDGET, verdict.budget().wealth())
                        .figures(),
                time.currentProcessingTime());
        if (verdict.promoted()) {
            progress.promoted(decided);
            shelf.promoted(decided);
        }
        if (verdict.best()) {
            progress.best(candidate.sha256());
            shelf.keepBest(candidate.sha256());
        }
        progress.budget(verdict.budget());
        progress.judged(candidate.id(), candidate.windowEndMs());
        heldOut.forgetSuperfluous(progress.judgedMs());
        forget(candidate.id());
        progressState.update(progress);
        shelfState.update(shelf);
        out.collect(decided);
        String became = verdict.promoted() ? "promoted" : "refused";
        LOG.info("{} candidate {} of {}: {}", became, candidate.id(), policy, verdict.reason());
    }

    private GateProgress progress() throws Exception {
        GateProgress progress = progressState.value();
        return progress == null ? new GateProgress() : progress;
    }

    private ModelShelf shelf() throws Exception {
        ModelShelf shelf = shelfState.value();
        return shelf == null ? new ModelShelf() : shelf;
    }
}
