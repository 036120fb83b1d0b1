package dev.understudy.flink.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.domain.Actor;
import dev.understudy.domain.HeldOutPieces;
import dev.understudy.domain.Step;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.FollowingSample;
import dev.understudy.evaluate.ErrorBudget;
import dev.understudy.evaluate.PromotionRule;
import dev.understudy.flink.TestHistory;
import dev.understudy.flink.TestLogs;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.models.ModelEvent;
import dev.understudy.flink.models.ModelHistory;
import dev.understudy.flink.models.ModelShelf;
import dev.understudy.flink.serialization.Codec;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.flink.train.TrainedWindow;
import dev.understudy.flink.train.TrainingConfig;
import dev.understudy.flink.train.TrainingOperator;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.learn.Algorithms;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.Promotion;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.co.KeyedCoProcessOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class GateTest {
    /** Lets any first model pass, so that what follows does not depend on how well a short training does. */
    private static final PromotionRule LENIENT =
            new PromotionRule(1, 2, 100, 1e6, 1e6, 1e6, 1e6, 1e6, 1e6, 1e6, 1, 2, 0.05, 200);

    private static final LogReading READING = LogReading.defaults();
    private static final String VARIANT = CarFollowing.POLICY + "@north";
    private static List<TrainedWindow> models;
    private static TrainedWindow ofVariant;

    @BeforeAll
    static void learnTwoModels() throws Exception {
        LearningBranch branch = new LearningBranch(Algorithms.CLONING, spec -> spec.learner(Algorithms.CLONING, 8));
        TrainingConfig config =
                TrainingConfig.defaults(Catalogue.only(CarFollowing.POLICY)).withSlice(Duration.ofSeconds(60));
        try (var h = new KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, ModelEvent, TrainedWindow>(
                new TrainingOperator(
                        config, READING.experts(), branch, TrainingOperator.Account.KEPT, TestHistory.NONE),
                WindowBatch::policy,
                ModelEvent::policy,
                Types.STRING)) {
            h.setup(TrainedWindow.CODEC.serializer());
            h.open();
            h.processElement1(new StreamRecord<>(TestLogs.batch(0)));
            h.processElement1(new StreamRecord<>(TestLogs.batch(1)));
            h.processElement1(new StreamRecord<>(TestLogs.batch(0, VARIANT)));
            for (int i = 1; h.extractOutputValues().size() < 3; i++) {
                h.setProcessingTime(i);
            }
            models = new ArrayList<>(h.extractOutputValues());
            ofVariant = models.stream()
                    .filter(each -> each.candidate().policy().equals(VARIANT))
                    .findFirst()
                    .orElseThrow();
            models.remove(ofVariant);
        }
    }

    private static Promotion verdict(long epoch, String sha256, boolean promoted, String candidateId) {
        return new Promotion(CarFollowing.POLICY, epoch, sha256, 0, "", "", promoted, candidateId, new TreeMap<>(), 0);
    }

    private static KeyedTwoInputStreamOperatorTestHarness<String, ModelEvent, Step, Promotion> harness(
            PromotionRule rule) throws Exception {
        return harness(rule, TestHistory.NONE);
    }

    private static KeyedTwoInputStreamOperatorTestHarness<String, ModelEvent, Step, Promotion> harness(
            PromotionRule rule, ModelHistory history) throws Exception {
        return harness(GateConfig.defaults(Catalogue.only(CarFollowing.POLICY)).withRule(rule), history);
    }

    private static KeyedTwoInputStreamOperatorTestHarness<String, ModelEvent, Step, Promotion> harness(
            GateConfig config, ModelHistory history) throws Exception {
        return harness(config, READING, history);
    }

    private static KeyedTwoInputStreamOperatorTestHarness<String, ModelEvent, Step, Promotion> harness(
            GateConfig config, LogReading reading, ModelHistory history) throws Exception {
        var h = new KeyedTwoInputStreamOperatorTestHarness<String, ModelEvent, Step, Promotion>(
                new KeyedCoProcessOperator<>(
                        new Gate(config.inThisProcess().withLead(Duration.ofSeconds(3)), reading, history)),
                ModelEvent::policy,
                Step::policy,
                Types.STRING);
        h.setup(Codecs.PROMOTION.serializer());
        return h;
    }

    private static void heldOut(KeyedTwoInputStreamOperatorTestHarness<String, ModelEvent, Step, Promotion> h)
            throws Exception {
        for (int i = 0; i < 5; i++) {
            heldOut(h, "car" + i, TestLogs.tripName(true, i, READING), TestLogs.START_MS - 120_000);
        }
    }

    private static void heldOut(
            KeyedTwoInputStreamOperatorTestHarness<String, ModelEvent, Step, Promotion> h,
            String vehicle,
            String trip,
            long startMs)
            throws Exception {
        for (Step step : TestLogs.steps(TestLogs.trip(vehicle, trip, startMs, 1100))) {
            h.processElement2(new StreamRecord<>(step, step.timeMs()));
        }
    }

    private static void publish(
            KeyedTwoInputStreamOperatorTestHarness<String, ModelEvent, Step, Promotion> h, TrainedWindow trained)
            throws Exception {
        h.processElement1(new StreamRecord<>(new ModelEvent.Proposed(trained.candidate())));
        for (ProducerRecord<ArtifactKey, ArtifactChunk> piece :
                Artifacts.chunks(trained.candidate().policy(), trained.model())) {
            h.processElement1(new StreamRecord<>(new ModelEvent.Piece(piece.key(), piece.value())));
        }
    }

    private static void watermark(
            KeyedTwoInputStreamOperatorTestHarness<String, ModelEvent, Step, Promotion> h, long timeMs)
            throws Exception {
        h.processWatermarkStatus1(WatermarkStatus.IDLE);
        h.processWatermark2(new Watermark(timeMs));
    }

    private static long readyMs(TrainedWindow trained) {
        return trained.candidate().windowEndMs() + READING.inactivity().toMillis();
    }

    @Test
    void waitsForTheLogsOfTheWindowAndPromotesWithARisingEpoch() throws Exception {
        try (var h = harness(LENIENT)) {
            h.open();
            heldOut(h);
            publish(h, models.get(0));
            watermark(h, readyMs(models.get(0)) - 1);
            assertThat(h.extractOutputValues()).isEmpty();
            watermark(h, readyMs(models.get(0)));
            Promotion first = h.extractOutputValues().get(0);
            assertThat(first.promoted()).as(first.reason()).isTrue();
            assertThat(first.epoch()).isEqualTo(1);
            assertThat(first.previousSha256()).isEmpty();
            assertThat(first.effectiveFromMs()).isEqualTo(readyMs(models.get(0)) + 1 + 500 + 3_000);
            assertThat(first.evidence())
                    .containsKeys("candidateNllNats", "candidateSpacingRmseMeters", "idmSpacingRmseMeters");
            publish(h, models.get(1));
            watermark(h, readyMs(models.get(1)));
            Promotion second = h.extractOutputValues().get(1);
            assertThat(second.promoted()).as(second.reason()).isTrue();
            assertThat(second.epoch()).isEqualTo(2);
            assertThat(second.previousSha256()).isEqualTo(first.sha256());
            assertThat(second.evidence()).containsKeys("nllDifferenceLowNats", "incumbentSpacingRmseMeters");
            publish(h, models.get(0));
            watermark(h, readyMs(models.get(1)) + 60_000);
            assertThat(h.extractOutputValues())
                    .as("each candidate has one verdict")
                    .hasSize(2);
        }
    }

    @Test
    void eachPolicyIsJudgedByItselfAndTheFirstModelOfAVariantBesideThatOfItsParent() throws Exception {
        Candidate parents = models.get(0).candidate();
        TestHistory history = new TestHistory(
                List.of(verdict(7, parents.sha256(), true, parents.id())),
                Map.of(parents.sha256(), models.get(0).model()));
        GateConfig config = GateConfig.defaults(Catalogue.chosenOfOneDomain(List.of(CarFollowing.POLICY), "label"))
                .withRule(LENIENT);
        try (var h = harness(config, history)) {
            h.open();
            for (int i = 0; i < 5; i++) {
                List<FollowingSample> trip = TestLogs.trip(
                        "car" + i, TestLogs.tripName(true, i, READING), TestLogs.START_MS - 120_000, 1100);
                for (Step step : TestLogs.steps(trip)) {
                    for (String policy : List.of(CarFollowing.POLICY, VARIANT)) {
                        Step ofPolicy = step.with(policy, step.run(), step.readyMs());
                        h.processElement2(new StreamRecord<>(ofPolicy, step.timeMs()));
                    }
                }
            }
            publish(h, models.get(1));
            publish(h, ofVariant);
            watermark(h, readyMs(models.get(1)));
            Map<String, Promotion> verdicts = new TreeMap<>();
            h.extractOutputValues().forEach(verdict -> verdicts.put(verdict.policy(), verdict));
            assertThat(verdicts).containsOnlyKeys(CarFollowing.POLICY, VARIANT);
            assertThat(verdicts.values()).allSatisfy(verdict -> {
                assertThat(verdict.promoted()).as(verdict.reason()).isTrue();
                assertThat(verdict.evidence())
                        .as("held against what answers so far")
                        .containsKey("incumbentSpacingRmseMeters");
            });
            assertThat(verdicts.get(CarFollowing.POLICY))
                    .extracting(Promotion::epoch)
                    .isEqualTo(8L);
            assertThat(verdicts.get(VARIANT)).extracting(Promotion::epoch).isEqualTo(1L);
        }
    }

    @Test
    void aPromotionOfAnEpochFarAheadHoldsUpNothingAndIsADeadLetter() throws Exception {
        String forged = "f".repeat(64);
        TestHistory history = new TestHistory(List.of(verdict(5_000, forged, true, "forged")), Map.of());
        try (var h =
                harness(GateConfig.defaults(Catalogue.only(CarFollowing.POLICY)).withRule(LENIENT), history)) {
            h.open();
            heldOut(h);
            for (long epoch : new long[] {Long.MAX_VALUE, 1_001}) {
                h.processElement1(
                        new StreamRecord<>(new ModelEvent.Judged(verdict(epoch, forged, true, "forged"), epoch)));
            }
            publish(h, models.get(0));
            watermark(h, readyMs(models.get(0)));
            Promotion first = h.extractOutputValues().get(0);
            assertThat(first.promoted()).as(first.reason()).isTrue();
            assertThat(first.epoch()).isEqualTo(1);
            assertThat(first.previousSha256()).isEmpty();
            assertThat(h.getSideOutput(Gate.DEAD_LETTERS))
                    .extracting(record -> record.getValue().coordinates())
                    .containsExactly("models.promotions.v1-0@" + Long.MAX_VALUE, "models.promotions.v1-0@1001");
            assertThat(h.getSideOutput(Gate.DEAD_LETTERS)
                            .iterator()
                            .next()
                            .getValue()
                            .reason())
                    .contains("epoch: expected at most 1000");
        }
    }

    @Test
    void afterARestartACandidateIsJudgedFromStoredEvidenceThoughNoLogsCome() throws Exception {
        OperatorSubtaskState state;
        try (var h = harness(LENIENT)) {
            h.open();
            heldOut(h);
            publish(h, models.get(0));
            watermark(h, readyMs(models.get(1)));
            assertThat(h.extractOutputValues()).hasSize(1);
            state = h.snapshot(1, 1);
        }
        try (var h = harness(LENIENT)) {
            h.initializeState(state);
            h.open();
            publish(h, models.get(1));
            assertThat(h.extractOutputValues())
                    .as("judged without any watermark")
                    .singleElement()
                    .satisfies(second -> {
                        assertThat(second.promoted()).as(second.reason()).isTrue();
                        assertThat(second.epoch()).isEqualTo(2);
                        assertThat(second.effectiveFromMs()).isEqualTo(readyMs(models.get(1)) + 1 + 500 + 3_000);
                    });
        }
    }

    @Test
    void refusesWithoutHeldOutLogs() throws Exception {
        try (var h = harness(PromotionRule.defaults())) {
            h.open();
            publish(h, models.get(0));
            watermark(h, readyMs(models.get(0)));
            assertThat(h.extractOutputValues()).hasSize(1);
            assertThat(h.extractOutputValues().get(0).promoted()).isFalse();
            assertThat(h.extractOutputValues().get(0).reason()).startsWith("too little evidence");
        }
    }

    @Test
    void refusesAModelThatWasLearnedFromOthersThanItReads() throws Exception {
        LogReading humanAlone = new LogReading(
                READING.lateness(),
                READING.idleness(),
                READING.futureTolerance(),
                READING.inactivity(),
                READING.heldOutPercent(),
                Set.of(Actor.HUMAN));
        GateConfig config =
                GateConfig.defaults(Catalogue.only(CarFollowing.POLICY)).withRule(LENIENT);
        try (var h = harness(config, humanAlone, TestHistory.NONE)) {
            h.open();
            heldOut(h);
            publish(h, models.get(0));
            watermark(h, readyMs(models.get(0)));
            assertThat(h.extractOutputValues()).singleElement().satisfies(verdict -> {
                assertThat(verdict.promoted()).isFalse();
                assertThat(verdict.reason()).contains("learned from HUMAN,", "got one learned from HUMAN,ASSISTANCE");
            });
        }
    }

    @Test
    void refusesWhatAnUpdateLeftThatDiverged() throws Exception {
        Candidate good = models.get(0).candidate();
        for (Map<String, Double> figures :
                List.of(Map.of("diverged", 1.0), Map.of("diverged", 0.0, "kl", Double.POSITIVE_INFINITY))) {
            Candidate diverged = new Candidate(
                    "diverged",
                    good.policy(),
                    "",
                    good.sha256(),
                    good.sizeBytes(),
                    good.windowStartMs(),
                    good.windowEndMs(),
                    0,
                    1,
                    "",
                    good.fingerprint(),
                    figures,
                    0,
                    0,
                    "gail");
            try (var h = harness(LENIENT)) {
                h.open();
                heldOut(h);
                publish(h, new TrainedWindow(diverged, models.get(0).model(), new TreeMap<>()));
                watermark(h, readyMs(models.get(0)));
                Promotion verdict = h.extractOutputValues().get(0);
                assertThat(verdict.promoted()).isFalse();
                assertThat(verdict.reason())
                        .containsPattern("diverged|kl = Infinity")
                        .contains("gail");
            }
        }
    }

    @Test
    void refusesAModelFileThatDoesNotCome() throws Exception {
        try (var h = harness(LENIENT)) {
            h.open();
            heldOut(h);
            h.processElement1(
                    new StreamRecord<>(new ModelEvent.Proposed(models.get(0).candidate())));
            watermark(h, readyMs(models.get(0)));
            assertThat(h.extractOutputValues()).isEmpty();
            h.setProcessingTime(GateConfig.defaults(Catalogue.only(CarFollowing.POLICY))
                    .patience()
                    .toMillis());
            assertThat(h.extractOutputValues()).hasSize(1);
            assertThat(h.extractOutputValues().get(0).reason()).contains("model file");
        }
    }

    @Test
    void waitsForTheFileOfEachCandidateAsLongAsForThatOfTheFirst() throws Exception {
        long patienceMs = GateConfig.defaults(Catalogue.only(CarFollowing.POLICY))
                .patience()
                .toMillis();
        try (var h = harness(LENIENT)) {
            h.open();
            heldOut(h);
            watermark(h, readyMs(models.get(1)));
            h.processElement1(
                    new StreamRecord<>(new ModelEvent.Proposed(models.get(0).candidate())));
            h.setProcessingTime(patienceMs - 1);
            h.processElement1(
                    new StreamRecord<>(new ModelEvent.Proposed(models.get(1).candidate())));
            h.setProcessingTime(patienceMs);
            assertThat(h.extractOutputValues())
                    .extracting(Promotion::candidateId)
                    .containsExactly(models.get(0).candidate().id());
            publish(h, models.get(1));
            assertThat(h.extractOutputValues()).hasSize(2);
            assertThat(h.extractOutputValues().get(1).promoted()).isTrue();
        }
    }

    @Test
    void refusesAMissingFileThoughTheLogsCameAfterPatienceWasOver() throws Exception {
        try (var h = harness(LENIENT)) {
            h.open();
            heldOut(h);
            h.processElement1(
                    new StreamRecord<>(new ModelEvent.Proposed(models.get(0).candidate())));
            h.setProcessingTime(GateConfig.defaults(Catalogue.only(CarFollowing.POLICY))
                    .patience()
                    .toMillis());
            assertThat(h.extractOutputValues()).isEmpty();
            watermark(h, readyMs(models.get(0)));
            assertThat(h.extractOutputValues()).hasSize(1);
            assertThat(h.extractOutputValues().get(0).reason()).contains("model file");
        }
    }

    @Test
    void logsThatFallSilentDoNotMoveTheTime() throws Exception {
        try (var h = harness(LENIENT)) {
            h.open();
            heldOut(h);
            watermark(h, readyMs(models.get(0)) - 1);
            publish(h, models.get(0));
            h.processWatermarkStatus2(WatermarkStatus.IDLE);
            assertThat(h.extractOutputValues()).isEmpty();
        }
    }

    @Test
    void judgesLikeAFirstModelWhenTheFileInServiceIsNoModel() throws Exception {
        byte[] garbage = {1, 2, 3};
        assertThat(judgedBeside(garbage)).satisfies(verdict -> {
            assertThat(verdict.promoted()).as(verdict.reason()).isTrue();
            assertThat(verdict.reason()).contains("like a first model").contains("cannot be run");
            assertThat(verdict.epoch()).isEqualTo(8);
            assertThat(verdict.previousSha256()).isEqualTo(Artifacts.sha256(garbage));
        });
    }

    @Test
    void judgesLikeAFirstModelAfterTheLayoutOfTheObservationChanged() throws Exception {
        String now = CarFollowing.fingerprint();
        String before = (now.startsWith("0") ? "1" : "0") + now.substring(1);
        ModelFile file = ModelFile.read(models.get(1).model());
        ModelMetadata told = file.metadata();
        ModelMetadata relabelled = new ModelMetadata(
                told.policy(),
                told.parentSha256(),
                told.windowStartMs(),
                told.windowEndMs(),
                told.sourceRanges(),
                told.seed(),
                before,
                told.reportJson(),
                told.goldenObservations(),
                told.goldenActions(),
                told.codeVersion(),
                told.dataLicence(),
                told.extra());
        Promotion verdict =
                judgedBeside(ModelFile.create(file.bytes(), relabelled).bytes());
        assertThat(verdict.promoted()).as(verdict.reason()).isTrue();
        assertThat(verdict.reason())
                .contains("the model in service cannot be run")
                .contains("with layout " + before);
    }

    /** Returns the verdict on the first candidate while some file is in service in epoch 7. */
    private static Promotion judgedBeside(byte[] inService) throws Exception {
        try (var h = harness(LENIENT)) {
            h.open();
            heldOut(h);
            for (ProducerRecord<ArtifactKey, ArtifactChunk> piece : Artifacts.chunks(CarFollowing.POLICY, inService)) {
                h.processElement1(new StreamRecord<>(new ModelEvent.Piece(piece.key(), piece.value())));
            }
            h.processElement1(
                    new StreamRecord<>(new ModelEvent.Judged(verdict(7, Artifacts.sha256(inService), true, ""))));
            publish(h, models.get(0));
            watermark(h, readyMs(models.get(0)));
            assertThat(h.extractOutputValues()).hasSize(1);
            return h.extractOutputValues().get(0);
        }
    }

    @Test
    void withoutStateItLearnsFromTheHistoryWhatWasJudgedAndRolledBack() throws Exception {
        Candidate refused = models.get(0).candidate();
        String withdrawn = models.get(1).candidate().sha256();
        TestHistory past = new TestHistory(
                List.of(
                        verdict(0, refused.sha256(), false, refused.id()),
                        verdict(1, "aa", true, "some"),
                        verdict(2, withdrawn, true, "other"),
                        verdict(3, "aa", true, ""),
                        verdict(3, "aa", true, "")),
                Map.of());
        try (var h = harness(LENIENT, past)) {
            h.open();
            heldOut(h);
            publish(h, models.get(0));
            publish(h, models.get(1));
            watermark(h, readyMs(models.get(1)));
            assertThat(h.extractOutputValues()).hasSize(1);
            Promotion verdict = h.extractOutputValues().get(0);
            assertThat(verdict.candidateId())
                    .as("what was refused is not judged again")
                    .isEqualTo(models.get(1).candidate().id());
            assertThat(verdict.promoted()).isFalse();
            assertThat(verdict.reason()).contains("rolled back");
            assertThat(verdict.epoch()).isEqualTo(3);
        }
    }

    @Test
    void fetchesAFileInServiceThatTheShelfNoLongerHolds() throws Exception {
        String inForce = models.get(0).candidate().sha256();
        TestHistory past = new TestHistory(
                List.of(verdict(5, inForce, true, "some")),
                Map.of(inForce, models.get(0).model()));
        try (var h = harness(LENIENT, past)) {
            h.open();
            heldOut(h);
            publish(h, models.get(1));
            watermark(h, readyMs(models.get(1)));
            assertThat(h.extractOutputValues().get(0).evidence()).containsKey("incumbentSpacingRmseMeters");
            assertThat(h.extractOutputValues().get(0).previousSha256()).isEqualTo(inForce);
        }
    }

    @Test
    void judgesLikeAFirstModelWhenTheFileInServiceIsGone() throws Exception {
        TestHistory past = new TestHistory(List.of(verdict(5, "aa", true, "some")), Map.of());
        try (var h = harness(LENIENT, past)) {
            h.open();
            heldOut(h);
            publish(h, models.get(1));
            watermark(h, readyMs(models.get(1)));
            Promotion verdict = h.extractOutputValues().get(0);
            assertThat(verdict.promoted()).as(verdict.reason()).isTrue();
            assertThat(verdict.reason()).contains("like a first model").contains("got none");
            assertThat(verdict.epoch()).isEqualTo(6);
        }
    }

    @Test
    void refusesAFileThatIsNoModel() throws Exception {
        byte[] garbage = {1, 2, 3};
        Candidate honest = models.get(0).candidate();
        Candidate odd = new Candidate(
                "odd",
                honest.policy(),
                "",
                Artifacts.sha256(garbage),
                3,
                honest.windowStartMs(),
                honest.windowEndMs(),
                0,
                1,
                "",
                honest.fingerprint(),
                new TreeMap<>(),
                0,
                0,
                "bc");
        try (var h = harness(LENIENT)) {
            h.open();
            heldOut(h);
            publish(h, new TrainedWindow(odd, garbage, new TreeMap<>()));
            watermark(h, readyMs(models.get(0)));
            assertThat(h.extractOutputValues().get(0).promoted()).isFalse();
        }
    }

    @Test
    void remembersWhatIsInForceAcrossARestartAndNeverChoosesWhatWasRolledBack() throws Exception {
        OperatorSubtaskState state;
        Promotion first;
        try (var h = harness(LENIENT)) {
            h.open();
            heldOut(h);
            publish(h, models.get(0));
            watermark(h, readyMs(models.get(0)));
            first = h.extractOutputValues().get(0);
            publish(h, models.get(1));
            watermark(h, readyMs(models.get(1)));
            assertThat(h.extractOutputValues().get(1).promoted()).isTrue();
            state = h.snapshot(1, 1);
        }
        try (var h = harness(LENIENT)) {
            h.initializeState(state);
            h.open();
            watermark(h, readyMs(models.get(1)));
            h.processElement1(new StreamRecord<>(new ModelEvent.Judged(new Promotion(
                    CarFollowing.POLICY, 3, first.sha256(), 0, "", "rolled back", true, "", new TreeMap<>(), 0))));
            Candidate again = models.get(1).candidate();
            Candidate renamed = new Candidate(
                    "again",
                    again.policy(),
                    "",
                    again.sha256(),
                    again.sizeBytes(),
                    again.windowStartMs(),
                    again.windowEndMs(),
                    0,
                    1,
                    "",
                    again.fingerprint(),
                    new TreeMap<>(),
                    0,
                    0,
                    "bc");
            publish(h, new TrainedWindow(renamed, models.get(1).model(), new TreeMap<>()));
            assertThat(h.extractOutputValues()).hasSize(1);
            assertThat(h.extractOutputValues().get(0).promoted()).isFalse();
            assertThat(h.extractOutputValues().get(0).reason()).contains("rolled back");
            assertThat(h.extractOutputValues().get(0).epoch()).isEqualTo(3);
        }
    }

    @Test
    void aComparisonNeedsMoreTripsThanAFirstModel() throws Exception {
        PromotionRule rule = new PromotionRule(1, 8, 100, 1e6, 1e6, 1e6, 1e6, 1e6, 1e6, 1e6, 1, 2, 0.05, 200);
        try (var h = harness(rule)) {
            h.open();
            heldOut(h);
            publish(h, models.get(0));
            publish(h, models.get(1));
            watermark(h, readyMs(models.get(1)));
            assertThat(h.extractOutputValues()).extracting(Promotion::promoted).containsExactly(true, false);
            assertThat(h.extractOutputValues().get(1).reason())
                    .startsWith("too little evidence: a comparison needs 8 held-out trips driven, got 5");
        }
    }

    /** Two gates, of which one has read far beyond the window that it judges, and has to keep what it would drop. */
    @Test
    void verdictsDoNotDependOnHowFarTheHeldOutLogsHaveBeenRead() throws Exception {
        List<Promotion> verdicts = new ArrayList<>();
        for (int ahead : List.of(0, 40)) {
            GateConfig config = GateConfig.defaults(Catalogue.only(CarFollowing.POLICY))
                    .withRule(LENIENT)
                    .withHeldOut(new HeldOutPieces(2, 1, 100));
            try (var h = harness(config, TestHistory.NONE)) {
                h.open();
                heldOut(h);
                for (int i = 0; i < ahead; i++) {
                    heldOut(
                            h,
                            "later" + i,
                            TestLogs.tripName(true, 10 + i, READING),
                            models.get(1).candidate().windowEndMs() + 400_000L * (i + 1));
                }
                watermark(h, readyMs(models.get(1)) + 400_000L * (ahead + 1));
                publish(h, models.get(0));
                publish(h, models.get(1));
                verdicts.addAll(h.extractOutputValues());
            }
        }
        assertThat(verdicts).hasSize(4);
        for (int i = 0; i < 2; i++) {
            Map<String, Double> kept = new TreeMap<>(verdicts.get(i).evidence());
            Map<String, Double> ahead = new TreeMap<>(verdicts.get(i + 2).evidence());
            assertThat(kept).containsEntry("drivenTrips", 3.0);
            kept.remove("latencyMicros");
            ahead.remove("latencyMicros");
            assertThat(ahead).isEqualTo(kept);
            assertThat(verdicts.get(i + 2).reason()).isEqualTo(verdicts.get(i).reason());
        }
    }

    @Test
    void keepsTheBestModelThatWasEverPromotedAndWhatMayBeRisked() throws Exception {
        String best = models.get(0).candidate().sha256();
        TreeMap<String, Double> first = new TreeMap<>(Map.of("bestEver", 1.0, "errorBudget", 0.1));
        TreeMap<String, Double> second = new TreeMap<>(Map.of("bestEver", 0.0, "errorBudget", 0.02));
        TestHistory past = new TestHistory(
                List.of(
                        new Promotion(CarFollowing.POLICY, 1, best, 0, "", "", true, "one", first, 0),
                        new Promotion(CarFollowing.POLICY, 2, "bb", 0, best, "", true, "two", second, 0)),
                Map.of(best, models.get(0).model()));
        try (var h = harness(LENIENT, past)) {
            h.open();
            heldOut(h);
            publish(h, models.get(1));
            watermark(h, readyMs(models.get(1)));
            Promotion verdict = h.extractOutputValues().get(0);
            assertThat(verdict.reason()).as("the file in service is gone").contains("like a first model");
            assertThat(verdict.evidence())
                    .containsKeys("bestSpacingRmseMeters", "bestEver")
                    .containsEntry("errorBudget", 0.02);
        }
    }

    @Test
    void progressAndShelfOfTheReleaseBeforeAreRead() throws Exception {
        DataOutputSerializer old = new DataOutputSerializer(64);
        old.writeLong(5);
        old.writeUTF("aa");
        old.writeInt(1);
        old.writeUTF("bb");
        old.writeInt(0);
        GateProgress progress = new GateProgress.Form().read(1, new DataInputDeserializer(old.getCopyOfBuffer()));
        assertThat(progress.epoch()).isEqualTo(5);
        assertThat(progress.best()).as("what is in force has no better").isEqualTo("aa");
        assertThat(progress.wasRolledBack("bb")).isTrue();
        assertThat(progress.budget()).isEqualTo(ErrorBudget.full());
        progress.best("cc");
        progress.budget(new ErrorBudget(0.03, Set.of("trip-1")));
        progress.judged("one", 77);
        DataOutputSerializer now = new DataOutputSerializer(64);
        new GateProgress.Form().write(progress, now);
        GateProgress again = new GateProgress.Form()
                .read(new GateProgress.Form().version(), new DataInputDeserializer(now.getCopyOfBuffer()));
        assertThat(again.best()).isEqualTo("cc");
        assertThat(again.budget()).isEqualTo(progress.budget());
        assertThat(again.judgedMs()).isEqualTo(77);
        assertThat(again.wasJudged("one")).isTrue();

        DataOutputSerializer oldShelf = new DataOutputSerializer(64);
        oldShelf.writeUTF("aa");
        oldShelf.writeInt(1);
        oldShelf.writeUTF("aa");
        Codec.writeBytes(new byte[] {1}, oldShelf);
        oldShelf.writeInt(0);
        ModelShelf shelf = new ModelShelf.Form().read(1, new DataInputDeserializer(oldShelf.getCopyOfBuffer()));
        assertThat(shelf.inForce()).isEqualTo("aa");
        assertThat(shelf.file("aa")).containsExactly(1);
    }

    @Test
    void theShelfKeepsTheFileThatTakesPrecedence() throws Exception {
        ModelShelf shelf = new ModelShelf();
        shelf.promoted(verdict(3, "gates", true, "c"));
        shelf.promoted(verdict(3, "operators", true, ""));
        shelf.promoted(verdict(3, "gates", true, "c"));
        shelf.promoted(verdict(2, "older", true, ""));
        assertThat(shelf.inForce()).isEqualTo("operators");
        DataOutputSerializer out = new DataOutputSerializer(64);
        new ModelShelf.Form().write(shelf, out);
        ModelShelf again = new ModelShelf.Form()
                .read(new ModelShelf.Form().version(), new DataInputDeserializer(out.getCopyOfBuffer()));
        again.promoted(verdict(3, "gates", true, "c"));
        assertThat(again.inForce()).isEqualTo("operators");
        again.promoted(verdict(4, "next", true, "c"));
        assertThat(again.inForce()).isEqualTo("next");
    }

    @Test
    void aPromotionOfTheGateThatIsSentAgainDoesNotUndoARollbackOfTheSameEpoch() throws Exception {
        Candidate first = models.get(0).candidate();
        Promotion gates = verdict(7, "d".repeat(64), true, "d");
        Promotion operators = verdict(7, first.sha256(), true, "");
        OperatorSubtaskState state;
        TestHistory history = new TestHistory(
                List.of(gates, operators, gates),
                Map.of(first.sha256(), models.get(0).model()));
        assertThat(history.inForce(CarFollowing.POLICY)).isEqualTo(operators);
        try (var h = harness(LENIENT, history)) {
            h.open();
            heldOut(h);
            h.processElement1(new StreamRecord<>(new ModelEvent.Judged(gates)));
            state = h.snapshot(1, 1);
        }
        try (var h = harness(LENIENT, history)) {
            h.initializeState(state);
            h.open();
            h.processElement1(new StreamRecord<>(new ModelEvent.Judged(gates)));
            publish(h, models.get(1));
            watermark(h, readyMs(models.get(1)));
            assertThat(h.extractOutputValues()).singleElement().satisfies(verdict -> {
                assertThat(verdict.epoch()).isEqualTo(8);
                assertThat(verdict.previousSha256()).isEqualTo(first.sha256());
            });
        }
    }

    @Test
    void theModelInServiceIsCheckedAsCandidatesAre() throws Exception {
        // A file that is not the one that was promoted, but one that would load and answer.
        Promotion promoted = verdict(7, "d".repeat(64), true, "d");
        TestHistory history = new TestHistory(
                List.of(promoted), Map.of(promoted.sha256(), models.get(0).model()));
        try (var h = harness(LENIENT, history)) {
            h.open();
            heldOut(h);
            publish(h, models.get(1));
            watermark(h, readyMs(models.get(1)));
            assertThat(h.extractOutputValues()).singleElement().satisfies(verdict -> {
                assertThat(verdict.evidence()).doesNotContainKey("incumbentSpacingRmseMeters");
                assertThat(verdict.reason())
                        .contains(
                                "the model in service cannot be run: expected a model with hash " + promoted.sha256());
            });
        }
    }

    @Test
    void theShelfNeverDropsWhatIsInForceNorTheBest() throws Exception {
        ModelShelf shelf = new ModelShelf();
        shelf.promoted(verdict(1, "model-1", true, "c"));
        shelf.keepBest("model-0");
        for (int i = 0; i < 3 * ModelShelf.FILES; i++) {
            shelf.put("model-" + i, new byte[] {(byte) i});
        }
        assertThat(shelf.file("model-0")).containsExactly(0);
        assertThat(shelf.file("model-1")).containsExactly(1);
        assertThat(shelf.file("model-2")).isNull();
        DataOutputSerializer out = new DataOutputSerializer(64);
        new ModelShelf.Form().write(shelf, out);
        ModelShelf again = new ModelShelf.Form()
                .read(new ModelShelf.Form().version(), new DataInputDeserializer(out.getCopyOfBuffer()));
        again.put("another", new byte[1]);
        assertThat(again.file("model-0")).isNotNull();
    }

    @Test
    void whatWasRolledBackIsNotTheBestAnyMore() {
        GateProgress progress = new GateProgress();
        progress.promoted(verdict(1, "aa", true, "c"));
        progress.best("bb");
        progress.rolledBack("cc", "aa");
        assertThat(progress.best()).isEqualTo("bb");
        progress.rolledBack("bb", "aa");
        assertThat(progress.best()).isEqualTo("aa");
    }

    /** A gate that catches up reads all candidates at once, and the logs of their windows only later. */
    @Test
    void judgesACandidateWhoseFileHasLeftTheShelf() throws Exception {
        TrainedWindow first = models.get(0);
        TestHistory kafka = new TestHistory(List.of(), Map.of(first.candidate().sha256(), first.model()));
        try (var h = harness(LENIENT, kafka)) {
            h.open();
            heldOut(h);
            publish(h, first);
            for (int i = 0; i < ModelShelf.FILES; i++) {
                byte[] other = ("another model " + i).getBytes(StandardCharsets.UTF_8);
                for (ProducerRecord<ArtifactKey, ArtifactChunk> piece :
                        Artifacts.chunks(first.candidate().policy(), other)) {
                    h.processElement1(new StreamRecord<>(new ModelEvent.Piece(piece.key(), piece.value())));
                }
            }
            h.setProcessingTime(GateConfig.defaults(Catalogue.only(CarFollowing.POLICY))
                    .patience()
                    .toMillis());
            watermark(h, readyMs(first));
            assertThat(h.extractOutputValues()).singleElement().satisfies(verdict -> assertThat(verdict.promoted())
                    .as(verdict.reason())
                    .isTrue());
        }
    }
}
