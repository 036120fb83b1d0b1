package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import dev.understudy.domain.Policies;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.schemas.Acknowledgement;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.RecordSigner;
import dev.understudy.schemas.Role;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.Trust;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.signing.SigningKey;
import dev.understudy.signing.UntrustedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An instance that trusts a trainer, a gate and an operator. */
class TrustedServingTest {
    private static final SigningKey TRAINER = SigningKey.generate();
    private static final SigningKey GATE = SigningKey.generate();
    private static final SigningKey OPERATOR = SigningKey.generate();

    @TempDir
    Path folder = Path.of("");

    private final List<Acknowledgement> acknowledgements = new ArrayList<>();
    private final List<DeadLetter> letters = new ArrayList<>();
    private final ServingMetrics metrics = new ServingMetrics();
    private PolicyDirectories directories;
    private TopologyTestDriver driver;

    @BeforeEach
    void open() {
        open(new Trust(Map.of(
                Role.TRAINER, List.of(TRAINER.verifyingKey()),
                Role.GATE, List.of(GATE.verifyingKey()),
                Role.OPERATOR, List.of(OPERATOR.verifyingKey()))));
    }

    private void open(Trust trust) {
        ServingConfig config =
                ServingConfig.defaults("nowhere:1", folder.resolve("state")).with(trust);
        directories = new PolicyDirectories(
                config,
                List.of(Policies.one(new CarFollowingPolicy())),
                metrics,
                acknowledgements::add,
                InstantSource.fixed(Instant.EPOCH));
        directories.deadLettersTo(letters::add);
        driver = new TopologyTestDriver(ServingTopology.build(config, directories, metrics), config.toProperties());
    }

    @AfterEach
    void close() {
        driver.close();
        directories.close();
    }

    private RecordSigner signer(SigningKey key) throws IOException {
        return RecordSigner.with(Files.writeString(folder.resolve("key.pem"), key.toPem()));
    }

    private void send(String topic, String key, byte[] value, RecordSigner signer, byte[] signedValue) {
        RecordHeaders headers = new RecordHeaders();
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        signer.headers(topic, bytes, signedValue).forEach(headers::add);
        driver.createInputTopic(topic, new ByteArraySerializer(), new ByteArraySerializer())
                .pipeInput(new TestRecord<>(bytes, value, headers, Instant.EPOCH));
        directories.loadPending();
    }

    private void file(ModelFile model, RecordSigner signer) {
        for (ProducerRecord<ArtifactKey, ArtifactChunk> piece : Artifacts.chunks(CarFollowing.POLICY, model.bytes())) {
            byte[] value = piece.value().bytes();
            send(Topics.ARTIFACTS, piece.key().toString(), value, signer, value);
        }
    }

    private static byte[] promotion(long epoch, ModelFile model, String candidateId) {
        return promotion(epoch, model, candidateId, Map.of(), 0);
    }

    private static byte[] promotion(
            long epoch, ModelFile model, String candidateId, Map<String, Double> evidence, long decidedAtMs) {
        return UnderstudySerdes.promotion()
                .serializer()
                .serialize(
                        "",
                        new Promotion(
                                CarFollowing.POLICY,
                                epoch,
                                model.sha256(),
                                1000 * epoch,
                                "",
                                "test",
                                true,
                                candidateId,
                                new TreeMap<>(evidence),
                                decidedAtMs));
    }

    private void promote(String topic, byte[] value, RecordSigner signer) {
        send(topic, CarFollowing.POLICY, value, signer, value);
    }

    private long epoch() {
        return directories.directory(CarFollowing.POLICY).slot().newestEpoch().orElse(0L);
    }

    @Test
    void whatTrainerAndGateSignedComesIntoServiceAndARollbackOfTheOperatorToo() throws Exception {
        ModelFile first = TestModels.constant(-0.25f);
        ModelFile second = TestModels.constant(-0.125f);
        file(first, signer(TRAINER));
        file(second, signer(TRAINER));
        promote(Topics.PROMOTIONS, promotion(1, first, "c1"), signer(GATE));
        promote(Topics.PROMOTIONS, promotion(2, second, "c2"), signer(GATE));
        promote(Topics.PROMOTIONS, promotion(3, first, ""), signer(OPERATOR));
        assertThat(epoch()).isEqualTo(3);
        assertThat(acknowledgements)
                .extracting(Acknowledgement::epoch, Acknowledgement::accepted)
                .containsExactly(tuple(1L, true), tuple(2L, true), tuple(3L, true));
        assertThat(letters).isEmpty();
    }

    @Test
    void whatAStrangerPromotesIsPassedOverCountedNamedAndHoldsUpNothing() throws Exception {
        ModelFile good = TestModels.constant(-0.25f);
        ModelFile bad = TestModels.constant(2.9f);
        file(good, signer(TRAINER));
        file(bad, signer(TRAINER));
        promote(Topics.PROMOTIONS, promotion(7, bad, "c7"), RecordSigner.NONE);
        promote(Topics.PROMOTIONS, promotion(8, bad, "c8"), signer(SigningKey.generate()));
        promote(Topics.PROMOTIONS, promotion(9, bad, ""), signer(GATE));
        promote(Topics.HISTORY, promotion(10, bad, "c10"), RecordSigner.NONE);
        assertThat(epoch()).isZero();
        promote(Topics.PROMOTIONS, promotion(1, good, "c1"), signer(GATE));
        assertThat(epoch()).isEqualTo(1);
        assertThat(metrics.snapshot().untrusted()).isEqualTo(4);
        assertThat(metrics.getUntrusted()).isEqualTo(4);
        assertThat(metrics.snapshot().unreadable()).isZero();
        assertThat(letters)
                .extracting(DeadLetter::source)
                .containsExactly(Topics.PROMOTIONS, Topics.PROMOTIONS, Topics.PROMOTIONS, Topics.HISTORY);
        assertThat(letters.get(0).reason()).contains(bad.sha256()).contains("found no signature");
        assertThat(letters.get(0).value()).isEqualTo(promotion(7, bad, "c7"));
    }

    @Test
    void thePromotionOfOneEpochIsNoneOfAnother() throws Exception {
        ModelFile model = TestModels.constant(-0.25f);
        file(model, signer(TRAINER));
        send(
                Topics.PROMOTIONS,
                CarFollowing.POLICY,
                promotion(5, model, "c1"),
                signer(GATE),
                promotion(1, model, "c1"));
        assertThat(epoch()).isZero();
        assertThat(letters).singleElement().satisfies(letter -> assertThat(letter.reason())
                .contains("epoch=5")
                .contains("epoch=1"));
    }

    @Test
    void anOlderPromotionThatIsSentAgainDoesNotUndoTheLaterOne() throws Exception {
        ModelFile first = TestModels.constant(-0.25f);
        ModelFile second = TestModels.constant(-0.125f);
        file(first, signer(TRAINER));
        file(second, signer(TRAINER));
        // What a new instance finds once compaction has left the repeated record alone.
        promote(Topics.PROMOTIONS, promotion(1, first, "c1"), signer(GATE));
        promote(Topics.HISTORY, promotion(1, first, "c1"), signer(GATE));
        promote(Topics.HISTORY, promotion(2, second, "c2"), signer(GATE));
        assertThat(epoch()).isEqualTo(2);
    }

    @Test
    void theGatesPromotionThatIsSentAgainDoesNotUndoARollbackOfTheSameEpoch() throws Exception {
        ModelFile first = TestModels.constant(-0.25f);
        ModelFile second = TestModels.constant(-0.125f);
        file(first, signer(TRAINER));
        file(second, signer(TRAINER));
        byte[] gates = promotion(2, second, "c2", Map.of(), 900);
        promote(Topics.PROMOTIONS, gates, signer(GATE));
        promote(Topics.PROMOTIONS, promotion(2, first, "", Map.of(), 500), signer(OPERATOR));
        assertThat(loaded()).containsExactly(first.sha256());
        promote(Topics.PROMOTIONS, gates, signer(GATE));
        promote(Topics.PROMOTIONS, promotion(2, second, "c3", Map.of(), 1_000), signer(GATE));
        assertThat(loaded()).containsExactly(first.sha256());
    }

    @Test
    void aRollbackThatOnlyTheHistoryTellsOfIsNotUndoneByTheGatesPromotionOfTheSameEpoch() throws Exception {
        ModelFile first = TestModels.constant(-0.25f);
        ModelFile second = TestModels.constant(-0.125f);
        file(first, signer(TRAINER));
        file(second, signer(TRAINER));
        // What a new instance finds once compaction has left the repeated record alone, in either order.
        promote(Topics.HISTORY, promotion(2, first, "", Map.of(), 500), signer(OPERATOR));
        promote(Topics.PROMOTIONS, promotion(2, second, "c2", Map.of(), 900), signer(GATE));
        assertThat(loaded()).containsExactly(first.sha256());
        promote(Topics.PROMOTIONS, promotion(3, second, "c3", Map.of(), 900), signer(GATE));
        promote(Topics.HISTORY, promotion(3, first, "", Map.of(), 500), signer(OPERATOR));
        assertThat(loaded().get(1)).isEqualTo(first.sha256());
    }

    @Test
    void ofTwoPromotionsOfTheGateTheOneThatWasDecidedLaterAnswers() throws Exception {
        ModelFile first = TestModels.constant(-0.25f);
        ModelFile second = TestModels.constant(-0.125f);
        file(first, signer(TRAINER));
        file(second, signer(TRAINER));
        promote(Topics.PROMOTIONS, promotion(2, second, "c2", Map.of(), 900), signer(GATE));
        promote(Topics.PROMOTIONS, promotion(2, first, "c1", Map.of(), 800), signer(GATE));
        assertThat(loaded()).containsExactly(second.sha256());
    }

    private List<String> loaded() {
        return directories.directory(CarFollowing.POLICY).slot().loaded();
    }

    @Test
    void aFileIsNotToBlameForWhatAPromotionSaysOfIt() throws Exception {
        ModelFile model = TestModels.constant(-0.25f);
        file(model, signer(TRAINER));
        promote(Topics.PROMOTIONS, promotion(1, model, "c1", Map.of("golden.mode.00", 7.0), 0), signer(GATE));
        assertThat(epoch()).isZero();
        promote(Topics.PROMOTIONS, promotion(2, model, "c1"), signer(GATE));
        assertThat(epoch()).isEqualTo(2);
        assertThat(acknowledgements)
                .extracting(Acknowledgement::epoch, Acknowledgement::accepted)
                .containsExactly(tuple(1L, false), tuple(2L, true));
    }

    @Test
    void aFileThatWasNotSignedYetIsTakenOnceItIs() throws Exception {
        ModelFile model = TestModels.constant(-0.25f);
        store(model);
        promote(Topics.PROMOTIONS, promotion(1, model, "c1"), signer(GATE));
        assertThat(epoch()).isZero();
        file(model, signer(TRAINER));
        promote(Topics.PROMOTIONS, promotion(1, model, "c1"), signer(GATE));
        assertThat(epoch()).isEqualTo(1);
    }

    @Test
    void aFileWhoseClosingRecordIsGoneIsNotSigned() throws Exception {
        ModelFile model = TestModels.constant(-0.25f);
        file(model, signer(TRAINER));
        directories.checkSignature(CarFollowing.POLICY, model.sha256());
        driver.getKeyValueStore(ModelIndexers.ARTIFACTS)
                .delete(Bytes.wrap(ArtifactKey.manifest(CarFollowing.POLICY, model.sha256())
                        .toString()
                        .getBytes(StandardCharsets.UTF_8)));
        assertThatThrownBy(() -> directories.checkSignature(CarFollowing.POLICY, model.sha256()))
                .isInstanceOf(UntrustedException.class)
                .hasMessageContaining("expected the record that closes model " + model.sha256());
    }

    @Test
    void aPromotionThatItsHistoryToldBeforeIsAcknowledged() throws Exception {
        ModelFile model = TestModels.constant(-0.25f);
        file(model, signer(TRAINER));
        promote(Topics.HISTORY, promotion(1, model, ""), signer(OPERATOR));
        promote(Topics.PROMOTIONS, promotion(1, model, ""), signer(OPERATOR));
        assertThat(epoch()).isEqualTo(1);
        assertThat(acknowledgements).singleElement().satisfies(ack -> assertThat(ack.accepted())
                .isTrue());
    }

    @Test
    void aFileThatNoTrainerSignedWaitsForOneThatIsSigned() throws Exception {
        ModelFile model = TestModels.constant(-0.25f);
        file(model, RecordSigner.NONE);
        promote(Topics.PROMOTIONS, promotion(1, model, "c1"), signer(GATE));
        assertThat(epoch()).isZero();
        assertThat(letters).singleElement().satisfies(letter -> assertThat(letter.source())
                .isEqualTo(Topics.ARTIFACTS));
        file(model, signer(TRAINER));
        assertThat(epoch()).isEqualTo(1);
        file(model, RecordSigner.NONE); // does not take the place of the signed one
        promote(Topics.PROMOTIONS, promotion(2, model, "c2"), signer(GATE));
        assertThat(epoch()).isEqualTo(2);
    }

    @Test
    void aFileThatIsKeptFromWhenAnotherTrainerWasTrustedIsRefused() throws Exception {
        close();
        open(new Trust(Map.of(
                Role.TRAINER, List.of(SigningKey.generate().verifyingKey()),
                Role.GATE, List.of(GATE.verifyingKey()))));
        ModelFile model = TestModels.constant(-0.25f);
        store(model);
        promote(Topics.PROMOTIONS, promotion(1, model, "c1"), signer(GATE));
        assertThat(epoch()).isZero();
        assertThat(acknowledgements).singleElement().satisfies(ack -> {
            assertThat(ack.accepted()).isFalse();
            assertThat(ack.reason()).contains("signed by the trainer").contains("found no signature");
        });
    }

    /** Puts a file into the store past the check, as what it holds from before. */
    private void store(ModelFile model) {
        KeyValueStore<Bytes, byte[]> store = driver.getKeyValueStore(ModelIndexers.ARTIFACTS);
        for (ProducerRecord<ArtifactKey, ArtifactChunk> piece : Artifacts.chunks(CarFollowing.POLICY, model.bytes())) {
            store.put(
                    Bytes.wrap(piece.key().toString().getBytes(StandardCharsets.UTF_8)),
                    piece.value().bytes());
        }
    }
}
