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
import dev.understudy.dialogue.ResponderSpec;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.streams.Serving;
import dev.understudy.streams.ServingConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

/** Conversations become a promoted responder, and that answers a visitor: all by topics of dialogue. */
class DialoguePipelineIT {
    private static final DomainTopics TOPICS = DomainTopics.of(Turn.DOMAIN);
    private static final long START_MS = 1_600_000_200_000L;
    private static final int CONVERSATIONS = 60;
    private static final Duration DEADLINE = Duration.ofMinutes(3);

    @TempDir
    Path folder = Path.of("");

    private static Settings settings(Tool tool, EmbeddedBroker broker, Path checkpoints) {
        List<Setting<?>> all = tool.settings();
        Map<String, String> given = new TreeMap<>();
        given.put("policy", ResponderSpec.NAME);
        given.put("bootstrap.servers", broker.bootstrapServers());
        given.put("checkpoint.directory", checkpoints.toString());
        given.put("topics.partitions", "1");
        given.put("topics.replication", "1");
        if (tool instanceof LearnCommand) {
            given.put("window.seconds", "60");
        }
        return Settings.resolve(all, all.stream().map(Setting::key).collect(Collectors.toSet()), null, Map.of(), given);
    }

    private static Turn turn(String who, long sequence, long timeMs, Role role, String text) {
        return new Turn(
                who,
                who + "'s conversation",
                sequence,
                timeMs,
                Actor.HUMAN,
                "",
                false,
                role,
                text,
                List.of(),
                Turn.usualWeight(role, Actor.HUMAN));
    }

    private static List<Turn> logs() {
        List<Turn> turns = new ArrayList<>();
        for (int i = 0; i < CONVERSATIONS; i++) {
            String topic = List.of("music", "films", "football").get(i % 3);
            List<String> texts = List.of(
                    "Do you like " + topic + "?", "I like " + topic + " very much.", "So do I.", "Good to hear!");
            for (int turn = 0; turn < texts.size(); turn++) {
                turns.add(turn(
                        "visitor-" + i,
                        turn,
                        START_MS + 4_000L * i + 1_000L * turn,
                        turn % 2 == 0 ? Role.USER : Role.ASSISTANT,
                        texts.get(turn)));
            }
        }
        return turns;
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
    void conversationsAreLearnedPromotedAndAnswered() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            Connection connection = Connection.local(broker.bootstrapServers());
            Path checkpoints = folder.resolve("checkpoints");
            Settings learning = settings(new LearnCommand(), broker, checkpoints);
            Settings judging = settings(new PromoteGateCommand(), broker, checkpoints);
            connection.ensureTopics(learning, Turn.DOMAIN);
            TopicReader reader = new TopicReader(connection, Duration.ofSeconds(20));
            ServingConfig config = ServingConfig.defaults(broker.bootstrapServers(), folder.resolve("serving"))
                    .named("test", "understudy-test");
            try (KafkaProducer<String, Turn> producer = new KafkaProducer<>(
                            connection.clientSettings(),
                            new StringSerializer(),
                            UnderstudySerdes.dialogue().serializer());
                    LocalFlink flink = LocalFlink.start(Files.createDirectories(folder.resolve("flink")), 2);
                    Serving serving = new Serving(config, Catalogue.chosen(List.of(ResponderSpec.NAME), ""))) {
                flink.submit("learning", environment -> LearnCommand.build(environment, learning, connection));
                flink.submit("promotion", environment -> PromoteGateCommand.build(environment, judging, connection));
                serving.start();
                List<Turn> logs = logs();
                for (Turn turn : logs) {
                    var unused = producer.send(new ProducerRecord<>(TOPICS.logs(), turn.entity(), turn));
                }
                producer.flush();
                await(() -> serving.health().epochs().keySet(), Set.of(ResponderSpec.NAME)::equals, flink);
                long liveMs = logs.get(logs.size() - 1).timeMs() + 60_000;
                for (int i = 0; i < 2; i++) {
                    Turn asked = turn(
                            "guest", 2L * i, liveMs + 5_000L * i, Role.USER, i == 0 ? "Do you like films?" : "Why?");
                    producer.send(new ProducerRecord<>(TOPICS.observations(), asked.entity(), asked))
                            .get(20, TimeUnit.SECONDS);
                }
                List<Decision> decisions = await(
                        () -> reader.all(TOPICS.decisions(), Serdes.String(), UnderstudySerdes.decision()).stream()
                                .map(ConsumerRecord::value)
                                .toList(),
                        found -> found.size() == 2,
                        flink);
                assertThat(decisions).allSatisfy(decision -> {
                    assertThat(decision.policy()).isEqualTo(ResponderSpec.NAME);
                    assertThat(decision.epoch()).isPositive();
                    assertThat(decision.text()).isNotBlank();
                    assertThat(decision.action()).isEmpty();
                    assertThat(decision.sha256()).hasSize(64);
                });
            }
        }
    }
}
