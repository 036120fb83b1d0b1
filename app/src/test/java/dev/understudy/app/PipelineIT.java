package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.app.commands.TotalsWatch;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.embedded.EmbeddedBroker;
import dev.understudy.app.kafka.Claim;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.TopicReader;
import dev.understudy.app.study.BundledLogs;
import dev.understudy.control.ControlStep;
import dev.understudy.domain.Policies;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.TrainingRecord;
import dev.understudy.schemas.UnderstudySerdes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands against a broker that is not their own. */
class PipelineIT {
    private static final String CSV = """
            when,car,v,gap,front
            2026-05-04T08:00:00.0Z,golf,10.0,20.0,11.0
            2026-05-04T08:00:00.1Z,golf,10.1,20.1,11.0
            2026-05-04T08:00:00.2Z,golf,fast,20.2,11.0
            """;
    private static final String MAPPING = """
            {"format": "csv", "fields": {
              "vehicle": {"column": "car"},
              "time": {"column": "when", "unit": "ISO-8601"},
              "actor": {"default": "HUMAN"},
              "speed": {"column": "v", "unit": "m/s"},
              "gap": {"column": "gap", "unit": "m"},
              "leaderSpeed": {"column": "front", "unit": "m/s"}}}
            """;

    @TempDir
    static Path folder = Path.of("");

    private static final EmbeddedBroker BROKER = broker();

    private static EmbeddedBroker broker() {
        try {
            return EmbeddedBroker.start(Path.of(System.getProperty("java.io.tmpdir")));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @BeforeAll
    static void createTopics() {
        assertThat(Ran.command("doctor", "--create", "--bootstrap-servers", BROKER.bootstrapServers())
                        .code())
                .isZero();
    }

    @AfterAll
    static void stop() {
        BROKER.close();
    }

    @Test
    void theDoctorMakesTheTopicsOfEveryDomain() {
        Ran ran = Ran.command(
                "doctor", "--policy", "control/cartpole-v1", "--bootstrap-servers", BROKER.bootstrapServers());
        assertThat(ran.code()).as(ran.out()).isZero();
        assertThat(ran.out()).contains("15, with their settings, of [control]");
    }

    @Test
    void ownCsvGoesToTheLogsAndItsBadRowsToTheDeadLetters() throws IOException {
        Path csv = Files.writeString(folder.resolve("drive.csv"), CSV);
        Path mapping = Files.writeString(folder.resolve("mapping.json"), MAPPING);
        Ran ran = Ran.command(
                "ingest",
                "--json",
                "--format",
                "mapped",
                "--mapping",
                mapping.toString(),
                "--bootstrap-servers",
                BROKER.bootstrapServers(),
                csv.toString());
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode result = new ObjectMapper().readTree(ran.out());
        assertThat(result.get("logs").asInt()).isEqualTo(2);
        assertThat(result.get("finished").asBoolean()).isTrue();
        assertThat(ran.err()).contains("drive.csv:4:3: expected a number");

        TopicReader reader = new TopicReader(Connection.local(BROKER.bootstrapServers()), Duration.ofSeconds(20));
        assertThat(reader.all(Topics.LOGS, Serdes.String(), UnderstudySerdes.following()))
                .filteredOn(record -> record.key().equals("golf"))
                .hasSize(2);
        assertThat(reader.all(Topics.DEAD_LETTERS, Serdes.String(), UnderstudySerdes.deadLetter()))
                .extracting(record -> record.value().coordinates())
                .contains(csv + ":4");
    }

    @Test
    void filesOfEpisodesGoToTheLogsOfControl() throws IOException {
        Path file = Files.writeString(folder.resolve("expert.csv"), """
                episode,step,position,velocity,action,reward
                0,0,-0.5,0.0,2,-1
                0,1,-0.4,0.01,0,-1
                0,2,-0.3,0.02,,
                1,0,-0.6,0.0,1,
                1,1,-0.6,0.01,,
                """);
        Ran ran = Ran.command(
                "ingest",
                "--json",
                "--policy",
                "control/mountaincar-v0",
                "--bootstrap-servers",
                BROKER.bootstrapServers(),
                file.toString());
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode result = new ObjectMapper().readTree(ran.out());
        assertThat(result.get("logs").asInt()).isEqualTo(3);
        assertThat(result.get("steps").asInt()).isEqualTo(3);
        TopicReader reader = new TopicReader(Connection.local(BROKER.bootstrapServers()), Duration.ofSeconds(20));
        List<ControlStep> steps =
                reader.all(DomainTopics.CONTROL.logs(), Serdes.String(), UnderstudySerdes.control()).stream()
                        .map(record -> record.value())
                        .toList();
        assertThat(steps)
                .extracting(ControlStep::episode)
                .containsExactly("expert.csv#0", "expert.csv#0", "expert.csv#1");
        assertThat(steps).extracting(ControlStep::label).containsOnly("mountaincar-v0");
        assertThat(steps)
                .extracting(ControlStep::end)
                .containsExactly(ControlStep.End.NONE, ControlStep.End.TERMINATED, ControlStep.End.TERMINATED);
        assertThat(steps).extracting(ControlStep::reward).containsExactly(-1.0, -1.0, Double.NaN);
        assertThat(steps.get(1).observation()).containsExactly(-0.4f, 0.01f);
        assertThat(steps.get(1).action()).containsExactly(0f);
        assertThat(steps.get(1).timeMs()).isGreaterThan(steps.get(0).timeMs());
    }

    @Test
    void nothingSentIsAFailureAndWhatIsSentIsCounted() throws IOException {
        Path mapping = Files.writeString(folder.resolve("mapping.json"), MAPPING);
        String header = CSV.lines().findFirst().orElseThrow() + "\n";
        Path bad = Files.writeString(folder.resolve("bad.csv"), header + "x,y\n");
        String[] command = {
            "ingest",
            "--json",
            "--mapping",
            mapping.toString(),
            "--bootstrap-servers",
            BROKER.bootstrapServers(),
            bad.toString()
        };
        Ran ran = Ran.command(command);
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.err()).contains("expected rows to send in").contains("COLUMNS=1");
        JsonNode result = new ObjectMapper().readTree(ran.out());
        assertThat(result.fieldNames()).toIterable().contains("late", "duplicates", "rejectedByReason", "steps");
    }

    @Test
    void whatBecameOfTheRecordsOfALearningJobIsTold() throws Exception {
        Connection connection = Connection.local(BROKER.bootstrapServers());
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(told, true, StandardCharsets.UTF_8);
        TotalsWatch.start(
                connection, Policies.one(new CarFollowingPolicy()), () -> "; lag", new Console(out, out, false, false));
        TrainingRecord totals = new TrainingRecord(
                CarFollowing.POLICY,
                TrainingRecord.Kind.TRAINING,
                0,
                0,
                "",
                "",
                new TreeMap<>(),
                new TreeMap<>(Map.of("ingested", 10L, "trained", 7L, "rejected.NO_LABEL", 3L)),
                "totals",
                0);
        try (KafkaProducer<String, TrainingRecord> producer = new KafkaProducer<>(
                connection.clientSettings(),
                new StringSerializer(),
                UnderstudySerdes.trainingRecord().serializer())) {
            producer.send(new ProducerRecord<>(Topics.REPORTS, totals.policy(), totals))
                    .get(20, TimeUnit.SECONDS);
        }
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!told.toString(StandardCharsets.UTF_8).contains("7 learned") && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(20);
        }
        assertThat(told.toString(StandardCharsets.UTF_8))
                .contains("records   10 ingested: 7 learned, 0 learned with a later window, 0 held out, 0 too late")
                .contains("3 rejected (3 NO_LABEL); lag");
    }

    @Test
    void theSecondProgramOfARoleIsToldWhoHasTheClaimAndTheFirstKeepsIt() {
        Connection connection = Connection.local(BROKER.bootstrapServers());
        AtomicBoolean isLost = new AtomicBoolean();
        Duration patience = Duration.ofSeconds(20);
        try (Claim first = Claim.take(connection, "gate", CarFollowing.POLICY, patience, () -> isLost.set(true))) {
            assertThat(first).isNotNull();
            assertThatThrownBy(() -> Claim.take(
                            connection, "gate", CarFollowing.POLICY, Duration.ofSeconds(5), () -> isLost.set(true)))
                    .isInstanceOf(CommandFailedException.class)
                    .hasMessageContaining("expected no other gate for driving/car-following, found gate-")
                    .hasMessageContaining(" at /");
            try (Claim another = Claim.take(connection, "gate", "control/cartpole-v1", patience, () -> {})) {
                assertThat(another).isNotNull();
            }
            assertThat(isLost).isFalse();
        }
        try (Claim next = Claim.take(connection, "gate", CarFollowing.POLICY, patience, () -> {})) {
            assertThat(next).as("given back, so there at once").isNotNull();
        }
    }

    @Test
    void bundledRunsGoOnWhereTheProgressFileSays() throws IOException {
        String[] ingest = {
            "ingest",
            "--json",
            "--runs",
            "human",
            "--to",
            "observations",
            "--limit",
            "500",
            "--progress",
            folder.resolve("progress").toString(),
            "--bootstrap-servers",
            BROKER.bootstrapServers(),
            BundledLogs.folder().toString()
        };
        JsonNode first = new ObjectMapper().readTree(Ran.command(ingest).out());
        JsonNode second = new ObjectMapper().readTree(Ran.command(ingest).out());
        assertThat(first.get("observations").asInt()).isEqualTo(500);
        assertThat(second.get("skipped").asInt()).isEqualTo(500);
        assertThat(second.get("duplicates").asInt()).isZero();
        assertThat(second.get("rows").asInt()).isEqualTo(500);
    }

    @Test
    void aModelThatNobodyJudgedIsNotFound() {
        Ran ran = Ran.command("models", "show", "abcd", "--bootstrap-servers", BROKER.bootstrapServers());
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.err()).contains("no model of driving/car-following was judged yet");
    }
}
