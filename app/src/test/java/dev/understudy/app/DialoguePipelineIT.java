package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import dev.understudy.dialogue.Turn;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.streams.Serving;
import dev.understudy.streams.ServingConfig;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
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
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.Serdes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conversations become a promoted responder, and that answers a visitor: all by commands and topics of dialogue. */
class DialoguePipelineIT {
    private static final DomainTopics TOPICS = DomainTopics.of(Turn.DOMAIN);
    private static final int CONVERSATIONS = 60;
    private static final Duration DEADLINE = Duration.ofMinutes(3);

    @TempDir
    Path folder = Path.of("");

    private Awaited awaited = () -> {};

    /** Waits for the first promotion. */
    private interface Awaited {
        void promotion() throws Exception;
    }

    private static Settings settings(Tool tool, String policy, EmbeddedBroker broker, Path checkpoints) {
        List<Setting<?>> all = tool.settings();
        Map<String, String> given = new TreeMap<>();
        given.put("policy", policy);
        given.put("bootstrap.servers", broker.bootstrapServers());
        given.put("checkpoint.directory", checkpoints.toString());
        given.put("topics.partitions", "1");
        given.put("topics.replication", "1");
        if (tool instanceof LearnCommand) {
            given.put("window.seconds", "60");
        }
        return Settings.resolve(all, all.stream().map(Setting::key).collect(Collectors.toSet()), null, Map.of(), given);
    }

    /** Writes conversations as chat services keep them; the last turn is said when they are read. */
    private Path logs() throws IOException {
        ObjectMapper json = new ObjectMapper();
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < CONVERSATIONS; i++) {
            String topic = List.of("music", "films", "football").get(i % 3);
            ObjectNode line = json.createObjectNode().put("id", "visitor-" + i + "'s conversation");
            line.put("user", "visitor-" + i);
            List<String> texts = List.of(
                    "Do you like " + topic + "?", "I like " + topic + " very much.", "So do I.", "Good to hear!");
            for (int turn = 0; turn < texts.size(); turn++) {
                line.withArray("/messages")
                        .addObject()
                        .put("role", turn % 2 == 0 ? "user" : "assistant")
                        .put("content", texts.get(turn));
            }
            lines.append(line).append('\n');
        }
        return Files.writeString(folder.resolve("chat.jsonl"), lines + "{\"messages\":\"none\"}\n");
    }

    private static Ran chat(String said, String... options) {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(said.getBytes(StandardCharsets.UTF_8)));
        try {
            return Ran.command(Stream.concat(Stream.of("chat", "--json", "--conversation", "guest"), Stream.of(options))
                    .toArray(String[]::new));
        } finally {
            System.setIn(before);
        }
    }

    private static List<JsonNode> replies(Ran ran) throws IOException {
        assertThat(ran.code()).as(ran.err()).isZero();
        return new ObjectMapper()
                .readerFor(JsonNode.class)
                .<JsonNode>readValues(ran.out())
                .readAll();
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

    /** What is done with a cluster. */
    private interface With {
        void cluster(EmbeddedBroker broker, TopicReader reader, String[] options) throws Exception;
    }

    /** Starts a cluster with topics and nothing else, then learning, the gate and serving of a policy. */
    private void run(String policy, With alone, With served) throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            Connection connection = Connection.local(broker.bootstrapServers());
            Path checkpoints = folder.resolve("checkpoints");
            Settings learning = settings(new LearnCommand(), policy, broker, checkpoints);
            Settings judging = settings(new PromoteGateCommand(), policy, broker, checkpoints);
            connection.ensureTopics(learning, Turn.DOMAIN);
            TopicReader reader = new TopicReader(connection, Duration.ofSeconds(20));
            ServingConfig config = ServingConfig.defaults(broker.bootstrapServers(), folder.resolve("serving"))
                    .named("test", "understudy-test");
            String[] options = {"--bootstrap-servers", broker.bootstrapServers(), "--wait-seconds", "1"};
            alone.cluster(broker, reader, options);
            options[3] = "60";
            try (LocalFlink flink = LocalFlink.start(Files.createDirectories(folder.resolve("flink")), 2);
                    Serving serving = new Serving(config, Catalogue.chosen(List.of(policy), ""))) {
                flink.submit("learning", environment -> LearnCommand.build(environment, learning, connection));
                flink.submit("promotion", environment -> PromoteGateCommand.build(environment, judging, connection));
                serving.start();
                awaited = () -> await(() -> serving.health().epochs().keySet(), Set.of(policy)::equals, flink);
                served.cluster(broker, reader, options);
            }
        }
    }

    private static JsonNode ingested(EmbeddedBroker broker, Path logs, String policy) throws IOException {
        Ran sent = Ran.command(
                "ingest",
                "--json",
                "--policy",
                policy,
                "--bootstrap-servers",
                broker.bootstrapServers(),
                logs.toString());
        assertThat(sent.code()).as(sent.err()).isZero();
        return new ObjectMapper().readTree(sent.out());
    }

    @Test
    void conversationsAreLearnedPromotedAndAnswered() throws Exception {
        run(
                ResponderSpec.NAME,
                (broker, reader, options) -> {
                    Ran alone = chat("Is anybody there?\n", options);
                    assertThat(alone.code()).isEqualTo(1);
                    assertThat(alone.err())
                            .contains("expected a reply within 1 s, found none")
                            .contains("serve --policy dialogue/responder");
                },
                (broker, reader, options) -> {
                    JsonNode account = ingested(broker, logs(), ResponderSpec.NAME);
                    assertThat(account.get("logs").asInt()).isEqualTo(4 * CONVERSATIONS);
                    assertThat(account.get("bad").get("MISSING").asInt()).isEqualTo(1);
                    assertThat(account.get("steps").asInt()).isEqualTo(2 * CONVERSATIONS);
                    assertThat(reader.all(Topics.DEAD_LETTERS, Serdes.String(), UnderstudySerdes.deadLetter()))
                            .hasSize(1);
                    awaited.promotion();
                    List<JsonNode> replies = new ArrayList<>(replies(chat("Do you like films?\nWhy?\n", options)));
                    replies.addAll(replies(chat("Call me: ann@example.org\n", options)));
                    assertThat(replies).hasSize(3).allSatisfy(reply -> isOf(ResponderSpec.NAME, reply));
                    assertThat(replies)
                            .as("the conversation goes on behind the turn that nobody answered at first")
                            .extracting(reply -> reply.get("sequence").asLong())
                            .containsExactly(2L, 4L, 6L);
                    assertThat(reader.all(TOPICS.observations(), Serdes.String(), UnderstudySerdes.dialogue()))
                            .extracting(asked -> asked.value().text())
                            .contains("Do you like films?", "Call me: <mail>");
                });
    }

    private static void isOf(String policy, JsonNode reply) {
        assertThat(reply.get("policy").asText()).isEqualTo(policy);
        assertThat(reply.get("epoch").asLong()).isPositive();
        assertThat(reply.get("reply").asText()).isNotBlank();
        assertThat(reply.get("sha256").asText()).hasSize(64);
    }
}
