package dev.understudy.flink;

import dev.understudy.driving.LabelledStep;
import dev.understudy.learn.TrainingReport;
import dev.understudy.model.InvalidModelException;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.UndecodableException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
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
final class Gate extends KeyedCoProcessFunction<String, ModelEvent, LocatedStep, Promotion> {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(Gate.class);

    private final GateConfig config;
    private final LogReading reading;
    private final ModelPast past;

    private transient boolean recalled;
    private transient GateExamination examination;
    private transient ValueState<GateProgress> progressState;
    private transient ValueState<ModelShelf> shelfState;
    private transient MapState<String, Candidate> waiting;
    /** Wall clock since which each candidate waits, milliseconds since 1970. */
    private transient MapState<String, Long> waitingSinceMs;

    private transient MapState<String, HeldOutTrip> trips;

    Gate(GateConfig config, LogReading reading, ModelPast past) {
        this.config = config;
        this.reading = reading;
        this.past = past;
    }

    @Override
    public void open(OpenContext context) {
        examination = new GateExamination(config);
        progressState =
                getRuntimeContext().getState(new ValueStateDescriptor<>("progress", Codecs.GATE_PROGRESS.serializer()));
        shelfState = getRuntimeContext().getState(new ValueStateDescriptor<>("shelf", Codecs.MODEL_SHELF.serializer()));
        waiting = getRuntimeContext()
                .getMapState(
                        new MapStateDescriptor<>("waiting", StringSerializer.INSTANCE, Codecs.CANDIDATE.serializer()));
        waitingSinceMs = getRuntimeContext()
                .getMapState(
                        new MapStateDescriptor<>("waitingSince", StringSerializer.INSTANCE, LongSerializer.INSTANCE));
        trips = getRuntimeContext()
                .getMapState(new MapStateDescriptor<>(
                        "trips", StringSerializer.INSTANCE, Codecs.HELD_OUT_TRIP.serializer()));
    }

    @Override
    public void processElement1(ModelEvent event, Context context, Collector<Promotion> out) throws Exception {
        recall();
        GateProgress progress = progress();
        ModelShelf shelf = shelf();
        ArtifactKey key = event.key();
        ArtifactChunk chunk = event.chunk();
        Promotion promotion = event.promotion();
        Candidate candidate = event.candidate();
        if (candidate != null && !progress.wasJudged(candidate.id()) && !waiting.contains(candidate.id())) {
            waiting.put(candidate.id(), candidate);
            context.timerService().registerEventTimeTimer(readyMs(candidate));
            long nowMs = context.timerService().currentProcessingTime();
            waitingSinceMs.put(candidate.id(), nowMs);
            context.timerService()
                    .registerProcessingTimeTimer(nowMs + config.patience().toMillis());
        } else if (promotion != null) {
            inForce(promotion, progress, shelf);
        } else if (key != null && chunk != null) {
            try {
                shelf.put(key, chunk);
            } catch (UndecodableException e) {
                LOG.warn("dropped the pieces of a model file: {}", e.getMessage());
            }
        }
        progressState.update(progress);
        shelfState.update(shelf);
        judgeWhatIsReady(context.timerService(), out);
    }

    /** Learns, once after each start, what was decided before and since the checkpoint. */
    private void recall() throws Exception {
        if (recalled) {
            return;
        }
        recalled = true;
        GateProgress progress = progress();
        ModelShelf shelf = shelf();
        for (Promotion verdict : past.verdicts(config.policy())) {
            if (verdict.promoted()) {
                inForce(verdict, progress, shelf);
            } else {
                progress.judged(verdict.candidateId());
                forget(verdict.candidateId());
            }
        }
        progressState.update(progress);
        shelfState.update(shelf);
    }

    /** Takes note of a promotion in the topic: an own one that came back, or that of an operator. */
    private void inForce(Promotion promotion, GateProgress progress, ModelShelf shelf) throws Exception {
        boolean newer = promotion.epoch() > progress.epoch()
                || (promotion.epoch() == progress.epoch() && !promotion.sha256().equals(progress.inForce()));
        if (newer) {
            boolean rollback = promotion.candidateId().isEmpty();
            if (rollback && !progress.inForce().isEmpty() && !progress.inForce().equals(promotion.sha256())) {
                progress.rolledBack(progress.inForce());
            }
            progress.promoted(promotion.epoch(), promotion.sha256());
            shelf.keep(promotion.sha256());
        }
        if (!promotion.candidateId().isEmpty()) {
            progress.judged(promotion.candidateId());
            forget(promotion.candidateId());
        }
    }

    @Override
    public void processElement2(LocatedStep located, Context context, Collector<Promotion> out) throws Exception {
        LabelledStep step = located.step();
        String name = step.trip() + "|" + step.vehicle();
        HeldOutTrip trip = trips.get(name);
        if (trip == null) {
            trip = new HeldOutTrip();
            forgetOldest();
        }
        trip.add(step, config.stepsPerTrip());
        trips.put(name, trip);
    }

    private void forgetOldest() throws Exception {
        int count = 0;
        String oldest = "";
        long oldestMs = Long.MAX_VALUE;
        for (Map.Entry<String, HeldOutTrip> each : trips.entries()) {
            count++;
            if (each.getValue().newestMs() < oldestMs) {
                oldest = each.getKey();
                oldestMs = each.getValue().newestMs();
            }
        }
        if (count >= config.trips()) {
            trips.remove(oldest);
        }
    }

    @Override
    public void onTimer(long timeMs, OnTimerContext context, Collector<Promotion> out) throws Exception {
        judgeWhatIsReady(context.timerService(), out);
    }

    /** Returns the watermark at which every held-out step of the candidate's window has come. */
    private long readyMs(Candidate candidate) {
        return candidate.windowEndMs() + reading.inactivity().toMillis();
    }

    private void judgeWhatIsReady(TimerService time, Collector<Promotion> out) throws Exception {
        recall();
        List<Candidate> ready = new ArrayList<>();
        for (Candidate candidate : waiting.values()) {
            if (time.currentWatermark() >= readyMs(candidate)) {
                ready.add(candidate);
            }
        }
        ready.sort(Comparator.comparingLong(Candidate::windowEndMs).thenComparing(Candidate::id));
        for (Candidate candidate : ready) {
            byte[] model = shelf().file(candidate.sha256());
            if (model != null) {
                judge(candidate, model, time, out);
            } else if (patienceIsOver(candidate, time.currentProcessingTime())) {
                GateProgress progress = progress();
                GateEvidence evidence = GateEvidence.problem(
                        "expected the model file %s within %s, got none or not all of it"
                                .formatted(candidate.sha256(), config.patience()),
                        !progress.inForce().isEmpty());
                decide(candidate, evidence, time, out);
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
        boolean hasIncumbent = !progress.inForce().isEmpty();
        GateEvidence evidence;
        String problem = new TrainingReport(new TreeMap<>(candidate.figures())).problem();
        if (problem != null) {
            evidence = GateEvidence.problem(problem, hasIncumbent);
        } else if (progress.wasRolledBack(candidate.sha256())) {
            evidence = GateEvidence.rolledBackBefore(hasIncumbent);
        } else {
            byte[] incumbent = hasIncumbent ? fileInForce(progress.inForce()) : null;
            List<LabelledStep> steps = new ArrayList<>();
            for (HeldOutTrip trip : trips.values()) {
                steps.addAll(trip.before(candidate.windowEndMs()));
            }
            try {
                evidence = examination.examine(model, candidate.sha256(), incumbent, steps);
                if (hasIncumbent && incumbent == null) {
                    evidence = evidence.withoutIncumbent(
                            "expected the file of the model in service, %s, to compare with, got none"
                                    .formatted(progress.inForce()));
                }
            } catch (InvalidModelException | IllegalArgumentException | IllegalStateException e) {
                evidence = GateEvidence.problem("the model failed on held-out logs: " + e.getMessage(), hasIncumbent);
            }
        }
        decide(candidate, evidence, time, out);
    }

    /** Returns the file in force from the shelf, else from Kafka, null if it is in neither. */
    private byte @Nullable [] fileInForce(String sha256) throws Exception {
        ModelShelf shelf = shelf();
        byte[] file = shelf.file(sha256);
        if (file == null) {
            file = past.file(config.policy(), sha256);
            if (file != null) {
                shelf.keep(sha256);
                shelf.put(sha256, file);
                shelfState.update(shelf);
            }
        }
        return file;
    }

    private void decide(Candidate candidate, GateEvidence evidence, TimerService time, Collector<Promotion> out)
            throws Exception {
        GateProgress progress = progress();
        ModelShelf shelf = shelf();
        PromotionRule.Verdict verdict = config.rule().judge(evidence);
        long newestLogMs = time.currentWatermark() + 1 + reading.lateness().toMillis();
        String previous = progress.inForce();
        if (verdict.promoted()) {
            progress.promoted(progress.epoch() + 1, candidate.sha256());
            shelf.keep(candidate.sha256());
        }
        progress.judged(candidate.id());
        forget(candidate.id());
        progressState.update(progress);
        shelfState.update(shelf);
        out.collect(new Promotion(
                candidate.policy(),
                progress.epoch(),
                candidate.sha256(),
                newestLogMs + config.lead().toMillis(),
                previous,
                "%s (learned by %s)".formatted(verdict.reason(), candidate.algorithm()),
                verdict.promoted(),
                candidate.id(),
                evidence.figures(),
                time.currentProcessingTime()));
        LOG.info(
                "{} candidate {} of window [{}, {}), learned by {}: {}",
                verdict.promoted() ? "promoted" : "refused",
                candidate.id(),
                candidate.windowStartMs(),
                candidate.windowEndMs(),
                candidate.algorithm(),
                verdict.reason());
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
