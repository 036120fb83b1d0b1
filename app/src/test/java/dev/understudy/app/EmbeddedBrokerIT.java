package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
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
                admin.createTopics(
                                java.util.List.of(new org.apache.kafka.clients.admin.NewTopic("topic", 1, (short) 1)))
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
            assertThat(before.out()).contains("driving.logs.v1: expected to be there");

            Ran creating = Ran.command("doctor", "--create", "--bootstrap-servers", broker.bootstrapServers());
            assertThat(creating.out())
                    .contains("all there, with their settings")
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
    void saysWhichDirectoryCannotBeWritten() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> EmbeddedBroker.start(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString());
    }
}
