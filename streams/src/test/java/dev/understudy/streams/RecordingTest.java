package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.data.Trajectory;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Policies;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingEnvironments;
import dev.understudy.driving.FollowingLearners;
import dev.understudy.driving.FollowingSample;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.adversarial.Gail;
import dev.understudy.learn.adversarial.OffPolicyConfig;
import dev.understudy.learn.adversarial.OffPolicyUpdate;
import dev.understudy.model.ModelFile;
import dev.understudy.policy.GaussianPolicy;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.RecordedPieces;
import dev.understudy.schemas.RolloutStep;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TopologyTestDriver;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What serving writes for off-policy learning. */
class RecordingTest {
    private static final long START_MS = 1_600_000_000_000L;
    private static final int ENOUGH = 100;
    private static final int STEPS = 150;

    private Path folder;

    @BeforeEach
    void open(@TempDir Path temporary) {
        folder = temporary;
    }

    @Test
    void nothingIsRecordedUnlessAskedFor() {
        Served served = serve(Recording.OFF, TestModels.constant(-0.25f), 30);

        assertThat(served.decisions).extracting(Decision::kind).contains(Decision.Kind.POLICY);
        assertThat(served.rollouts).isEmpty();
    }

    @Test
    void everyStepOfThePolicyIsRecordedWithWhatItSaw() {
        ModelFile model = TestModels.constant(-0.25f);
        Served served = serve(Recording.MODE, model, 30);

        List<Decision> own = served.own();
        assertThat(own).hasSizeBetween(1, STEPS - 1);
        assertThat(served.rollouts)
                .extracting(RolloutStep::sequence)
                .containsExactlyElementsOf(own.stream().map(Decision::sequence).toList());
        assertThat(served.rollouts).allSatisfy(rollout -> {
            assertThat(rollout.observation()).hasSize(CarFollowing.observationSize());
            assertThat(rollout.observation()[CarFollowing.SPEED]).isEqualTo(20f);
            assertThat(rollout.observation()[CarFollowing.GAP]).isEqualTo(30f);
            assertThat(rollout.action()).containsExactly(-0.25f);
            assertThat(rollout.sha256()).isEqualTo(model.sha256());
            assertThat(rollout.epoch()).isEqualTo(1);
            // the density of N(-0.25, exp(-1)) at its mean: 1 - log(2 pi) / 2
            assertThat(rollout.logProbability()).isCloseTo(1 - Math.log(2 * Math.PI) / 2, Offset.offset(1e-6));
        });
    }

    @Test
    void exploredActionsAreDrawnFromThePolicyWithTheirDensity() {
        Served served = serve(Recording.DRAWN, TestModels.constant(-0.25f), 30);

        assertThat(served.rollouts).extracting(rollout -> rollout.action()[0]).doesNotHaveDuplicates();
        assertThat(served.rollouts).allSatisfy(rollout -> {
            double z = (rollout.action()[0] + 0.25) * Math.E;
            assertThat(rollout.logProbability())
                    .isCloseTo(-z * z / 2 + 1 - Math.log(2 * Math.PI) / 2, Offset.offset(1e-6));
        });
        assertThat(served.own()).hasSameSizeAs(served.rollouts).allSatisfy(decision -> {
            RolloutStep rollout = served.rollouts.stream()
                    .filter(one -> one.sequence() == decision.sequence())
                    .findFirst()
                    .orElseThrow();
            assertThat(decision.action()).isEqualTo(rollout.action());
            assertThat(decision.rawAction()).isEqualTo(rollout.action());
            assertThat(decision.logProbability()).isEqualTo(rollout.logProbability());
        });
    }

    @Test
    void theSameStepsAreExploredAlikeOnAnotherInstance() {
        Served first = serve(Recording.DRAWN, TestModels.constant(-0.25f), 30);
        Served second = serve(Recording.DRAWN, TestModels.constant(-0.25f), 30);

        assertThat(second.rollouts).isEqualTo(first.rollouts);
    }

    @Test
    void aDrawBeyondTheRangeIsDoneClippedAndRecordedAsDrawn() {
        // sd exp(-1) around the highest acceleration: about half of the draws lie above it
        Served served = serve(Recording.DRAWN, TestModels.constant(CarFollowing.MAX_ACCELERATION), 60);

        assertThat(served.own())
                .allSatisfy(decision -> assertThat(decision.action()[0])
                        .isEqualTo(Math.min(CarFollowing.MAX_ACCELERATION, decision.rawAction()[0])))
                .anySatisfy(
                        decision -> assertThat(decision.rawAction()[0]).isGreaterThan(CarFollowing.MAX_ACCELERATION));
        assertThat(served.rollouts).hasSameSizeAs(served.own()).anySatisfy(rollout -> assertThat(rollout.action()[0])
                .isGreaterThan(CarFollowing.MAX_ACCELERATION));
    }

    @Test
    void aStepThatTheEnvelopeTookOverSaysSo() {
        // 2 m behind a leader at 20 m/s: full throttle is not safe
        Served served = serve(Recording.DRAWN, TestModels.constant(2.5f), 2);

        assertThat(served.own()).isEmpty();
        assertThat(served.rollouts).isNotEmpty().allSatisfy(rollout -> {
            assertThat(rollout.kind()).isEqualTo(Decision.Kind.FALLBACK_ENVELOPE);
            assertThat(rollout.logProbability()).isNaN();
            assertThat(rollout.action()[0]).isLessThan(0);
        });
        assertThat(served.decisions)
                .filteredOn(decision -> decision.kind() == Decision.Kind.FALLBACK_ENVELOPE)
                .allSatisfy(decision -> assertThat(decision.logProbability()).isFinite());
    }

    @Test
    void whatIsRecordedHasTheDensitiesThatTheLearnerOfThePolicyFinds() {
        GaussianPolicy policy = FollowingLearners.policy();
        try (Gail gail = new Gail(policy, FollowingEnvironments.defaults(), FollowingLearners.gailConfig())) {
            LearnerState state = gail.initialState(1);
            ModelFile model = TestModels.of(gail.export(state));
            RecordedPieces pieces = RecordedPieces.of(
                    serve(Recording.DRAWN, model, 30).rollouts, policy.observationSize(), policy.actionSize(), 100);
            assertThat(pieces.rollouts()).containsOnlyKeys(model.sha256());
            var recorded = List.copyOf(pieces.rollouts().values());
            Trajectory shown = recorded.get(0).trajectories().get(0);

            OffPolicyUpdate update =
                    gail.begin(state, List.of(shown), List.of(), recorded, OffPolicyConfig.defaults(1, 100), 1);
            while (update.step()) {}

            assertThat(update.report().figures().get("effectiveShare")).isCloseTo(1, Offset.offset(1e-4));
            assertThat(update.report().figures().get("meanRatio")).isCloseTo(1, Offset.offset(1e-3));
            assertThat(update.report().figures()).containsEntry("iterations", 1.0);
        }
    }

    /** What came out. */
    private record Served(List<Decision> decisions, List<RolloutStep> rollouts) {
        List<Decision> own() {
            return decisions.stream()
                    .filter(decision -> decision.kind() == Decision.Kind.POLICY)
                    .toList();
        }
    }

    /** Has a new instance answer a car that follows at a gap, m, at 20 m/s. */
    private Served serve(Recording recording, ModelFile model, double gap) {
        ServingConfig config = ServingConfig.defaults("nowhere:1", folder)
                .with(new ServingConfig.Batching(8, Duration.ofMillis(5), 1))
                .with(recording);
        ServingMetrics metrics = new ServingMetrics();
        try (PolicyDirectories directories = new PolicyDirectories(
                        config.named("test", config.place().applicationId()),
                        List.of(Policies.one(new CarFollowingPolicy())),
                        metrics,
                        acknowledgement -> {},
                        InstantSource.fixed(Instant.EPOCH));
                TopologyTestDriver driver = new TopologyTestDriver(
                        ServingTopology.build(config, directories, metrics), config.toProperties())) {
            var artifacts = driver.createInputTopic(
                    Topics.ARTIFACTS,
                    UnderstudySerdes.artifactKey().serializer(),
                    UnderstudySerdes.artifactChunk().serializer());
            Artifacts.chunks(CarFollowing.POLICY, model.bytes())
                    .forEach(record -> artifacts.pipeInput(record.key(), record.value()));
            driver.createInputTopic(
                            Topics.PROMOTIONS,
                            new StringSerializer(),
                            UnderstudySerdes.promotion().serializer())
                    .pipeInput(
                            CarFollowing.POLICY,
                            new Promotion(
                                    CarFollowing.POLICY,
                                    1,
                                    model.sha256(),
                                    START_MS,
                                    "",
                                    "test",
                                    true,
                                    "",
                                    new TreeMap<>(),
                                    0));
            directories.loadPending();
            var observations = driver.createInputTopic(
                    Topics.OBSERVATIONS,
                    new StringSerializer(),
                    UnderstudySerdes.following().serializer());
            for (int i = 0; i < STEPS; i++) {
                // the expert drives until enough is known
                Actor actor = i < ENOUGH ? Actor.HUMAN : Actor.MIXED;
                observations.pipeInput(
                        "car", new FollowingSample("car", "trip", i, START_MS + 100L * i, actor, "human", 20, gap, 20));
            }
            driver.advanceWallClockTime(Duration.ofMillis(10));
            List<Decision> decisions = driver.createOutputTopic(
                            Topics.DECISIONS,
                            new StringDeserializer(),
                            UnderstudySerdes.decision().deserializer())
                    .readValuesToList();
            List<RolloutStep> rollouts = driver.createOutputTopic(
                            Topics.ROLLOUTS,
                            new StringDeserializer(),
                            UnderstudySerdes.rollout().deserializer())
                    .readValuesToList();
            assertThat(metrics.getRollouts()).isEqualTo(rollouts.size());
            return new Served(decisions, rollouts);
        }
    }
}
