package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.control.ControlPolicySpec;
import dev.understudy.control.ControlStep;
import dev.understudy.domain.Actor;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.FollowingSample;
import dev.understudy.model.ModelFile;
import dev.understudy.schemas.Acknowledgement;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One instance answers for many policies, each by its own models. */
class ManyPoliciesTest {
    private static final Logger LOG = LoggerFactory.getLogger(ManyPoliciesTest.class);
    private static final long START_MS = 1_600_000_000_000L;
    private static final int ENOUGH = 100;
    private static final String CARTPOLE = "control/cartpole-v1";
    private static final String MOUNTAINCAR = "control/mountaincar-v0";
    private static final DomainTopics CONTROL = DomainTopics.CONTROL;

    private final ServingMetrics metrics = new ServingMetrics();
    private final List<Acknowledgement> acknowledgements = new ArrayList<>();

    private ServingConfig config;

    @SuppressWarnings("NullAway.Init") // each test opens with its own policies
    private PolicyDirectories directories;

    @SuppressWarnings("NullAway.Init")
    private TopologyTestDriver driver;

    @BeforeEach
    void configure(@TempDir Path folder) {
        config = ServingConfig.defaults("nowhere:1", folder)
                .named("test", "test")
                .with(new ServingConfig.Batching(8, Duration.ofMillis(5), 1));
    }

    private void open(String mapping, String... policies) {
        directories = new PolicyDirectories(
                config,
                Catalogue.chosen(List.of(policies), mapping),
                metrics,
                acknowledgements::add,
                InstantSource.fixed(Instant.EPOCH));
        driver = new TopologyTestDriver(ServingTopology.build(config, directories, metrics), config.toProperties());
    }

    @AfterEach
    void close() {
        driver.close();
        directories.close();
    }

    private void promote(ModelFile model) {
        ServedDrive.promote(driver, directories, model, START_MS);
    }

    private static FollowingSample car(String vehicle, int sequence, String label) {
        return new FollowingSample(
                vehicle, vehicle + "-trip", sequence, START_MS + 100L * sequence, Actor.HUMAN, label, 20, 30, 20);
    }

    private static ControlStep step(String entity, String episode, int sequence, String label, int numbers) {
        return new ControlStep(
                entity,
                episode,
                sequence,
                START_MS + 20L * sequence,
                Actor.POLICY,
                label,
                false,
                new float[numbers],
                null,
                Double.NaN,
                ControlStep.End.NONE);
    }

    /** Sends samples and returns the decisions on them. */
    private List<Decision> decisions(FollowingSample... samples) {
        TestInputTopic<String, FollowingSample> topic = driver.createInputTopic(
                Topics.OBSERVATIONS,
                new StringSerializer(),
                UnderstudySerdes.following().serializer());
        for (FollowingSample sample : samples) {
            topic.pipeInput(sample.vehicle(), sample);
        }
        return decisions(Topics.DECISIONS);
    }

    private List<Decision> decisions(ControlStep... steps) {
        TestInputTopic<String, ControlStep> topic = driver.createInputTopic(
                CONTROL.observations(),
                new StringSerializer(),
                UnderstudySerdes.control().serializer());
        for (ControlStep step : steps) {
            topic.pipeInput(step.entity(), step);
        }
        return decisions(CONTROL.decisions());
    }

    private List<Decision> decisions(String topic) {
        driver.advanceWallClockTime(config.batching().longestWait());
        return driver.createOutputTopic(
                        topic,
                        new StringDeserializer(),
                        UnderstudySerdes.decision().deserializer())
                .readValuesToList();
    }

    private List<DeadLetter> deadLetters() {
        TestOutputTopic<byte[], DeadLetter> topic = driver.createOutputTopic(
                Topics.DEAD_LETTERS,
                new ByteArrayDeserializer(),
                UnderstudySerdes.deadLetter().deserializer());
        return topic.readValuesToList();
    }

    private static ControlPolicySpec spec(String policy) {
        return (ControlPolicySpec) Catalogue.policy(policy);
    }

    @Test
    void twoHundredVariantsAreEachAnsweredByTheirOwnModel() throws IOException {
        int variants = 200;
        open("label", CarFollowing.POLICY);
        promote(TestModels.constant(0));
        List<ModelFile> models = new ArrayList<>();
        for (int i = 0; i < variants; i++) {
            models.add(TestModels.constant(CarFollowing.POLICY + "@fleet-" + i, -0.01f * (i + 1)));
        }
        long memoryBefore = residentKilobytes();
        long before = System.nanoTime();
        models.forEach(this::promote);
        double millis = (System.nanoTime() - before) / 1e6;
        LOG.info(
                "{} policies: {} ms and {} KB each",
                variants,
                "%.1f".formatted(millis / variants),
                (residentKilobytes() - memoryBefore) / variants);

        assertThat(metrics.snapshot().swaps()).isEqualTo(variants + 1);
        FollowingSample[] samples = new FollowingSample[variants * ENOUGH];
        for (int i = 0; i < samples.length; i++) {
            int fleet = i % variants;
            samples[i] = car("car-" + fleet, i / variants, "fleet-" + fleet);
        }
        Map<String, Decision> last = new TreeMap<>();
        decisions(samples).forEach(decision -> last.put(decision.entity(), decision));
        assertThat(metrics.snapshot().decisions()).isEqualTo(samples.length);
        assertThat(last).hasSize(variants);
        for (int i = 0; i < variants; i++) {
            float acceleration = -0.01f * (i + 1);
            String policy = CarFollowing.POLICY + "@fleet-" + i;
            String sha256 = models.get(i).sha256();
            assertThat(last).hasEntrySatisfying("car-" + i, decision -> {
                assertThat(decision.policy()).isEqualTo(policy);
                assertThat(decision.sha256()).isEqualTo(sha256);
                assertThat(decision.rawAction()).containsExactly(acceleration);
            });
        }
    }

    private static long residentKilobytes() throws IOException {
        System.gc();
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElse(0);
    }

    @Test
    void aVariantIsAnsweredByItsParentUntilItHasAModelOfItsOwn() {
        open("entity-prefix", CarFollowing.POLICY);
        assertThat(decisions(car("north/car", 0, "")))
                .extracting(Decision::policy, Decision::kind)
                .containsExactly(tuple(CarFollowing.POLICY + "@north", Decision.Kind.FALLBACK_NO_MODEL));
        promote(TestModels.constant(-0.25f));
        List<Decision> made = new ArrayList<>();
        for (int i = 1; i < ENOUGH; i++) {
            made.addAll(decisions(car("north/car", i, "")));
        }
        Decision parents = made.get(made.size() - 1);
        assertThat(parents.policy()).isEqualTo(CarFollowing.POLICY);
        assertThat(parents.rawAction()).containsExactly(-0.25f);

        promote(TestModels.constant(CarFollowing.POLICY + "@north", -0.5f));
        Decision own = decisions(car("north/car", ENOUGH, "")).get(0);
        assertThat(own.policy()).isEqualTo(CarFollowing.POLICY + "@north");
        assertThat(own.rawAction()).containsExactly(-0.5f);
    }

    @Test
    void tasksThatShareTheirTopicsAreToldApartByTheLabel() {
        open("", CARTPOLE, MOUNTAINCAR);
        ModelFile cartpole = TestModels.untrained(spec(CARTPOLE), CARTPOLE, 1);
        ModelFile mountaincar = TestModels.untrained(spec(MOUNTAINCAR), MOUNTAINCAR, 2);
        promote(cartpole);
        promote(mountaincar);

        List<Decision> made = decisions(
                step("a", "a/1", 0, "CartPole-v1", 4),
                step("b", "b/1", 0, MOUNTAINCAR, 2),
                step("a", "a/2", 0, "mountaincar-v0", 2),
                step("a", "a/1", 1, "cartpole-v1", 4),
                step("b", "b/1", 1, "cartpole-v1", 2),
                step("b", "b/1", 2, "anything", 2));

        assertThat(made).allSatisfy(decision -> assertThat(decision.kind()).isEqualTo(Decision.Kind.POLICY));
        assertThat(made)
                .as("an episode keeps the policy of its first step")
                .extracting(Decision::episode, Decision::policy, Decision::sha256)
                .containsExactlyInAnyOrder(
                        answered("a/1", CARTPOLE, cartpole),
                        answered("a/1", CARTPOLE, cartpole),
                        answered("a/2", MOUNTAINCAR, mountaincar),
                        answered("b/1", MOUNTAINCAR, mountaincar),
                        answered("b/1", MOUNTAINCAR, mountaincar),
                        answered("b/1", MOUNTAINCAR, mountaincar));
    }

    private static Tuple answered(String episode, String policy, ModelFile model) {
        return tuple(episode, policy, model.sha256());
    }

    @Test
    void whatBelongsToNoPolicyThatWasAskedForIsADeadLetterThatSaysSo() {
        open("", CARTPOLE, MOUNTAINCAR);
        assertThat(decisions(step("a", "a/1", 0, "acrobot-v0", 6))).isEmpty();
        assertThat(deadLetters()).singleElement().satisfies(letter -> assertThat(letter.reason())
                .isEqualTo("OTHER_POLICY: expected an episode of control/cartpole-v1, control/mountaincar-v0, "
                        + "got a/1 of entity a with label 'acrobot-v0'"));
        List<Decision> made = decisions(step("a", "a/1", 0, "mountaincar-v0", 6));
        assertThat(made).singleElement().satisfies(decision -> {
            assertThat(decision.reason()).isEqualTo("WRONG_DIMENSION");
            assertThat(decision.policy()).isEqualTo(MOUNTAINCAR);
            assertThat(decision.action()).as("the neutral choice of its task").containsExactly(1);
        });
    }

    @Test
    void severalDomainsShareAnInstance() {
        open("", CarFollowing.POLICY, CARTPOLE);
        promote(TestModels.untrained(spec(CARTPOLE), CARTPOLE, 1));
        assertThat(decisions(step("a", "a/1", 0, "", 4)))
                .singleElement()
                .satisfies(decision -> assertThat(decision.policy()).isEqualTo(CARTPOLE));
        assertThat(decisions(car("car", 0, ""))).singleElement().satisfies(decision -> assertThat(decision.kind())
                .isEqualTo(Decision.Kind.FALLBACK_NO_MODEL));
        assertThat(driver.getAllStateStores())
                .containsKeys("entities-driving", "waiting-driving", "entities-control", "waiting-control");
    }

    @Test
    void variantsBeyondTheBoundAreRefusedAndTheirParentAnswers() {
        config = config.with(new ServingConfig.Bounds(20_000, 2));
        open("label", CarFollowing.POLICY);
        promote(TestModels.constant(CarFollowing.POLICY + "@a", -0.25f));
        promote(TestModels.constant(CarFollowing.POLICY + "@b", -0.5f));
        assertThat(directories.epochs()).containsOnlyKeys(CarFollowing.POLICY + "@a");
        assertThat(acknowledgements).last().satisfies(refused -> {
            assertThat(refused.accepted()).isFalse();
            assertThat(refused.policy()).isEqualTo(CarFollowing.POLICY + "@b");
            assertThat(refused.reason())
                    .isEqualTo("expected at most 2 policies in one instance (serve.policies.most), found one more");
        });
        assertThat(decisions(car("car", 0, "b"))).hasSize(1);
    }

    @Test
    void aModelOfAnotherVariantIsRefused() {
        open("label", CarFollowing.POLICY);
        ModelFile ofA = TestModels.constant(CarFollowing.POLICY + "@a", -0.25f);
        ServedDrive.promote(driver, directories, CarFollowing.POLICY + "@b", ofA, START_MS);
        assertThat(acknowledgements).singleElement().satisfies(refused -> assertThat(refused.reason())
                .startsWith("expected a model of driving/car-following@b")
                .contains("got one of driving/car-following@a"));
    }
}
