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
import dev.understudy.learn.Algorithms;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.TrainingRecord;
import dev.understudy.schemas.UnderstudySerdes;
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
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An expert of CartPole whose logs have no action, and somebody who tries everything and logs it: in the first window
 * the expert is alone and the policy is held, from the second on it is learned, promoted and served.
 */
class ObservedPipelineIT {
    private static final String POLICY = "control/cartpole-v0";
    private static final DomainTopics TOPICS = DomainTopics.of(ControlPolicySpec.DOMAIN);
    private static final long START_MS = 1_600_000_200_000L;
    private static final long WINDOW_MS = 60_000;
    private static final long STEP_MS = 20;
    private static final Duration DEADLINE = Duration.ofMinutes(2);
    private static final float[][] FALLING = {{0, 0, 0.1f, 0.5f}, {0, 0, -0.1f, -0.5f}};

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
            given.put("window.seconds", Long.toString(WINDOW_MS / 1000));
            given.put("learn.learner", Algorithms.BCO);
        }
        return Settings.resolve(all, all.stream().map(Setting::key).collect(Collectors.toSet()), null, Map.of(), given);
    }

    /** Pushes right a pole that falls to the right, and left one that falls to the left. */
    private static double balanced(float[] seen) {
        return 0.1 * seen[0] + 0.3 * seen[1] + 3 * seen[2] + seen[3] > 0 ? 1 : 0;
    }

    /** What a log tells of an action. */
    private enum Actions {
        WRITTEN,
        HIDDEN
    }

    /** Plays whole episodes, one after the other, for a span of event time. */
    private static List<ControlStep> played(
            String entity, long fromMs, long toMs, Actions actions, ToDoubleFunction<float[]> law) {
        Environment environment = Environments.named("cartpole-v0").create(1, 1);
        environment.reset(fromMs);
        List<ControlStep> steps = new ArrayList<>();
        long timeMs = fromMs;
        for (int episode = 0; timeMs < toMs; episode++) {
            float[] observation = new float[4];
            End[] ends = {End.RUNNING};
            environment.start(0, observation);
            for (long sequence = 0; ends[0] == End.RUNNING; sequence++, timeMs += STEP_MS) {
                float[] seen = observation.clone();
                float[] action = {(float) law.applyAsDouble(seen)};
                environment.step(action, observation, new float[1], ends);
                steps.add(new ControlStep(
                        entity,
                        entity + "-" + fromMs + "-" + episode,
                        sequence,
                        timeMs,
                        actions == Actions.HIDDEN ? Actor.HUMAN : Actor.ASSISTANCE,
                        "",
                        false,
                        seen,
                        actions == Actions.HIDDEN ? null : action,
                        1,
                        ends[0] == End.TERMINATED
                                ? ControlStep.End.TERMINATED
                                : ends[0] == End.RUNNING ? ControlStep.End.NONE : ControlStep.End.TRUNCATED));
            }
        }
        return steps;
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

    private static void send(KafkaProducer<String, ControlStep> producer, Stream<ControlStep> steps) {
        steps.sorted(Comparator.comparingLong(ControlStep::timeMs)).forEach(step -> {
            var unused = producer.send(new ProducerRecord<>(TOPICS.logs(), step.entity(), step));
        });
        producer.flush();
    }

    private static long held(TopicReader reader) {
        return reader.all(Topics.REPORTS, Serdes.String(), UnderstudySerdes.trainingRecord()).stream()
                .map(ConsumerRecord::value)
                .mapToLong(report -> report.counts().getOrDefault("rejected.HELD", 0L))
                .max()
                .orElse(0);
    }

    @Test
    void whatAnExpertDidIsInferredFromWhatAnotherDid() throws Exception {
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
                    Serving serving = new Serving(config, Catalogue.chosen(List.of(POLICY), ""))) {
                flink.submit("learning", environment -> LearnCommand.build(environment, learning, connection));
                flink.submit("promotion", environment -> PromoteGateCommand.build(environment, judging, connection));
                serving.start();
                long secondMs = START_MS + WINDOW_MS;
                long endMs = secondMs + WINDOW_MS + 5_000;
                send(
                        producer,
                        played("expert", START_MS, secondMs + 5_000, Actions.HIDDEN, ObservedPipelineIT::balanced)
                                .stream());
                await(() -> held(reader), steps -> steps > 0, flink);
                assertThat(reader.all(Topics.CANDIDATES, Serdes.String(), UnderstudySerdes.candidate()))
                        .isEmpty();

                SplittableRandom random = new SplittableRandom(1);
                send(
                        producer,
                        Stream.concat(
                                played("explorer", secondMs + 10_000, endMs, Actions.WRITTEN, any -> random.nextInt(2))
                                        .stream(),
                                played("expert", secondMs + 10_000, endMs, Actions.HIDDEN, ObservedPipelineIT::balanced)
                                        .stream()));
                await(() -> serving.health().epochs().keySet(), Set.of(POLICY)::equals, flink);
                Candidate candidate = reader.all(Topics.CANDIDATES, Serdes.String(), UnderstudySerdes.candidate())
                        .get(0)
                        .value();
                assertThat(candidate.algorithm()).isEqualTo(Algorithms.BCO);
                assertThat(candidate.windowStartMs()).isEqualTo(secondMs);
                assertThat(candidate.figures().get("dynamicsLoss")).isLessThan(0.05);
                assertThat(reader.all(Topics.REPORTS, Serdes.String(), UnderstudySerdes.trainingRecord()))
                        .extracting(record -> record.value().kind())
                        .as("nobody knows what the expert did, so no window is scored")
                        .doesNotContain(TrainingRecord.Kind.PREQUENTIAL);

                for (int i = 0; i < FALLING.length; i++) {
                    ControlStep live = new ControlStep(
                            "live",
                            "live",
                            i,
                            endMs + WINDOW_MS + i * STEP_MS,
                            Actor.HUMAN,
                            "",
                            false,
                            FALLING[i],
                            null,
                            Double.NaN,
                            ControlStep.End.NONE);
                    producer.send(new ProducerRecord<>(TOPICS.observations(), live.entity(), live))
                            .get(20, TimeUnit.SECONDS);
                }
                List<Decision> decisions = await(
                        () -> reader.all(TOPICS.decisions(), Serdes.String(), UnderstudySerdes.decision()).stream()
                                .map(ConsumerRecord::value)
                                .toList(),
                        found -> found.size() == FALLING.length,
                        flink);
                assertThat(decisions)
                        .allSatisfy(decision -> assertThat(decision.kind()).isEqualTo(Decision.Kind.POLICY))
                        .extracting(decision -> (double) decision.action()[0])
                        .containsExactly(balanced(FALLING[0]), balanced(FALLING[1]));
            }
        }
    }
}
