package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.app.commands.LearnCommand;
import dev.understudy.app.commands.PromoteGateCommand;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Tool;
import dev.understudy.app.embedded.EmbeddedBroker;
import dev.understudy.app.embedded.LocalFlink;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.TopicReader;
import dev.understudy.control.ControlPolicySpec;
import dev.understudy.control.ControlStep;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Policies;
import dev.understudy.ingest.DeclaredSource;
import dev.understudy.ingest.PolicyFile;
import dev.understudy.ingest.Row;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.streams.Serving;
import dev.understudy.streams.ServingConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A policy that a file declares goes the whole way: logs, learning, the gate, serving, decisions. */
class DeclaredPipelineIT {
    private static final Duration DEADLINE = Duration.ofMinutes(4);
    private static final DomainTopics TOPICS = DomainTopics.CONTROL;
    private static final long START_MS = 1_767_225_600_000L;
    private static final int RUNS = 60;
    private static final int ROWS = 60;

    private static final String POLICY = """
            name: rig
            stepMs: 50
            time: {column: t, unit: ms}
            entity: {column: rig}
            episode: {column: run}
            observations:
              - {column: x, range: [-100, 100], lags: [0, 1]}
              - {column: u, range: [-10, 10], lags: [1]}
            actions:
              - {column: u, range: [-10, 10]}
            """;

    @TempDir
    Path folder = Path.of("");

    /** What the expert does, from what is now and was a step before. */
    private static double law(double now, double before, double done) {
        return 0.3 * now - 0.1 * before + 0.5 * done;
    }

    private Path logs() throws Exception {
        StringBuilder text = new StringBuilder("t,rig,run,x,u\n");
        SplittableRandom random = new SplittableRandom(4);
        for (int run = 0; run < RUNS; run++) {
            double before = 0;
            double done = 0;
            for (int row = 0; row < ROWS; row++) {
                double now = 0.9 * before + random.nextGaussian();
                done = law(now, before, done) + 0.02 * random.nextGaussian();
                before = now;
                text.append(String.format(
                        Locale.ROOT, "%d,a,run-%d,%.4f,%.4f%n", START_MS + 4_000L * run + 50L * row, run, now, done));
            }
        }
        return Files.writeString(folder.resolve("logs.csv"), text);
    }

    private Settings settings(Tool tool, Path policy, EmbeddedBroker broker) {
        List<Setting<?>> all = tool.settings();
        Map<String, String> given = new TreeMap<>();
        given.put("policy.file", policy.toString());
        given.put("bootstrap.servers", broker.bootstrapServers());
        given.put("checkpoint.directory", folder.resolve("checkpoints").toString());
        given.put("topics.partitions", "1");
        given.put("topics.replication", "1");
        if (tool instanceof LearnCommand) {
            given.put("window.seconds", "60");
            given.put("learn.steps", "100");
        }
        return Settings.resolve(all, all.stream().map(Setting::key).collect(Collectors.toSet()), null, Map.of(), given);
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

    private static ControlStep live(long sequence, long timeMs, double x, double u) {
        return new ControlStep(
                "b",
                "live",
                sequence,
                timeMs,
                Actor.POLICY,
                "",
                false,
                new float[] {(float) x, (float) u},
                null,
                Double.NaN,
                ControlStep.End.NONE);
    }

    @Test
    void whatAFileDeclaresIsLearnedPromotedAndServed() throws Exception {
        Path policy = Files.writeString(folder.resolve("rig.yaml"), POLICY);
        PolicyFile file = PolicyFile.read(policy);
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            Connection connection = Connection.local(broker.bootstrapServers());
            Settings learning = settings(new LearnCommand(), policy, broker);
            Settings judging = settings(new PromoteGateCommand(), policy, broker);
            connection.ensureTopics(learning, ControlPolicySpec.DOMAIN);
            TopicReader reader = new TopicReader(connection, Duration.ofSeconds(20));
            ServingConfig config = ServingConfig.defaults(broker.bootstrapServers(), folder.resolve("serving"))
                    .named("test", "understudy-test");
            try (KafkaProducer<String, ControlStep> producer = new KafkaProducer<>(
                            connection.clientSettings(),
                            new StringSerializer(),
                            UnderstudySerdes.control().serializer());
                    LocalFlink flink = LocalFlink.start(Files.createDirectories(folder.resolve("flink")), 2);
                    Serving serving = new Serving(config, List.of(Policies.one(file.policy())))) {
                flink.submit("learning", environment -> LearnCommand.build(environment, learning, connection));
                flink.submit("promotion", environment -> PromoteGateCommand.build(environment, judging, connection));
                serving.start();
                try (DeclaredSource source = new DeclaredSource(file, List.of(logs()))) {
                    source.forEachRemaining(row -> {
                        ControlStep sample = ((Row.Step) row).sample();
                        var unused = producer.send(new ProducerRecord<>(TOPICS.logs(), sample.entity(), sample));
                    });
                }
                producer.flush();
                await(() -> serving.health().epochs().keySet(), found -> found.contains("control/rig"), flink);
                long liveMs = START_MS + 4_000L * RUNS + 60_000;
                double[][] seen = {{1, 0.3}, {2, 0.65}, {-1, -0.2}};
                for (int i = 0; i < seen.length; i++) {
                    producer.send(new ProducerRecord<>(
                                    TOPICS.observations(), "b", live(i, liveMs + 50L * i, seen[i][0], seen[i][1])))
                            .get(20, TimeUnit.SECONDS);
                }
                List<Decision> decisions = await(
                        () -> reader.all(TOPICS.decisions(), Serdes.String(), UnderstudySerdes.decision()).stream()
                                .map(ConsumerRecord::value)
                                .toList(),
                        found -> found.size() == seen.length,
                        flink);
                assertThat(decisions)
                        .extracting(Decision::kind)
                        .containsExactly(Decision.Kind.FALLBACK_HISTORY, Decision.Kind.POLICY, Decision.Kind.POLICY);
                assertThat((double) decisions.get(1).action()[0]).isCloseTo(law(2, 1, 0.3), within(0.05));
                assertThat((double) decisions.get(2).action()[0]).isCloseTo(law(-1, 2, 0.65), within(0.05));
                topicsAreShown(broker.bootstrapServers());
            }
        }
    }

    private static void topicsAreShown(String brokers) throws Exception {
        Ran tail = Ran.command("topics", "tail", TOPICS.decisions(), "--limit", "2", "--bootstrap-servers", brokers);
        assertThat(tail.code()).as(tail.err()).isZero();
        List<String> lines = tail.out().lines().toList();
        assertThat(lines).hasSize(2);
        JsonNode last = new ObjectMapper().readTree(lines.get(1));
        assertThat(last.path("key").asText()).isEqualTo("b");
        assertThat(last.at("/value/policy").asText()).isEqualTo("control/rig");
        assertThat(last.at("/value/sequence").asLong()).isEqualTo(2);
        Ran count = Ran.command("topics", "count", TOPICS.logs(), "--bootstrap-servers", brokers, "--json");
        assertThat(new ObjectMapper().readTree(count.out()).path("records").asInt())
                .isEqualTo(RUNS * ROWS);
        Ran described = Ran.command("topics", "describe", TOPICS.logs(), "--bootstrap-servers", brokers, "--json");
        JsonNode found = new ObjectMapper().readTree(described.out());
        assertThat(found.path("values").asText()).isEqualTo("ControlStep");
        assertThat(found.at("/partitions/0/records").asInt()).isEqualTo(RUNS * ROWS);
        Ran none =
                Ran.command("topics", "count", "nothing.v1", "--bootstrap-servers", brokers, "--timeout-seconds", "3");
        assertThat(none.code()).isEqualTo(1);
        assertThat(none.err()).contains("expected the topic nothing.v1");
    }
}
