package dev.understudy.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.signing.SigningKey;
import dev.understudy.signing.UntrustedException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrustTest {
    private static final String POLICY = "driving/car-following";
    private static final String SHA = "ab".repeat(32);
    private static final byte[] FILE = "a model".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path folder = Path.of("");

    private RecordSigner trainer = RecordSigner.NONE;
    private RecordSigner gate = RecordSigner.NONE;
    private RecordSigner operator = RecordSigner.NONE;
    private RecordSigner stranger = RecordSigner.NONE;
    private Trust trust = Trust.NONE;

    @BeforeEach
    void makeKeys() throws Exception {
        SigningKey ofTrainer = SigningKey.generate();
        SigningKey ofGate = SigningKey.generate();
        SigningKey ofOperator = SigningKey.generate();
        trainer = signer("trainer", ofTrainer);
        gate = signer("gate", ofGate);
        operator = signer("operator", ofOperator);
        stranger = signer("stranger", SigningKey.generate());
        trust = new Trust(Map.of(
                Role.TRAINER, List.of(ofTrainer.verifyingKey()),
                Role.GATE, List.of(ofGate.verifyingKey()),
                Role.OPERATOR, List.of(ofOperator.verifyingKey())));
    }

    private RecordSigner signer(String name, SigningKey key) throws Exception {
        return RecordSigner.with(Files.writeString(folder.resolve(name + ".pem"), key.toPem()));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Promotion promotion(String policy, long epoch, String sha256, String candidateId) {
        return new Promotion(
                policy, epoch, sha256, 1000, "", "better", true, candidateId, new TreeMap<>(Map.of("gain", 0.5)), 7);
    }

    private static byte[] encode(Promotion promotion) {
        return Codecs.PROMOTION.encode(promotion);
    }

    private static Headers headers(RecordSigner signer, String topic, String key, byte[] value) {
        Headers headers = new RecordHeaders();
        signer.headers(topic, bytes(key), value).forEach(headers::add);
        return headers;
    }

    private void check(String topic, String key, byte[] value, Headers headers) {
        trust.check(topic, bytes(key), value, headers);
    }

    @Test
    void eachRoleIsTrustedWithItsOwnRecords() {
        byte[] promotion = encode(promotion(POLICY, 3, SHA, "candidate-1"));
        byte[] rollback = encode(promotion(POLICY, 4, SHA, ""));
        for (String topic : List.of(Topics.PROMOTIONS, Topics.HISTORY)) {
            check(topic, POLICY, promotion, headers(gate, topic, POLICY, promotion));
            check(topic, POLICY, rollback, headers(operator, topic, POLICY, rollback));
        }
        byte[] candidate = Codecs.CANDIDATE.encode(candidate());
        check(Topics.CANDIDATES, POLICY, candidate, headers(trainer, Topics.CANDIDATES, POLICY, candidate));
        for (ProducerRecord<ArtifactKey, ArtifactChunk> piece : Artifacts.chunks(POLICY, FILE)) {
            String key = piece.key().toString();
            byte[] value = piece.value().bytes();
            Headers headers = headers(trainer, Topics.ARTIFACTS, key, value);
            assertThat(headers.toArray()).hasSize(piece.key().isManifest() ? 1 : 0);
            check(Topics.ARTIFACTS, key, value, headers);
        }
    }

    private static Candidate candidate() {
        return new Candidate("c1", POLICY, "", SHA, 7, 0, 1, 2, 1, "v", "f", Map.of(), 3, 4, "bc");
    }

    @Test
    void noRoleIsTrustedWithTheRecordsOfAnother() {
        byte[] promotion = encode(promotion(POLICY, 3, SHA, "candidate-1"));
        byte[] rollback = encode(promotion(POLICY, 4, SHA, ""));
        for (RecordSigner wrong : List.of(trainer, operator, stranger)) {
            refused(Topics.PROMOTIONS, promotion, headers(wrong, Topics.PROMOTIONS, POLICY, promotion));
        }
        refused(Topics.PROMOTIONS, rollback, headers(gate, Topics.PROMOTIONS, POLICY, rollback));
        byte[] candidate = Codecs.CANDIDATE.encode(candidate());
        refused(Topics.CANDIDATES, candidate, headers(gate, Topics.CANDIDATES, POLICY, candidate));
    }

    private void refused(String topic, byte[] value, Headers headers) {
        assertThatThrownBy(() -> check(topic, POLICY, value, headers))
                .isInstanceOf(UntrustedException.class)
                .hasMessageContaining("expected a signature by one of the trusted keys");
    }

    @Test
    void whatIsNotSignedIsRefusedWithWhoShouldHave() {
        byte[] promotion = encode(promotion(POLICY, 3, SHA, "candidate-1"));
        assertThatThrownBy(() -> check(Topics.PROMOTIONS, POLICY, promotion, new RecordHeaders()))
                .isInstanceOf(UntrustedException.class)
                .hasMessageContaining("expected promotion of " + POLICY + " for model " + SHA)
                .hasMessageContaining("signed by the gate")
                .hasMessageContaining("found no signature");
    }

    @Test
    void aSignatureIsGoodForNoOtherPolicyEpochModelOrTime() {
        byte[] signed = encode(promotion(POLICY, 3, SHA, "candidate-1"));
        Headers headers = headers(gate, Topics.PROMOTIONS, POLICY, signed);
        String variant = POLICY + "@fleet-7";
        Map<String, byte[]> replays = Map.of(
                POLICY + "|epoch", encode(promotion(POLICY, 9, SHA, "candidate-1")),
                POLICY + "|model", encode(promotion(POLICY, 3, "cd".repeat(32), "candidate-1")),
                POLICY + "|reason",
                        encode(new Promotion(
                                POLICY, 3, SHA, 2000, "", "better", true, "candidate-1", new TreeMap<>(), 7)),
                variant + "|policy", encode(promotion(variant, 3, SHA, "candidate-1")));
        replays.forEach((name, value) -> assertThatThrownBy(
                        () -> check(Topics.PROMOTIONS, name.substring(0, name.indexOf('|')), value, headers))
                .as(name)
                .isInstanceOf(UntrustedException.class)
                .hasMessageContaining("expected a signature for promotion of"));
    }

    @Test
    void aRefusalDoesNotBecomeAPromotion() {
        Promotion refusal = new Promotion(POLICY, 3, SHA, 0, "", "worse", false, "candidate-1", new TreeMap<>(), 7);
        Headers headers = headers(gate, Topics.HISTORY, POLICY, encode(refusal));
        byte[] promotion = encode(promotion(POLICY, 3, SHA, "candidate-1"));
        assertThatThrownBy(() -> check(Topics.PROMOTIONS, POLICY, promotion, headers))
                .isInstanceOf(UntrustedException.class);
    }

    @Test
    void theSignatureOfAModelFileIsNoneOfAPromotionNorOfAnotherPolicy() {
        ProducerRecord<ArtifactKey, ArtifactChunk> closing =
                Artifacts.chunks(POLICY, FILE).get(1);
        byte[] value = closing.value().bytes();
        Headers headers = headers(trainer, Topics.ARTIFACTS, closing.key().toString(), value);
        ProducerRecord<ArtifactKey, ArtifactChunk> other =
                Artifacts.chunks("control/cartpole-v1", FILE).get(1);
        assertThatThrownBy(() -> check(
                        Topics.ARTIFACTS, other.key().toString(), other.value().bytes(), headers))
                .isInstanceOf(UntrustedException.class);
        byte[] candidate = Codecs.CANDIDATE.encode(candidate());
        assertThatThrownBy(() -> check(Topics.CANDIDATES, POLICY, candidate, headers))
                .isInstanceOf(UntrustedException.class);
        assertThatCode(() -> trust.checkFile(Artifacts.sha256(FILE), Trust.signature(headers)))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> trust.checkFile(SHA, Trust.signature(headers))).isInstanceOf(UntrustedException.class);
        assertThatThrownBy(() -> trust.checkFile(SHA, null))
                .isInstanceOf(UntrustedException.class)
                .hasMessageContaining("found no signature");
    }

    @Test
    void aSignedRecordUnderTheKeyOfAnotherPolicyIsRefused() {
        byte[] promotion = encode(promotion(POLICY, 3, SHA, "candidate-1"));
        Headers headers = headers(gate, Topics.PROMOTIONS, POLICY, promotion);
        assertThatThrownBy(() -> check(Topics.PROMOTIONS, "control/cartpole-v1", promotion, headers))
                .isInstanceOf(UndecodableException.class)
                .hasMessageContaining("expected the key of a record to be its policy");
    }

    @Test
    void aRoleWithoutAKeyIsTrustedWithNothing() {
        Trust gateAlone =
                new Trust(Map.of(Role.GATE, List.of(gate.verifyingKey().orElseThrow())));
        byte[] candidate = Codecs.CANDIDATE.encode(candidate());
        Headers headers = headers(trainer, Topics.CANDIDATES, POLICY, candidate);
        assertThatThrownBy(() -> gateAlone.check(Topics.CANDIDATES, bytes(POLICY), candidate, headers))
                .isInstanceOf(UntrustedException.class)
                .hasMessageContaining("expected a key in trust.trainer");
        assertThat(gateAlone.isTrusted(Role.GATE, gate)).isTrue();
        assertThat(gateAlone.isTrusted(Role.GATE, trainer)).isFalse();
        assertThat(gateAlone.isTrusted(Role.GATE, RecordSigner.NONE)).isFalse();
    }

    @Test
    void withoutKeysNothingIsSignedOrVerified() {
        byte[] promotion = encode(promotion("p", 3, "no hash", "c"));
        assertThat(RecordSigner.NONE.headers(Topics.PROMOTIONS, bytes("p"), promotion))
                .isEmpty();
        assertThatCode(() -> Trust.NONE.check(Topics.PROMOTIONS, bytes("p"), promotion, new RecordHeaders()))
                .doesNotThrowAnyException();
    }

    @Test
    void otherTopicsAndDeletedRecordsAreNotSigned() {
        assertThat(trainer.headers(Topics.LOGS, bytes("car"), new byte[] {1})).isEmpty();
        assertThatCode(() -> {
                    trust.check(Topics.LOGS, bytes("car"), new byte[] {1}, new RecordHeaders());
                    trust.check(Topics.PROMOTIONS, bytes(POLICY), null, new RecordHeaders());
                })
                .doesNotThrowAnyException();
    }

    @Test
    void theValueIsThatOfARecordWithoutSignature() {
        // Older readers and writers go on: the schema is the same, and they pass over the header.
        byte[] promotion = encode(promotion(POLICY, 3, SHA, "candidate-1"));
        headers(gate, Topics.PROMOTIONS, POLICY, promotion);
        assertThat(Codecs.PROMOTION.decode(promotion)).isEqualTo(promotion(POLICY, 3, SHA, "candidate-1"));
    }

    @Test
    void aSignerGoesToOtherMachinesWithoutItsKey() throws Exception {
        Signing signing = new Signing(gate, trust);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(signing);
        }
        assertThat(bytes.toString(StandardCharsets.ISO_8859_1)).doesNotContain("PrivateKey");
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            Signing there = (Signing) in.readObject();
            byte[] promotion = encode(promotion(POLICY, 3, SHA, "candidate-1"));
            there.trust()
                    .check(
                            Topics.PROMOTIONS,
                            bytes(POLICY),
                            promotion,
                            headers(there.signer(), Topics.PROMOTIONS, POLICY, promotion));
            assertThat(there.signer().verifyingKey()).isEqualTo(gate.verifyingKey());
        }
    }
}
