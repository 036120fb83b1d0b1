package dev.understudy.flink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.control.ControlPolicySpec;
import dev.understudy.control.ControlStep;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.HeldOut;
import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.environment.End;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Environments;
import dev.understudy.flink.gate.Gate;
import dev.understudy.flink.gate.GateConfig;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.models.ModelEvent;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.flink.train.TrainedWindow;
import dev.understudy.flink.train.TrainingConfig;
import dev.understudy.flink.train.TrainingOperator;
import dev.understudy.flink.train.WindowScore;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.learn.Algorithms;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.Promotion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.operators.co.KeyedCoProcessOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** A domain that is not driving, through the operators that learn and judge: choices, no clock, no driven trials. */
class ControlLearningTest {
    private static final String POLICY = "control/cartpole-v0";
    private static final LogReading READING = LogReading.defaults();
    private static final long START_MS = TestLogs.START_MS;

    private final ControlPolicySpec spec = ControlPolicySpec.builtIn().stream()
            .filter(each -> each.name().equals(POLICY))
            .findFirst()
            .orElseThrow();

    private List<Step> demonstrations(boolean heldOut, int episodes) {
        List<Step> steps = new ArrayList<>();
        Assembler<ControlStep> assembler = new Assembler<>(spec, READING.experts());
        Assembler.Output<ControlStep> out = new Assembler.Output<>() {
            @Override
            public void step(Step step) {
                steps.add(step);
            }

            @Override
            public void rejected(ControlStep sample, Refusal reason) {
                throw new AssertionError(sample + " was rejected: " + reason.text());
            }
        };
        samples(spec, heldOut, episodes).forEach(sample -> assembler.offer(sample, out));
        return steps;
    }

    /** Plays whole episodes by a law that keeps the pole upright, 5 ms a step, and returns what is logged of them. */
    static List<ControlStep> samples(ControlPolicySpec spec, boolean heldOut, int episodes) {
        Environment cart = Environments.named(spec.environment()).create(1, 1);
        cart.reset(heldOut ? 1 : 2);
        List<ControlStep> samples = new ArrayList<>();
        long timeMs = START_MS;
        for (int i = 0, left = episodes; left > 0; i++) {
            String name = "episode-" + i;
            if (HeldOut.isHeldOut(name, READING.heldOutPercent()) != heldOut) {
                continue;
            }
            left--;
            float[] observation = new float[spec.observationSize()];
            float[] action = new float[1];
            End[] ends = {End.RUNNING};
            cart.start(0, observation);
            for (long sequence = 0; ends[0] == End.RUNNING; sequence++) {
                float[] seen = observation.clone();
                action[0] = 0.1f * seen[0] + 0.3f * seen[1] + 3 * seen[2] + seen[3] > 0 ? 1 : 0;
                cart.step(action, observation, new float[1], ends);
                samples.add(new ControlStep(
                        "cart",
                        name,
                        sequence,
                        timeMs += 5,
                        Actor.HUMAN,
                        "",
                        false,
                        seen,
                        action.clone(),
                        1,
                        ends[0] == End.RUNNING ? ControlStep.End.NONE : ControlStep.End.TRUNCATED));
            }
        }
        return samples;
    }

    WindowBatch batch() {
        List<Step> steps = demonstrations(false, 8);
        return new WindowBatch(
                POLICY,
                START_MS,
                START_MS + 60_000,
                7,
                START_MS,
                steps.size(),
                Steps.trajectories(steps, spec.stepMs()),
                List.of("control.logs.v1-0@0-1800"));
    }

    private TrainedWindow learned(WindowBatch batch) throws Exception {
        return learned(batch, new LearningBranch(Algorithms.CLONING, any -> spec.learner(Algorithms.CLONING, 300)));
    }

    private TrainedWindow learned(WindowBatch batch, LearningBranch branch) throws Exception {
        try (var h = new KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, ModelEvent, TrainedWindow>(
                new TrainingOperator(
                        TrainingConfig.defaults(Catalogue.only(POLICY)).withSlice(Duration.ofSeconds(60)),
                        READING.experts(),
                        branch,
                        TrainingOperator.Account.KEPT,
                        TestHistory.NONE),
                WindowBatch::policy,
                ModelEvent::policy,
                Types.STRING)) {
            h.setup(TrainedWindow.CODEC.serializer());
            h.open();
            h.processElement1(new StreamRecord<>(batch));
            for (int i = 1; h.extractOutputValues().isEmpty(); i++) {
                h.setProcessingTime(i);
            }
            return h.extractOutputValues().get(0);
        }
    }

    private Promotion judged(TrainedWindow trained) throws Exception {
        try (var h = new KeyedTwoInputStreamOperatorTestHarness<String, ModelEvent, Step, Promotion>(
                new KeyedCoProcessOperator<>(new Gate(
                        GateConfig.defaults(Catalogue.only(POLICY)).inThisProcess(), READING, TestHistory.NONE)),
                ModelEvent::policy,
                any -> POLICY,
                Types.STRING)) {
            h.setup(Codecs.PROMOTION.serializer());
            h.open();
            for (Step step : demonstrations(true, 3)) {
                h.processElement2(new StreamRecord<>(step, step.timeMs()));
            }
            h.processElement1(new StreamRecord<>(new ModelEvent.Proposed(trained.candidate())));
            for (ProducerRecord<ArtifactKey, ArtifactChunk> piece : Artifacts.chunks(POLICY, trained.model())) {
                h.processElement1(new StreamRecord<>(new ModelEvent.Piece(piece.key(), piece.value())));
            }
            h.processWatermarkStatus1(WatermarkStatus.IDLE);
            h.processWatermark2(new Watermark(
                    trained.candidate().windowEndMs() + READING.inactivity().toMillis()));
            return h.extractOutputValues().get(0);
        }
    }

    @Test
    void anExpertsEpisodesBecomeAPromotedModel() throws Exception {
        WindowBatch batch = batch();
        assertThat(batch.trajectories()).as("one for each episode").hasSize(8);
        TrainedWindow trained = learned(batch);
        assertThat(trained.candidate().policy()).isEqualTo(POLICY);
        Promotion verdict = judged(trained);
        assertThat(verdict.promoted()).as(verdict.reason()).isTrue();
        assertThat(verdict.reason()).startsWith("first model: ").contains("(baseline 0.693) on 3 episodes, return ");
        assertThat(verdict.evidence().get("candidateNllNats")).isLessThan(0.4);
        assertThat(verdict.evidence().get("candidateReturn")).isGreaterThan(100);
        assertThat(verdict.evidence().get("baselineReturn")).isLessThan(40);
    }

    @Test
    void aWindowIsLearnedInItsEnvironmentToo() throws Exception {
        LearningBranch gail =
                LearningBranch.of(Algorithms.GAIL, Policies.one(spec), 0, 2).get(0);
        TrainedWindow trained = learned(batch(), gail);
        assertThat(trained.candidate().algorithm()).isEqualTo(Algorithms.GAIL);
        assertThat(trained.candidate().figures())
                .containsEntry("iterations", 2.0)
                .hasEntrySatisfying("steps", steps -> assertThat(steps).isGreaterThanOrEqualTo(2000));
    }

    @Test
    void aWindowWithoutAClockIsScored() throws Exception {
        WindowBatch batch = batch();
        PolicySpec<?> policy = spec;
        try (LoadedPolicy model = LoadedPolicy.load(
                ModelFile.read(learned(batch).model()), policy.observationSize(), policy.actionSize())) {
            assertThat(WindowScore.of(batch, model, new TreeMap<>()))
                    .containsEntry(WindowScore.STEPS, (double) batch.steps())
                    .hasEntrySatisfying(
                            WindowScore.POLICY, error -> assertThat(error).isBetween(0.0, 0.5));
        }
    }
}
