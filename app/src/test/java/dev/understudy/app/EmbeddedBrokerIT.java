package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.app.embedded.EmbeddedBroker;
import dev.understudy.app.kafka.Connection;
import dev.understudy.driving.CarFollowing;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.Codecs;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedBrokerIT {
    @TempDir
    Path folder = Path.of("");

    @Test
    void servesTransactionsOfTheSecondVersionAndLeavesNothingBehind() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder);
                EmbeddedBroker another = EmbeddedBroker.start(folder)) {
            assertThat(another.bootstrapServers()).isNotEqualTo(broker.bootstrapServers());
            Map<String, Object> settings = Map.of("bootstrap.servers", broker.bootstrapServers());
            try (Admin admin = Admin.create(settings)) {
                assertThat(admin.describeFeatures()
                                .featureMetadata()
                                .get(30, TimeUnit.SECONDS)
                                .finalizedFeatures())
                        .hasEntrySatisfying("transaction.version", range -> assertThat(range.maxVersionLevel())
                                .isEqualTo((short) 2));
                admin.createTopics(List.of(new org.apache.kafka.clients.admin.NewTopic("topic", 1, (short) 1)))
                        .all()
                        .get(30, TimeUnit.SECONDS);
            }
            try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                    Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", "test"),
                    new StringSerializer(),
                    new StringSerializer())) {
                producer.initTransactions();
                producer.beginTransaction();
                assertThat(producer.send(new ProducerRecord<>("topic", "key", "value"))
                                .get(30, TimeUnit.SECONDS)
                                .offset())
                        .isZero();
                producer.commitTransaction();
            }
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void theDoctorCreatesTheTopicsAndFindsAllWellThen() throws IOException {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            String[] doctor = {"doctor", "--bootstrap-servers", broker.bootstrapServers()};
            Ran before = Ran.command(doctor);
            assertThat(before.code()).isEqualTo(1);
            assertThat(before.out())
                    .contains("driving.logs.v1: expected to be there")
                    .contains("'understudy doctor --create' creates those that are missing");
            Ran missing = Ran.command("models", "list", "--bootstrap-servers", broker.bootstrapServers());
            assertThat(missing.err())
                    .contains("expected the topic models.history.v1 at")
                    .contains("doctor --create");

            Ran creating = Ran.command("doctor", "--create", "--bootstrap-servers", broker.bootstrapServers());
            assertThat(creating.out())
                    .contains("with their settings, of [driving, control, dialogue]")
                    .doesNotContain("FAILED");
            assertThat(creating.code()).isZero();
            assertThat(Ran.command(doctor).code()).isZero();

            Ran list = Ran.command("models", "list", "--bootstrap-servers", broker.bootstrapServers());
            assertThat(list.out()).contains("no model of driving/car-following was judged yet");
            assertThat(list.code()).isZero();

            Ran rollback = Ran.command("models", "rollback", "--bootstrap-servers", broker.bootstrapServers());
            assertThat(rollback.err())
                    .contains("expected a promotion of driving/car-following to roll back, found none");
            assertThat(rollback.code()).isEqualTo(1);
        }
    }

    @Test
    void aRollbackIsTheNextEpochAndWhatTakesPrecedenceIsInForce() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            Connection connection = Connection.local(broker.bootstrapServers());
            connection.ensureTopics(1, 1);
            byte[] file = {1, 2, 3};
            String first = Artifacts.sha256(file);
            String overtaken = "b".repeat(64);
            String second = "c".repeat(64);
            try (var producer = new KafkaProducer<>(
                    connection.clientSettings(),
                    UnderstudySerdes.artifactKey().serializer(),
                    UnderstudySerdes.artifactChunk().serializer())) {
                for (var chunk : Artifacts.chunks(CarFollowing.POLICY, file)) {
                    producer.send(chunk).get(30, TimeUnit.SECONDS);
                }
            }
            publish(connection, promotion(1, first, ""));
            publish(connection, promotion(2, overtaken, first));
            publish(connection, promotion(2, second, first));

            String[] list = {"models", "list", "--json", "--bootstrap-servers", broker.bootstrapServers()};
            assertThat(inForce(Ran.command(list))).containsExactly(second);
            Ran rollback = Ran.command("models", "rollback", "--bootstrap-servers", broker.bootstrapServers());
            assertThat(rollback.code()).as(rollback.err()).isZero();
            assertThat(rollback.out()).contains("epoch 3 puts " + first.substring(0, 12) + " in force");
            assertThat(inForce(Ran.command(list))).containsExactly(first);

            publishBytes(connection, "nonsense".getBytes(StandardCharsets.UTF_8));
            for (Promotion impossible : List.of(promotion(4, "zz", ""), promotion(Long.MAX_VALUE, second, first))) {
                publishBytes(connection, Codecs.PROMOTION.encode(impossible));
            }
            publishBytes(connection, Codecs.PROMOTION.encode(promotion(5_000, second, first)));
            assertThat(inForce(Ran.command(list)))
                    .as("what cannot be hides nothing")
                    .containsExactly(first);
            Ran listed = Ran.command(list);
            assertThat(new ObjectMapper()
                            .readTree(listed.out())
                            .get("passedOver")
                            .asInt())
                    .isEqualTo(4);
            assertThat(listed.err()).contains("4 records of models.history.v1 are left out, each named above");
            // The history keeps what compaction takes from the topic of promotions.
            publishTo(connection, Topics.PROMOTIONS, promotion(3, second, first, "c"));
            assertThat(inForce(Ran.command(list)))
                    .as("the gate's promotion of the same epoch")
                    .containsExactly(first);
            String[] show = {"models", "show", first, "--bootstrap-servers", broker.bootstrapServers()};
            assertThat(Ran.command(show).code()).isZero();
            Ran again = Ran.command(
                    "models", "rollback", "--to", overtaken, "--bootstrap-servers", broker.bootstrapServers());
            assertThat(again.err()).contains("expected the file of " + overtaken.substring(0, 12));
            Ran unknown = Ran.command(
                    "models", "show", "ff", "--policy", "driving/x", "--bootstrap-servers", broker.bootstrapServers());
            assertThat(unknown.code()).isEqualTo(1);
            assertThat(unknown.err()).contains("the policies are driving/car-following, ");
            assertThat(unknown.err()).contains("no model of driving/x", "there are models of driving/car-following");
        }
    }

    private static void publishBytes(Connection connection, byte[] value) throws Exception {
        try (var producer =
                new KafkaProducer<>(connection.clientSettings(), new StringSerializer(), new ByteArraySerializer())) {
            for (String topic : List.of(Topics.HISTORY, Topics.PROMOTIONS)) {
                producer.send(new ProducerRecord<>(topic, CarFollowing.POLICY, value))
                        .get(30, TimeUnit.SECONDS);
            }
        }
    }

    private static Promotion promotion(long epoch, String sha256, String previousSha256) {
        return promotion(epoch, sha256, previousSha256, "");
    }

    private static Promotion promotion(long epoch, String sha256, String previousSha256, String candidateId) {
        return new Promotion(
                CarFollowing.POLICY,
                epoch,
                sha256,
                1000 * epoch,
                previousSha256,
                "test",
                true,
                candidateId,
                new TreeMap<>(),
                0);
    }

    private static void publish(Connection connection, Promotion promotion) throws Exception {
        publishTo(connection, Topics.HISTORY, promotion);
        publishTo(connection, Topics.PROMOTIONS, promotion);
    }

    private static void publishTo(Connection connection, String topic, Promotion promotion) throws Exception {
        try (var producer = new KafkaProducer<>(
                connection.clientSettings(),
                new StringSerializer(),
                UnderstudySerdes.promotion().serializer())) {
            producer.send(new ProducerRecord<>(topic, promotion.policy(), promotion))
                    .get(30, TimeUnit.SECONDS);
        }
    }

    /** Returns the models that are said to be in force. */
    private static List<String> inForce(Ran list) throws IOException {
        List<String> hashes = new ArrayList<>();
        for (JsonNode model : new ObjectMapper().readTree(list.out()).get("models")) {
            if (model.get("inForce").asBoolean()) {
                hashes.add(model.get("sha256").asText());
            }
        }
        return hashes;
    }

    @Test
    void theBrokerCommandSaysThatItsPortIsTaken() throws IOException {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            String port = broker.bootstrapServers().replaceAll(".*:", "");
            Ran second = Ran.command("broker", "--port", port);
            assertThat(second.code()).isEqualTo(1);
            assertThat(second.err()).contains("expected port " + port + " of localhost to be free, found it taken");
        }
    }

    @Test
    void saysWhichDirectoryCannotBeWritten() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> EmbeddedBroker.start(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString());
    }
}
