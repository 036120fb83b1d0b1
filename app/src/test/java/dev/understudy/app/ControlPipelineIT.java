package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.control.ControlStep;
import dev.understudy.domain.Actor;
import dev.understudy.environment.End;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Environments;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.streams.Serving;
import dev.understudy.streams.ServingConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
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

    private static Settings settings(Tool tool, EmbeddedBroker broker, Path checkpoints) {
        List<Setting<?>> all = tool.settings();
        Map<String, String> given = new TreeMap<>();
        given.put("policy", POLICY);
        given.put("bootstrap.servers", broker.bootstrapServers());
        given.put("checkpoint.directory", checkpoints.toString());
        given.put("topics.partitions", "1");
        given.put("topics.replication", "1");
        if (tool instanceof LearnCommand) {
            given.put("window.seconds", "60");
        }
        return Settings.resolve(all, all.stream().map(Setting::key).collect(Collectors.toSet()), null, Map.of(), given);
    }

    private static ControlStep step(String episode, long sequence, long timeMs, float[] seen, float action, End end) {
        ControlStep.End left =
                switch (end) {
                    case TERMINATED -> ControlStep.End.TERMINATED;
                    case TRUNCATED -> ControlStep.End.TRUNCATED;
                    default -> ControlStep.End.NONE;
                };
        return new ControlStep(
                "cart",
                episode,
                sequence,
                timeMs,
                Actor.HUMAN,
                "",
                false,
                seen,
                Float.isNaN(action) ? null : new float[] {action},
                1,
                left);
    }

    /** Plays whole episodes by a law that keeps the pole upright, and returns the time after the last. */
    private static long demonstrate(KafkaProducer<String, ControlStep> producer) {
        Environment cart = Environments.named("cartpole-v0").create(1, 1);
        cart.reset(1);
        long timeMs = START_MS;
        for (int episode = 0; episode < EPISODES; episode++) {
            float[] observation = new float[4];
            End[] ends = {End.RUNNING};
            cart.start(0, observation);
            for (long sequence = 0; ends[0] == End.RUNNING; sequence++) {
                float[] seen = observation.clone();
                float action = 0.1f * seen[0] + 0.3f * seen[1] + 3 * seen[2] + seen[3] > 0 ? 1 : 0;
                cart.step(new float[] {action}, observation, new float[1], ends);
                ControlStep step = step("episode-" + episode, sequence, timeMs, seen, action, ends[0]);
                var unused = producer.send(new ProducerRecord<>(TOPICS.logs(), step.entity(), step));
                timeMs += STEP_MS;
            }
        }
        producer.flush();
        return timeMs;
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
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            Connection connection = Connection.local(broker.bootstrapServers());
            Path checkpoints = folder.resolve("checkpoints");
            Settings learning = settings(new LearnCommand(), broker, checkpoints);
            Settings judging = settings(new PromoteGateCommand(), broker, checkpoints);
            connection.ensureTopics(learning, ControlPolicySpec.DOMAIN);
            TopicReader reader = new TopicReader(connection, Duration.ofSeconds(20));
            ServingConfig config = ServingConfig.defaults(broker.bootstrapServers(), folder.resolve("serving"))
                    .named("test", "understudy-test");
            try (KafkaProducer<String, ControlStep> producer = new KafkaProducer<>(
                            connection.clientSettings(),
                            new StringSerializer(),
                            UnderstudySerdes.control().serializer());
                    LocalFlink flink = LocalFlink.start(Files.createDirectories(folder.resolve("flink")), 2);
                    Serving serving = new Serving(config, Pipeline.spec(POLICY))) {
                flink.submit("learning", environment -> LearnCommand.build(environment, learning, connection));
                flink.submit("promotion", environment -> PromoteGateCommand.build(environment, judging, connection));
                serving.start();
                long afterwardsMs = demonstrate(producer);
                List<Promotion> verdicts = await(
                        () -> reader.all(Topics.HISTORY, Serdes.String(), UnderstudySerdes.promotion()).stream()
                                .map(record -> record.value())
                                .toList(),
                        found -> !found.isEmpty(),
                        flink);
                Promotion first = verdicts.get(0);
                assertThat(first.promoted()).as(first.reason()).isTrue();
                assertThat(first.policy()).isEqualTo(POLICY);
                await(() -> serving.health().epoch(), epoch -> epoch.isPresent(), flink);

                // The law pushes right a pole that falls to the right, and left one that falls to the left.
                float[][] falling = {{0, 0, 0.1f, 0.5f}, {0, 0, -0.1f, -0.5f}};
                for (int i = 0; i < falling.length; i++) {
                    ControlStep live =
                            step("live", i, afterwardsMs + 60_000 + i * STEP_MS, falling[i], Float.NaN, End.RUNNING);
                    producer.send(new ProducerRecord<>(TOPICS.observations(), live.entity(), live))
                            .get(20, TimeUnit.SECONDS);
                }
                List<Decision> decisions = await(
                        () -> reader.all(TOPICS.decisions(), Serdes.String(), UnderstudySerdes.decision()).stream()
                                .map(record -> record.value())
                                .toList(),
                        found -> found.size() == falling.length,
                        flink);
                assertThat(decisions)
                        .allSatisfy(decision -> {
                            assertThat(decision.kind()).isEqualTo(Decision.Kind.POLICY);
                            assertThat(decision.policy()).isEqualTo(POLICY);
                            assertThat(decision.epoch()).isPositive();
                        })
                        .extracting(decision -> decision.action()[0])
                        .containsExactly(1f, 0f);
            }
        }
    }
}
