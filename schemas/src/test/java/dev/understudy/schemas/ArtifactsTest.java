package dev.understudy.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serde;
import org.junit.jupiter.api.Test;

class ArtifactsTest {
    private static final String POLICY = "driving/car-following";
    private final byte[] file = new byte[2 * Artifacts.CHUNK_BYTES + 17];

    ArtifactsTest() {
        new Random(5).nextBytes(file);
    }

    @Test
    void aFileIsChunksAndThenItsManifest() {
        List<ProducerRecord<ArtifactKey, ArtifactChunk>> records = Artifacts.chunks(POLICY, file);
        assertThat(records).extracting(record -> record.key().chunk()).containsExactly(0, 1, 2, ArtifactKey.MANIFEST);
        assertThat(records.get(2).value().bytes()).hasSize(17);
        assertThat(Artifacts.chunks(POLICY, file)).isEqualTo(records);
    }

    @Test
    void aFileComesBackInAnyOrderAndWithRepeats() {
        List<ProducerRecord<ArtifactKey, ArtifactChunk>> records = new ArrayList<>(Artifacts.chunks(POLICY, file));
        Random random = new Random(1);
        for (int round = 0; round < 20; round++) {
            Collections.shuffle(records, random);
            ArtifactAssembly assembly = new ArtifactAssembly();
            assembly.offer(records.get(0).key(), records.get(0).value());
            List<ArtifactAssembly.Artifact> whole = new ArrayList<>();
            records.forEach(
                    record -> assembly.offer(record.key(), record.value()).ifPresent(whole::add));
            assertThat(whole).hasSize(1);
            assertThat(whole.get(0).bytes()).isEqualTo(file);
            assertThat(whole.get(0).policy()).isEqualTo(POLICY);
            assertThat(assembly.waiting()).isZero();
        }
    }

    @Test
    void aFileIsReadFromAStoreOnceAllOfItIsThere() {
        Map<ArtifactKey, ArtifactChunk> store = new HashMap<>();
        String sha256 = Artifacts.sha256(file);
        List<ProducerRecord<ArtifactKey, ArtifactChunk>> records = Artifacts.chunks(POLICY, file);
        records.subList(1, 4).forEach(record -> store.put(record.key(), record.value()));
        assertThat(ArtifactAssembly.assemble(POLICY, sha256, store::get)).isEmpty();
        store.put(records.get(0).key(), records.get(0).value());
        assertThat(ArtifactAssembly.assemble(POLICY, sha256, store::get).map(ArtifactAssembly.Artifact::bytes))
                .contains(file);
    }

    @Test
    void chunksThatDoNotAddUpAreRefusedAndForgotten() {
        ArtifactAssembly assembly = new ArtifactAssembly();
        List<ProducerRecord<ArtifactKey, ArtifactChunk>> records = Artifacts.chunks(POLICY, file);
        byte[] changed = records.get(1).value().bytes().clone();
        changed[7]++;
        assembly.offer(records.get(0).key(), records.get(0).value());
        assembly.offer(records.get(1).key(), new ArtifactChunk(changed));
        assembly.offer(records.get(2).key(), records.get(2).value());
        assertThatThrownBy(() ->
                        assembly.offer(records.get(3).key(), records.get(3).value()))
                .isInstanceOf(UndecodableException.class)
                .hasMessageContaining("with SHA-256 " + Artifacts.sha256(file))
                .hasMessageContaining("found " + file.length + " bytes with ");
        assertThat(assembly.waiting()).isZero();
    }

    @Test
    void aManifestThatLiesIsRefusedBeforeMemoryIsReserved() {
        String sha256 = Artifacts.sha256(file);
        ArtifactKey key = ArtifactKey.manifest(POLICY, sha256);
        ArtifactAssembly assembly = new ArtifactAssembly();
        for (ArtifactManifest lie : List.of(
                new ArtifactManifest(POLICY, sha256, Long.MAX_VALUE, 1, 1),
                new ArtifactManifest(POLICY, sha256, 10, -1, 1),
                new ArtifactManifest(POLICY, sha256, 10, 11, 1),
                new ArtifactManifest("other", sha256, 10, 1, 1))) {
            assertThatThrownBy(() -> assembly.offer(key, new ArtifactChunk(Codecs.MANIFEST.encode(lie))))
                    .isInstanceOf(UndecodableException.class)
                    .hasMessageContaining("expected a manifest of");
        }
        assertThatThrownBy(() -> assembly.offer(key, new ArtifactChunk(new byte[] {1, 2, 3})))
                .isInstanceOf(UndecodableException.class)
                .hasMessageContaining("expected dev.understudy.ArtifactManifest");
    }

    @Test
    void aDeletedChunkIsMissing() {
        ArtifactAssembly assembly = new ArtifactAssembly();
        ProducerRecord<ArtifactKey, ArtifactChunk> first =
                Artifacts.chunks(POLICY, file).get(0);
        assembly.offer(first.key(), first.value());
        assertThat(assembly.offer(first.key(), null)).isEqualTo(Optional.empty());
        assertThat(assembly.waiting()).isZero();
    }

    @Test
    void emptyAndTooLargeFilesAreRefused() {
        assertThatThrownBy(() -> Artifacts.chunks(POLICY, new byte[0])).hasMessageContaining("found 0");
        assertThatThrownBy(() -> Artifacts.chunks(POLICY, new byte[Artifacts.MAX_BYTES + 1]))
                .hasMessageContaining("expected a model file of 1 to 16777216 bytes");
    }

    @Test
    void keysAreReadableTextAndComeBack() {
        Serde<ArtifactKey> serde = UnderstudySerdes.artifactKey();
        for (int chunk : new int[] {0, 31, ArtifactKey.MANIFEST}) {
            ArtifactKey key = new ArtifactKey(POLICY, Artifacts.sha256(file), chunk);
            byte[] bytes = serde.serializer().serialize("t", key);
            assertThat(serde.deserializer().deserialize("t", bytes)).isEqualTo(key);
        }
        assertThatThrownBy(() -> serde.deserializer().deserialize("t", "x|y|z".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(UndecodableException.class)
                .hasMessageContaining("expected an artefact key policy|sha256|chunk, found 'x|y|z'");
        assertThatThrownBy(() -> new ArtifactKey("a|b", Artifacts.sha256(file), 0))
                .hasMessageContaining("without |");
        assertThatThrownBy(() -> new ArtifactKey("a", "XYZ", 0)).hasMessageContaining("64 hex digits");
        assertThatThrownBy(() -> new ArtifactKey("a", Artifacts.sha256(file), -2))
                .hasMessageContaining("found -2");
    }
}
