package dev.understudy.schemas;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Model files as records of {@code models.artifacts.v1}: chunks, then the manifest. */
public final class Artifacts {
    /** Half of Kafka's default message limit. */
    public static final int CHUNK_BYTES = 512 * 1024;

    /** A larger file does not belong into a topic. */
    public static final int MAX_BYTES = 16 * 1024 * 1024;

    private Artifacts() {}

    /**
     * Returns the records of one file in the order to send them. They depend on the policy and the bytes alone, so
     * sending them again changes nothing.
     *
     * @throws IllegalArgumentException if the file is empty or larger than {@link #MAX_BYTES}
     */
    public static List<ProducerRecord<ArtifactKey, ArtifactChunk>> chunks(String policy, byte[] file) {
        if (file.length == 0 || file.length > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "expected a model file of 1 to " + MAX_BYTES + " bytes, found " + file.length);
        }
        String sha256 = sha256(file);
        List<ProducerRecord<ArtifactKey, ArtifactChunk>> records = new ArrayList<>();
        int chunks = (file.length + CHUNK_BYTES - 1) / CHUNK_BYTES;
        for (int i = 0; i < chunks; i++) {
            byte[] chunk = Arrays.copyOfRange(file, i * CHUNK_BYTES, Math.min(file.length, (i + 1) * CHUNK_BYTES));
            records.add(new ProducerRecord<>(
                    Topics.ARTIFACTS, new ArtifactKey(policy, sha256, i), new ArtifactChunk(chunk)));
        }
        byte[] manifest =
                Codecs.MANIFEST.encode(new ArtifactManifest(policy, sha256, file.length, chunks, CHUNK_BYTES));
        records.add(new ProducerRecord<>(
                Topics.ARTIFACTS, ArtifactKey.manifest(policy, sha256), new ArtifactChunk(manifest)));
        return records;
    }

    /** Returns the SHA-256 of bytes as 64 hex digits in lower case. */
    public static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("expected every Java platform to have SHA-256", e);
        }
    }
}
