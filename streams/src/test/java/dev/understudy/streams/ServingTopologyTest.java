package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Policies;
import dev.understudy.domain.TimeJumps;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingSample;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelSlot;
import dev.understudy.schemas.Acknowledgement;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServingTopologyTest {
    private static final long START_MS = 1_600_000_000_000L;
    private static final int ENOUGH = 100;
    private static final long HALF_A_YEAR_MS = 180L * 86_400_000;

    private final List<Acknowledgement> acknowledgements = new ArrayList<>();
    private final ServingMetrics metrics = new ServingMetrics();
    private PolicyDirectories directories;
    private TopologyTestDriver driver;
    private TestInputTopic<String, byte[]> observations;
    private TestOutputTopic<String, Decision> decisions;
    private TestOutputTopic<byte[], DeadLetter> deadLetters;

    @BeforeEach
    void open(@TempDir Path folder) {
        ServingConfig config = ServingConfig.defaults("nowhere:1", folder)
                .with(new ServingConfig.Batching(8, Duration.ofMillis(5), 1));
        directories = new PolicyDirectories(
                config.named("test", config.place().applicationId()),
                List.of(Policies.one(new CarFollowingPolicy())),
                metrics,
                acknowledgements::add,
                InstantSource.fixed(Instant.EPOCH));
        driver = new TopologyTestDriver(ServingTopology.build(config, directories, metrics), config.toProperties());
        observations = driver.createInputTopic(Topics.OBSERVATIONS, new StringSerializer(), new ByteArraySerializer());
        decisions = driver.createOutputTopic(
                Topics.DECISIONS,
                new StringDeserializer(),
                UnderstudySerdes.decision().deserializer());
        deadLetters = driver.createOutputTopic(
                Topics.DEAD_LETTERS,
                new ByteArrayDeserializer(),
                UnderstudySerdes.deadLetter().deserializer());
    }

    private ModelSlot slot() {
        return directories.directory(CarFollowing.POLICY).slot();
    }

    @AfterEach
    void close() {
        driver.close();
        directories.close();
    }

    @Test
    void observationsBeforeTheFirstPromotionGetALabelledFallback() {
        drive(0, 3);

        List<Decision> made = decided();

        assertThat(made).hasSize(3).allSatisfy(decision -> {
            assertThat(decision.kind()).isEqualTo(Decision.Kind.FALLBACK_NO_MODEL);
            assertThat(decision.epoch()).isZero();
            assertThat(decision.sha256()).isEmpty();
            assertThat(decision.action()[0]).isFinite();
        });
    }

    @Test
    void aPromotedModelAnswersOnceEnoughIsKnownOfTheVehicle() {
        ModelFile model = TestModels.constant(-0.25f);
        promote(1, model, START_MS);
        drive(0, ENOUGH + 5);

        List<Decision> made = decided();

        assertThat(made).hasSize(ENOUGH + 5);
        assertThat(made.get(0).kind()).isEqualTo(Decision.Kind.FALLBACK_HISTORY);
        Decision last = made.get(made.size() - 1);
        assertThat(last.kind()).isEqualTo(Decision.Kind.POLICY);
        assertThat(last.action()).containsExactly(-0.25f);
        assertThat(last.epoch()).isEqualTo(1);
        assertThat(last.sha256()).isEqualTo(model.sha256());
        // the density of N(-0.25, exp(-1)) at its mean: 1 - log(2 pi) / 2
        assertThat(last.logProbability()).isCloseTo(1 - Math.log(2 * Math.PI) / 2, Offset.offset(1e-6));
        assertThat(acknowledgements).singleElement().satisfies(ack -> assertThat(ack.accepted())
                .isTrue());
    }

    @Test
    void theVersionFollowsFromTheEventTimeOfEachRecord() {
        promote(1, TestModels.constant(-0.25f), START_MS);
        promote(2, TestModels.constant(-0.125f), START_MS + (ENOUGH + 10) * 100);
        drive(0, ENOUGH + 20);

        List<Decision> made = decided();

        assertThat(made.get(ENOUGH + 9).epoch()).isEqualTo(1);
        assertThat(made.get(ENOUGH + 9).action()).containsExactly(-0.25f);
        assertThat(made.get(ENOUGH + 10).epoch()).isEqualTo(2);
        assertThat(made.get(ENOUGH + 10).action()).containsExactly(-0.125f);
    }

    @Test
    void aRollbackIsANewEpochOfAnOlderHashAndLoadsNothing() {
        ModelFile first = TestModels.constant(-0.25f);
        promote(1, first, 0);
        promote(2, TestModels.constant(-0.125f), 0);
        promote(3, first, 0);
        drive(0, ENOUGH);

        Decision last = decided().get(ENOUGH - 1);

        assertThat(last.epoch()).isEqualTo(3);
        assertThat(last.sha256()).isEqualTo(first.sha256());
        assertThat(slot().loaded())
                .containsExactly(first.sha256(), slot().loaded().get(1), first.sha256());
    }

    @Test
    void aRefusedModelLeavesTheOldOneInServiceAndIsNotTriedAgain() {
        promote(1, TestModels.constant(-0.25f), 0);
        byte[] broken = Arrays.copyOf(TestModels.constant(-0.5f).bytes(), 100);
        String sha256 = Artifacts.sha256(broken);
        send(broken);
        promise(2, sha256, 0);
        promise(3, sha256, 0);
        drive(0, ENOUGH);

        assertThat(decided().get(ENOUGH - 1).epoch()).isEqualTo(1);
        assertThat(acknowledgements).hasSize(3);
        assertThat(acknowledgements.get(1).accepted()).isFalse();
        assertThat(acknowledgements.get(1).reason()).contains("expected an ONNX file");
        assertThat(metrics.snapshot().modelsRejected()).isEqualTo(2);
    }

    @Test
    void ofTwoPromotionsWithOneEpochTheLaterOneAnswers() {
        ModelFile later = TestModels.constant(-0.125f);
        promote(1, TestModels.constant(-0.25f), 0);
        promote(1, later, 0);
        drive(0, ENOUGH);

        Decision last = decided().get(ENOUGH - 1);

        assertThat(last.epoch()).isEqualTo(1);
        assertThat(last.sha256()).isEqualTo(later.sha256());
    }

    @Test
    void observationsFromBeforeTheFirstPromotionTookEffectGetALabelledFallback() {
        promote(1, TestModels.constant(-0.25f), START_MS + ENOUGH * 100);
        drive(0, ENOUGH + 1);

        List<Decision> made = decided();

        assertThat(made.get(ENOUGH - 1).kind()).isEqualTo(Decision.Kind.FALLBACK_NO_MODEL);
        assertThat(made.get(ENOUGH - 1).epoch()).isZero();
        assertThat(made.get(ENOUGH).kind()).isEqualTo(Decision.Kind.POLICY);
    }

    @Test
    void afterARestartTheHistoryTellsWhoAnswersObservationsFromBeforeThePromotionInForce() {
        ModelFile before = TestModels.constant(-0.25f);
        ModelFile after = TestModels.constant(-0.125f);
        send(before.bytes());
        send(after.bytes());
        verdict(Topics.HISTORY, 1, before.sha256(), START_MS);
        verdict(Topics.HISTORY, 2, after.sha256(), START_MS + (ENOUGH + 10) * 100);
        assertThat(slot().loaded())
                .as("the history alone puts nothing in force")
                .isEmpty();
        promise(2, after.sha256(), START_MS + (ENOUGH + 10) * 100);
        drive(0, ENOUGH + 20);

        List<Decision> made = decided();

        assertThat(made.get(ENOUGH + 9).epoch()).isEqualTo(1);
        assertThat(made.get(ENOUGH + 9).sha256()).isEqualTo(before.sha256());
        assertThat(made.get(ENOUGH + 10).epoch()).isEqualTo(2);
        assertThat(slot().loaded()).containsExactly(before.sha256(), after.sha256());
        assertThat(acknowledgements).singleElement().satisfies(ack -> assertThat(ack.epoch())
                .isEqualTo(2));
        assertThat(metrics.snapshot().swaps()).isEqualTo(1);
    }

    @Test
    void aPromotionWaitsForItsFile() {
        ModelFile model = TestModels.constant(-0.25f);
        promise(1, model.sha256(), 0);
        assertThat(slot().newestEpoch()).isEmpty();

        send(model.bytes());
        directories.loadPending();

        assertThat(slot().newestEpoch()).contains(1L);
    }

    @Test
    void garbageInTheModelsTopicsIsSkipped() {
        TestInputTopic<byte[], byte[]> artifacts =
                driver.createInputTopic(Topics.ARTIFACTS, new ByteArraySerializer(), new ByteArraySerializer());
        TestInputTopic<byte[], byte[]> promotions =
                driver.createInputTopic(Topics.PROMOTIONS, new ByteArraySerializer(), new ByteArraySerializer());
        artifacts.pipeInput(bytes("nonsense"), bytes("nonsense"));
        promotions.pipeInput(bytes(CarFollowing.POLICY), bytes("nonsense"));
        promotions.pipeInput(bytes(CarFollowing.POLICY), (byte[]) null);

        promote(1, TestModels.constant(-0.25f), 0);

        assertThat(slot().newestEpoch()).contains(1L);
        assertThat(metrics.snapshot().unreadable()).isEqualTo(2);
    }

    @Test
    void duplicatesAreDroppedBySequence() {
        drive(0, 5);
        drive(2, 5);

        assertThat(decided()).hasSize(5);
        assertThat(metrics.snapshot().duplicates()).isEqualTo(3);
        assertThat(metrics.snapshot().observed()).isEqualTo(8);
    }

    @Test
    void garbageBytesGoToTheDeadLettersWithReasonAndCoordinates() {
        drive(0, 1);
        observations.pipeInput("car", bytes("garbage"));
        drive(1, 2);

        assertThat(decided()).hasSize(2);
        DeadLetter letter = deadLetters.readValue();
        assertThat(letter.reason()).contains("expected").contains("found 7 bytes");
        assertThat(letter.coordinates()).isEqualTo("driving.observations.v1-0@1");
        assertThat(letter.value()).isEqualTo(bytes("garbage"));
        assertThat(metrics.snapshot().deadLettered()).isEqualTo(1);
    }

    @Test
    void badObservationsGetALabelledFallback() {
        observe(sample(0, START_MS, Double.NaN));
        observe(sample(1, START_MS + 100, 20));
        observe(sample(2, START_MS + 50, 20));
        observe(sample(3, System.currentTimeMillis() + 3_600_000, 20));
        observe(sample(4, START_MS + 200, -1));
        observe(sample(6, START_MS + 300, 20));
        observe(sample(5, START_MS + 250, 20));

        List<Decision> made = decided();

        assertThat(made)
                .extracting(Decision::reason)
                .satisfiesExactly(
                        reason -> assertThat(reason).isEqualTo("MISSING_GAP"),
                        reason -> assertThat(reason).isEmpty(),
                        reason -> assertThat(reason).startsWith("OUT_OF_STEP: expected an event time after"),
                        reason -> assertThat(reason).contains("in the future"),
                        reason -> assertThat(reason).isEqualTo("NEGATIVE_GAP"),
                        reason -> assertThat(reason).isEmpty(),
                        reason -> assertThat(reason).isEqualTo("out of order: sequence 5 came after 6"));
        assertThat(made.get(0).kind()).isEqualTo(Decision.Kind.FALLBACK_INPUT);
        assertThat(made.get(0).action()[0]).isFinite();
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 40, 50, 70, 100, 140, 200, 300})
    void observationsOfAnyRateThatCarriesTheTaskAreAnswered(int everyMs) {
        promote(1, TestModels.constant(-0.25f), START_MS);
        int count = 12_000 / everyMs;
        for (int i = 0; i < count; i++) {
            observe(sample(i, START_MS + (long) everyMs * i, 30));
        }

        List<Decision> made = decided();

        assertThat(made).hasSize(count);
        assertThat(made).extracting(Decision::kind).doesNotContain(Decision.Kind.FALLBACK_INPUT);
        long answered = made.stream()
                .filter(decision -> decision.kind() == Decision.Kind.POLICY)
                .count();
        // The first 9.4 s tell who drives, by event time and not by the number of observations.
        assertThat(answered * everyMs).isBetween(500L, 2_700L);
    }

    @Test
    void observationsTooFarApartGetALabelledFallback() {
        promote(1, TestModels.constant(-0.25f), START_MS);
        for (int i = 0; i < 30; i++) {
            observe(sample(i, START_MS + 1000L * i, 30));
        }

        List<Decision> made = decided();

        assertThat(made.get(29).kind()).isEqualTo(Decision.Kind.FALLBACK_INPUT);
        assertThat(made.get(29).reason()).isEqualTo("RATE_TOO_LOW: expected a sample each 330 ms at least");
        assertThat(made).extracting(Decision::kind).doesNotContain(Decision.Kind.POLICY);
    }

    @Test
    void anotherTripStartsAfreshAndItsOwnNumbersCount() {
        drive(0, 3);
        observe(new FollowingSample("car", "trip-2", 0, START_MS + 60_000, Actor.HUMAN, "", 20, 30, 20));
        observe(new FollowingSample("car", "trip-2", 0, START_MS + 60_000, Actor.HUMAN, "", 20, 30, 20));
        drive(1, 2);

        assertThat(decided()).hasSize(4);
        assertThat(metrics.snapshot().duplicates()).isEqualTo(2);
    }

    @Test
    void nothingIsCarriedOverFromTheTripBefore() {
        promote(1, TestModels.constant(-0.25f), START_MS);
        drive(0, ENOUGH + 5);
        observe(new FollowingSample(
                "car", "trip-2", 0, START_MS + 100L * (ENOUGH + 5), Actor.HUMAN, "human", 20, 30, 20));

        List<Decision> made = decided();

        assertThat(made.get(ENOUGH + 4).kind()).isEqualTo(Decision.Kind.POLICY);
        assertThat(made.get(ENOUGH + 5).kind())
                .as("as in training, where another trip starts with an empty memory")
                .isEqualTo(Decision.Kind.FALLBACK_HISTORY);
    }

    @Test
    void theTripUnderWayGoesOnAfterAStrayRecordOfAnother() {
        promote(1, TestModels.constant(-0.25f), START_MS);
        drive(0, 3);
        observe(new FollowingSample("car", "stray", 0, START_MS + 250, Actor.HUMAN, "human", 20, 30, 20));
        drive(3, ENOUGH + 10);

        List<Decision> made = decided();

        assertThat(made).extracting(Decision::kind).doesNotContain(Decision.Kind.FALLBACK_INPUT);
        assertThat(made.get(made.size() - 1).kind()).isEqualTo(Decision.Kind.POLICY);
    }

    @Test
    void oneObservationHalfAYearAheadCostsOneDecision() {
        promote(1, TestModels.constant(-0.25f), START_MS);
        drive(0, ENOUGH);
        observe(sample(ENOUGH, START_MS + HALF_A_YEAR_MS, 30));
        drive(ENOUGH + 1, 2 * ENOUGH);

        List<Decision> made = decided();

        assertThat(made).hasSize(2 * ENOUGH);
        assertThat(made.get(ENOUGH).kind()).isEqualTo(Decision.Kind.FALLBACK_INPUT);
        assertThat(made.get(ENOUGH).reason())
                .isEqualTo(
                        "TIME_JUMP: expected a time near %d and a sequence near %d, those of the episode so far, got %d and %d"
                                .formatted(
                                        START_MS + 100 * (ENOUGH - 1), ENOUGH - 1, START_MS + HALF_A_YEAR_MS, ENOUGH));
        assertThat(made.subList(ENOUGH - 1, 2 * ENOUGH))
                .filteredOn(decision -> decision.kind() == Decision.Kind.FALLBACK_INPUT)
                .hasSize(1);
        assertThat(made.get(2 * ENOUGH - 1).kind()).isEqualTo(Decision.Kind.POLICY);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, ENOUGH / 2})
    void aNumberCountedFromAWrongTimeDoesNotMakeWhatFollowsDuplicates(int wrong) {
        for (int i = 0; i < ENOUGH; i++) {
            long timeMs = START_MS + 100L * i + (i == wrong ? HALF_A_YEAR_MS : 0);
            observe(sample(timeMs / 100, timeMs, 30));
        }

        List<Decision> made = decided();

        assertThat(made).hasSize(ENOUGH);
        assertThat(metrics.snapshot().duplicates()).isZero();
        assertThat(made.subList(wrong + 2, ENOUGH))
                .extracting(Decision::kind)
                .doesNotContain(Decision.Kind.FALLBACK_INPUT);
    }

    @Test
    void aWrongTimeThatComesTwiceIsADuplicateAndNoSecondOpinion() {
        drive(0, 5);
        for (int i = 0; i < 4; i++) {
            observe(sample(5, START_MS + HALF_A_YEAR_MS, 30));
        }
        drive(6, 8);
        observe(sample(5, START_MS + HALF_A_YEAR_MS, 30));

        List<Decision> made = decided();

        assertThat(made).hasSize(8);
        assertThat(metrics.snapshot().duplicates()).isEqualTo(4);
        assertThat(made.get(7).kind()).isEqualTo(Decision.Kind.FALLBACK_NO_MODEL);
    }

    @Test
    void aClockPutBackByAnHourIsBelievedOnceThreeAgree() {
        promote(1, TestModels.constant(-0.25f), START_MS - 7_200_000);
        drive(0, ENOUGH + 5);
        for (int i = ENOUGH + 5; i < 3 * ENOUGH; i++) {
            observe(sample(i, START_MS - 3_600_000 + 100L * i, 30));
        }
        drive(ENOUGH, ENOUGH + 5);

        List<Decision> made = decided();

        assertThat(made).as("what came before is still known").hasSize(3 * ENOUGH);
        assertThat(metrics.snapshot().duplicates()).isEqualTo(5);
        List<Decision> after = made.subList(ENOUGH + 5, 3 * ENOUGH);
        assertThat(made.get(ENOUGH + 4).kind()).isEqualTo(Decision.Kind.POLICY);
        assertThat(after.subList(0, TimeJumps.AGREE - 1)).allSatisfy(decision -> {
            assertThat(decision.kind()).isEqualTo(Decision.Kind.FALLBACK_INPUT);
            assertThat(decision.reason()).startsWith("TIME_JUMP");
        });
        long history = made.stream()
                .takeWhile(decision -> decision.kind() == Decision.Kind.FALLBACK_HISTORY)
                .count();
        int asked = TimeJumps.AGREE - 1 + (int) history;
        assertThat(after.subList(TimeJumps.AGREE - 1, asked))
                .extracting(Decision::kind)
                .as("the usual history, beginning with the one that decided it")
                .containsOnly(Decision.Kind.FALLBACK_HISTORY);
        assertThat(after.subList(asked, after.size()))
                .extracting(Decision::kind)
                .containsOnly(Decision.Kind.POLICY);
    }

    @Test
    void anObservationTooLargeToStoreIsADeadLetterOfItsBeginning() {
        drive(0, 1);
        observations.pipeInput("car", new byte[DecisionProcessor.MOST_BYTES]);
        drive(1, 2);

        assertThat(decided()).hasSize(2);
        DeadLetter letter = deadLetters.readValue();
        assertThat(letter.reason()).contains("got a key of 3 and a value of 524288");
        assertThat(letter.coordinates()).isEqualTo("driving.observations.v1-0@1");
        assertThat(letter.value()).hasSize(DecisionProcessor.MOST_BYTES / 2);
        assertThat(metrics.snapshot().deadLettered()).isEqualTo(1);
    }

    private void drive(int from, int to) {
        for (int i = from; i < to; i++) {
            observe(sample(i, START_MS + 100L * i, 30));
        }
    }

    private static FollowingSample sample(long sequence, long timeMs, double gap) {
        return new FollowingSample("car", "trip", sequence, timeMs, Actor.HUMAN, "human", 20, gap, 20);
    }

    private void observe(FollowingSample sample) {
        observations.pipeInput("car", UnderstudySerdes.following().serializer().serialize(Topics.OBSERVATIONS, sample));
    }

    private List<Decision> decided() {
        driver.advanceWallClockTime(Duration.ofMillis(10));
        return decisions.readValuesToList();
    }

    private void promote(long epoch, ModelFile model, long effectiveFromMs) {
        send(model.bytes());
        promise(epoch, model.sha256(), effectiveFromMs);
    }

    private void send(byte[] file) {
        TestInputTopic<ArtifactKey, ArtifactChunk> artifacts = driver.createInputTopic(
                Topics.ARTIFACTS,
                UnderstudySerdes.artifactKey().serializer(),
                UnderstudySerdes.artifactChunk().serializer());
        for (ProducerRecord<ArtifactKey, ArtifactChunk> record : Artifacts.chunks(CarFollowing.POLICY, file)) {
            artifacts.pipeInput(record.key(), record.value());
        }
    }

    private void promise(long epoch, String sha256, long effectiveFromMs) {
        verdict(Topics.PROMOTIONS, epoch, sha256, effectiveFromMs);
    }

    private void verdict(String topic, long epoch, String sha256, long effectiveFromMs) {
        driver.createInputTopic(
                        topic,
                        new StringSerializer(),
                        UnderstudySerdes.promotion().serializer())
                .pipeInput(
                        CarFollowing.POLICY,
                        new Promotion(
                                CarFollowing.POLICY,
                                epoch,
                                sha256,
                                effectiveFromMs,
                                "",
                                "test",
                                true,
                                "",
                                new TreeMap<>(),
                                0));
        directories.loadPending();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
