package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.control.ControlStep;
import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.data.Trajectory;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Policies;
import dev.understudy.environment.End;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Environments;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.Update;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.model.TrainedFigures;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.RolloutStep;
import dev.understudy.schemas.UnderstudySerdes;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cloned policy of choices, served by the topics of control, keeps a pole upright. */
class ControlServingTest {
    private static final DomainTopics TOPICS = DomainTopics.of(ControlPolicySpec.DOMAIN);
    private static final Instant START = Instant.ofEpochMilli(1_600_000_000_000L);

    private final ControlPolicySpec spec = ControlPolicySpec.builtIn().stream()
            .filter(each -> each.name().equals("control/cartpole-v0"))
            .findFirst()
            .orElseThrow();

    /** Chooses an action for an observation. */
    private interface Player {
        float choose(long sequence, float[] observation);
    }

    private Environment cart() {
        return Environments.named(spec.environment()).create(1, 1);
    }

    /** Plays an episode and returns its number of steps. */
    private int play(Environment cart, Player player) {
        float[] observation = new float[spec.observationSize()];
        End[] ends = {End.RUNNING};
        cart.start(0, observation);
        int steps = 0;
        while (ends[0] == End.RUNNING) {
            float[] action = {player.choose(steps, observation.clone())};
            cart.step(action, observation, new float[1], ends);
            steps++;
        }
        return steps;
    }

    private ModelFile cloned() {
        Environment cart = cart();
        cart.reset(7);
        List<Trajectory> demonstrations = new ArrayList<>();
        for (int episode = 0; episode < 6; episode++) {
            List<float[]> rows = new ArrayList<>();
            List<Float> done = new ArrayList<>();
            play(cart, (sequence, seen) -> {
                float action = 0.1f * seen[0] + 0.3f * seen[1] + 3 * seen[2] + seen[3] > 0 ? 1 : 0;
                rows.add(seen);
                done.add(action);
                return action;
            });
            int n = spec.observationSize();
            Matrix observations = new Matrix(rows.size(), n, new float[rows.size() * n]);
            Matrix actions = new Matrix(rows.size(), 1, new float[rows.size()]);
            for (int row = 0; row < rows.size(); row++) {
                System.arraycopy(rows.get(row), 0, observations.values(), row * n, n);
                actions.values()[row] = done.get(row);
            }
            demonstrations.add(new Trajectory("episode" + episode, "cart", 0, 0, observations, actions));
        }
        try (Learner learner = spec.learner(Algorithms.CLONING, 400)) {
            Update update = learner.begin(learner.initialState(1), demonstrations, List.of(), 1);
            while (update.step()) {}
            Rows golden = TrainedFigures.goldenObservations(demonstrations);
            return ModelFile.createGolden(
                    learner.export(update.state()),
                    new ModelMetadata(
                            spec.name(),
                            "",
                            0,
                            1,
                            List.of(),
                            1,
                            spec.fingerprint(),
                            "{}",
                            golden,
                            new Matrix(golden.rows(), 1, new float[golden.rows()]),
                            "test",
                            "none",
                            new TreeMap<>()));
        }
    }

    private ControlStep live(String episode, long sequence, float[] observation) {
        return new ControlStep(
                "cart",
                episode,
                sequence,
                START.toEpochMilli() + 20 * sequence,
                Actor.POLICY,
                "",
                false,
                observation,
                null,
                Double.NaN,
                ControlStep.End.NONE);
    }

    /** One instance and its topics. */
    private final class Served implements AutoCloseable {
        private final PolicyDirectories directories;
        private final TopologyTestDriver driver;
        private final TestInputTopic<String, ControlStep> observations;
        private final TestOutputTopic<String, Decision> decisions;

        Served(Path folder, Recording recording) {
            ServingConfig config = ServingConfig.defaults("nowhere:1", folder)
                    .with(new ServingConfig.Batching(1, Duration.ofMillis(5), 1))
                    .with(recording);
            ServingMetrics metrics = new ServingMetrics();
            directories = ServedDrive.directories(config, List.of(Policies.one(spec)), metrics);
            driver = new TopologyTestDriver(
                    ServingTopology.build(config, directories, metrics),
                    config.toProperties(),
                    START.plusSeconds(3600));
            ServedDrive.promote(driver, directories, cloned(), START.toEpochMilli());
            observations = driver.createInputTopic(
                    TOPICS.observations(),
                    new StringSerializer(),
                    UnderstudySerdes.control().serializer());
            decisions = driver.createOutputTopic(
                    TOPICS.decisions(),
                    new StringDeserializer(),
                    UnderstudySerdes.decision().deserializer());
        }

        Decision decided(ControlStep step) {
            observations.pipeInput(step.entity(), step);
            return decisions.readValue();
        }

        @Override
        public void close() {
            driver.close();
            directories.close();
        }
    }

    @Test
    void whatIsServedKeepsThePoleUpright(@TempDir Path folder) {
        try (Served served = new Served(folder, Recording.OFF)) {
            Environment cart = cart();
            cart.reset(99);
            int steps = play(cart, (sequence, seen) -> {
                Decision decision = served.decided(live("episode", sequence, seen));
                assertThat(decision.kind()).isEqualTo(Decision.Kind.POLICY);
                assertThat(decision.policy()).isEqualTo(spec.name());
                assertThat(decision.logProbability()).isBetween(Math.log(0.5) - 1e-6, 0.0);
                return decision.action()[0];
            });
            assertThat(steps).isGreaterThan(150);
        }
    }

    @Test
    void whatCannotBeObservedIsAnsweredByTheNeutralAction(@TempDir Path folder) {
        try (Served served = new Served(folder, Recording.OFF)) {
            Decision decision = served.decided(live("episode", 0, new float[3]));
            assertThat(decision.kind()).isEqualTo(Decision.Kind.FALLBACK_INPUT);
            assertThat(decision.reason()).isEqualTo("WRONG_DIMENSION");
            assertThat(decision.action()).containsExactly(0);
        }
    }

    @Test
    void drawnChoicesAreRecordedWithTheirProbability(@TempDir Path folder) {
        try (Served served = new Served(folder, Recording.DRAWN)) {
            for (int i = 0; i < 50; i++) {
                served.decided(live("episode", i, new float[spec.observationSize()]));
            }
            List<RolloutStep> rollouts = served.driver
                    .createOutputTopic(
                            TOPICS.rollouts(),
                            new StringDeserializer(),
                            UnderstudySerdes.rollout().deserializer())
                    .readValuesToList();
            assertThat(rollouts).hasSize(50);
            double[] ofAction = new double[2];
            rollouts.forEach(rollout -> ofAction[(int) rollout.action()[0]] = Math.exp(rollout.logProbability()));
            assertThat(ofAction[0]).isPositive();
            assertThat(ofAction[1]).isPositive();
            assertThat(ofAction[0] + ofAction[1]).isCloseTo(1, org.assertj.core.data.Offset.offset(1e-6));
        }
    }
}
