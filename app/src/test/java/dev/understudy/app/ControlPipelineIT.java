package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.app.commands.LearnCommand;
import dev.understudy.app.commands.PromoteGateCommand;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Tool;
import dev.understudy.app.embedded.EmbeddedBroker;
import dev.understudy.app.embedded.LocalFlink;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.TopicReader;
import dev.understudy.catalogue.Catalogue;
import dev.understudy.control.ControlPolicySpec;
import dev.understudy.control.ControlStep;
import dev.understudy.domain.Actor;
import dev.understudy.environment.End;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Environments;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.streams.Recording;
import dev.understudy.streams.Serving;
import dev.understudy.streams.ServingConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Episodes of an expert of CartPole become a promoted model, and that answers observations: all by topics of control.
 */
class ControlPipelineIT {
    private static final String POLICY = "control/cartpole-v0";
    private static final DomainTopics TOPICS = DomainTopics.of(ControlPolicySpec.DOMAIN);
    private static final long START_MS = 1_600_000_200_000L;
    private static final long STEP_MS = 20;
    private static final int EPISODES = 40;
    private static final Duration DEADLINE = Duration.ofMinutes(2);

    @TempDir
    Path folder = Path.of("");

    private static Settings settings(
            Tool tool, List<String> policies, EmbeddedBroker broker, Path checkpoints, boolean rollouts) {
        List<Setting<?>> all = tool.settings();
        Map<String, String> given = new TreeMap<>();
        given.put("policy", String.join(",", policies));
        given.put("bootstrap.servers", broker.bootstrapServers());
        given.put("checkpoint.directory", checkpoints.toString());
        given.put("topics.partitions", "1");
        given.put("topics.replication", "1");
        if (tool instanceof LearnCommand) {
            given.put("window.seconds", "60");
            if (rollouts) {
                given.putAll(Map.of("learn.rollouts", "true", "learn.learner", "gail", "learn.iterations", "2"));
            }
        }
        return Settings.resolve(all, all.stream().map(Setting::key).collect(Collectors.toSet()), null, Map.of(), given);
    }

    /**
     * An expert of one task.
     *
     * @param law tells its action for an observation
     * @param falling two observations, and what the law does in them
     */
    private record Expert(String policy, String label, ToDoubleFunction<float[]> law, float[][] falling) {
        private String environment() {
            return policy.substring(policy.indexOf('/') + 1);
        }

        private ControlStep step(String episode, long sequence, long timeMs, float[] seen, float action, End end) {
            ControlStep.End left =
                    switch (end) {
                        case TERMINATED -> ControlStep.End.TERMINATED;
                        case TRUNCATED -> ControlStep.End.TRUNCATED;
                        default -> ControlStep.End.NONE;
                    };
            return new ControlStep(
                    environment(),
                    environment() + "-" + episode,
                    sequence,
                    timeMs,
                    Actor.HUMAN,
                    label,
                    false,
                    seen,
                    Float.isNaN(action) ? null : new float[] {action},
                    1,
                    left);
        }

        /** Plays whole episodes, one after the other from a time on. */
        private List<ControlStep> demonstrations(String name, long startMs) {
            Environment played = Environments.named(environment()).create(1, 1);
            played.reset(1);
            List<ControlStep> steps = new ArrayList<>();
            for (int episode = 0; episode < EPISODES; episode++) {
                float[] observation = new float[falling[0].length];
                End[] ends = {End.RUNNING};
                played.start(0, observation);
                for (long sequence = 0; ends[0] == End.RUNNING; sequence++) {
                    float[] seen = observation.clone();
                    float action = (float) law.applyAsDouble(seen);
                    played.step(new float[] {action}, observation, new float[1], ends);
                    long timeMs = startMs + STEP_MS * steps.size();
                    steps.add(step(name + episode, sequence, timeMs, seen, action, ends[0]));
                }
            }
            return steps;
        }
    }

    /** Pushes right a pole that falls to the right, and left one that falls to the left. */
    private static Expert balancing(String label) {
        return new Expert(
                POLICY,
                label,
                seen -> 0.1 * seen[0] + 0.3 * seen[1] + 3 * seen[2] + seen[3] > 0 ? 1 : 0,
                new float[][] {{0, 0, 0.1f, 0.5f}, {0, 0, -0.1f, -0.5f}});
    }

    /** Pushes to where the car moves. */
    private static Expert swinging(String label) {
        return new Expert("control/mountaincar-v0", label, seen -> seen[1] >= 0 ? 2 : 0, new float[][] {
            {-0.5f, 0.03f}, {-0.5f, -0.03f}
        });
    }

    private static <T> T await(Supplier<T> look, Predicate<T> enough, LocalFlink flink) throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (true) {
            T found = look.get();
            if (enough.test(found)) {
                return found;
            }
            assertThat(flink.failure()).isEmpty();
            assertThat(System.nanoTime()).as("deadline; so far %s", found).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    @Test
    void anExpertsEpisodesAreLearnedPromotedAndServed() throws Exception {
        run(List.of(balancing("")), false);
    }

    @Test
    void whatAPolicyDidInServiceIsReadBesideTheLogs() throws Exception {
        run(List.of(balancing("")), true);
    }

    @Test
    void twoTasksThatShareTheirTopicsAreLearnedByOneJobPromotedAndServed() throws Exception {
        run(List.of(balancing("cartpole-v0"), swinging("MountainCar-v0")), false);
    }

    private void run(List<Expert> experts, boolean rollouts) throws Exception {
        List<String> policies = experts.stream().map(Expert::policy).toList();
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            Connection connection = Connection.local(broker.bootstrapServers());
            Path checkpoints = folder.resolve("checkpoints");
            Settings learning = settings(new LearnCommand(), policies, broker, checkpoints, rollouts);
            Settings judging = settings(new PromoteGateCommand(), policies, broker, checkpoints, rollouts);
            connection.ensureTopics(learning, ControlPolicySpec.DOMAIN);
            TopicReader reader = new TopicReader(connection, Duration.ofSeconds(20));
            ServingConfig config = ServingConfig.defaults(broker.bootstrapServers(), folder.resolve("serving"))
                    .named("test", "understudy-test")
                    .with(rollouts ? Recording.MODE : Recording.OFF);
            try (KafkaProducer<String, ControlStep> producer = new KafkaProducer<>(
                            connection.clientSettings(),
                            new StringSerializer(),
                            UnderstudySerdes.control().serializer());
                    LocalFlink flink = LocalFlink.start(Files.createDirectories(folder.resolve("flink")), 2);
                    Serving serving = new Serving(config, Catalogue.chosen(policies, ""))) {
                flink.submit("learning", environment -> LearnCommand.build(environment, learning, connection));
                flink.submit("promotion", environment -> PromoteGateCommand.build(environment, judging, connection));
                serving.start();
                List<ControlStep> logs = experts.stream()
                        .flatMap(expert -> expert.demonstrations("episode-", START_MS).stream())
                        .sorted(Comparator.comparingLong(ControlStep::timeMs))
                        .toList();
                for (ControlStep step : logs) {
                    var unused = producer.send(new ProducerRecord<>(TOPICS.logs(), step.entity(), step));
                }
                producer.flush();
                await(() -> serving.health().epochs().keySet(), Set.copyOf(policies)::equals, flink);
                assertThat(reader.all(Topics.PROMOTIONS, Serdes.String(), UnderstudySerdes.promotion()))
                        .extracting(ConsumerRecord::key)
                        .containsOnlyOnceElementsOf(policies);
                long liveMs = logs.get(logs.size() - 1).timeMs() + 60_000;
                for (Expert expert : experts) {
                    for (int i = 0; i < expert.falling.length; i++) {
                        ControlStep live =
                                expert.step("live", i, liveMs + i * STEP_MS, expert.falling[i], Float.NaN, End.RUNNING);
                        producer.send(new ProducerRecord<>(TOPICS.observations(), live.entity(), live))
                                .get(20, TimeUnit.SECONDS);
                    }
                }
                List<Decision> decisions = await(
                        () -> reader.all(TOPICS.decisions(), Serdes.String(), UnderstudySerdes.decision()).stream()
                                .map(ConsumerRecord::value)
                                .toList(),
                        found -> found.size() == 2 * experts.size(),
                        flink);
                for (Expert expert : experts) {
                    assertThat(decisions)
                            .filteredOn(decision -> decision.policy().equals(expert.policy))
                            .allSatisfy(decision -> {
                                assertThat(decision.kind()).isEqualTo(Decision.Kind.POLICY);
                                assertThat(decision.epoch()).isPositive();
                            })
                            .extracting(decision -> (double) decision.action()[0])
                            .containsExactly(
                                    expert.law.applyAsDouble(expert.falling[0]),
                                    expert.law.applyAsDouble(expert.falling[1]));
                }
                if (rollouts) {
                    for (ControlStep step : experts.get(0).demonstrations("later-", liveMs)) {
                        var unused = producer.send(new ProducerRecord<>(TOPICS.logs(), step.entity(), step));
                    }
                    producer.flush();
                    await(
                            () -> reader.all(Topics.CANDIDATES, Serdes.String(), UnderstudySerdes.candidate()),
                            found -> found.stream()
                                    .anyMatch(candidate ->
                                            candidate.value().figures().containsKey("rollouts")),
                            flink);
                }
            }
        }
    }
}
