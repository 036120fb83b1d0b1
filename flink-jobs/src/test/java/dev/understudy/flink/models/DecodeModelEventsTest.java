package dev.understudy.flink.models;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.domain.Policies;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.RecordSigner;
import dev.understudy.schemas.Role;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.Trust;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.signing.SigningKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.streaming.api.operators.ProcessOperator;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecodeModelEventsTest {
    private static final SigningKey TRAINER = SigningKey.generate();
    private static final SigningKey GATE = SigningKey.generate();
    private static final byte[] KEY = CarFollowing.POLICY.getBytes(StandardCharsets.UTF_8);
    private static final String SHA = "ab".repeat(32);
    private static final Candidate CANDIDATE =
            new Candidate("c1", CarFollowing.POLICY, "", SHA, 7, 0, 1, 2, 1, "v", "f", Map.of(), 3, 4, "bc");
    private static final Promotion PROMOTION =
            new Promotion(CarFollowing.POLICY, 3, SHA, 1000, "", "better", true, "c1", new TreeMap<>(), 7);

    private final DecodeModelEvents decode = new DecodeModelEvents(
            "promotion",
            new Trust(Map.of(
                    Role.TRAINER, List.of(TRAINER.verifyingKey()),
                    Role.GATE, List.of(GATE.verifyingKey()))));

    @TempDir
    Path folder = Path.of("");

    private ConsumerRecord<byte[], byte[]> record(String topic, byte[] value, SigningKey... keys) throws Exception {
        ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>(topic, 0, 9, KEY, value);
        for (SigningKey key : keys) {
            RecordSigner.with(Files.writeString(folder.resolve("key.pem"), key.toPem()))
                    .headers(topic, KEY, value)
                    .forEach(header -> record.headers().add(header));
        }
        return record;
    }

    private static byte[] candidate() {
        return UnderstudySerdes.candidate().serializer().serialize("", CANDIDATE);
    }

    private static byte[] promotion() {
        return UnderstudySerdes.promotion().serializer().serialize("", PROMOTION);
    }

    @Test
    void whatIsSignedByItsRoleIsRead() throws Exception {
        assertThat(decode.decode(record(Topics.CANDIDATES, candidate(), TRAINER)))
                .isEqualTo(new ModelEvent.Proposed(CANDIDATE));
        assertThat(decode.decode(record(Topics.PROMOTIONS, promotion(), GATE)).policy())
                .isEqualTo(CarFollowing.POLICY);
    }

    @Test
    void whatIsNotSignedOrByAnotherRoleIsADeadLetterThatSaysWhy() throws Exception {
        assertThat(letter(record(Topics.CANDIDATES, candidate())).reason())
                .contains("expected candidate of " + CarFollowing.POLICY + " for model " + SHA)
                .contains("found no signature")
                .contains("topic=models.candidates.v1 partition=0 offset=9");
        assertThat(letter(record(Topics.CANDIDATES, candidate(), GATE)).reason())
                .contains("expected a signature by one of the trusted keys");
        assertThat(letter(record(Topics.PROMOTIONS, promotion(), TRAINER)).reason())
                .contains("expected a signature by one of the trusted keys");
    }

    private DeadLetter letter(ConsumerRecord<byte[], byte[]> record) {
        ModelEvent event = decode.decode(record);
        assertThat(event).isInstanceOf(ModelEvent.Unreadable.class);
        return ((ModelEvent.Unreadable) event).letter();
    }

    @Test
    void withoutKeysUnsignedRecordsAreRead() throws Exception {
        assertThat(new DecodeModelEvents("promotion", Trust.NONE).decode(record(Topics.CANDIDATES, candidate())))
                .isEqualTo(new ModelEvent.Proposed(CANDIDATE));
    }

    @Test
    void deadLettersAreCountedAndTurnedAside() throws Exception {
        try (OneInputStreamOperatorTestHarness<ModelEvent, ModelEvent> harness =
                new OneInputStreamOperatorTestHarness<>(
                        new ProcessOperator<>(new RouteModelEvents(Policies.one(new CarFollowingPolicy()))),
                        ModelEvent.CODEC.serializer())) {
            harness.setup(ModelEvent.CODEC.serializer());
            harness.open();
            harness.processElement(decode.decode(record(Topics.CANDIDATES, candidate())), 0);
            harness.processElement(decode.decode(record(Topics.CANDIDATES, candidate(), TRAINER)), 0);
            assertThat(harness.extractOutputValues()).containsExactly(new ModelEvent.Proposed(CANDIDATE));
            assertThat(harness.getSideOutput(RouteModelEvents.DEAD_LETTERS)).hasSize(1);
        }
    }
}
