package dev.understudy.schemas;

import dev.understudy.signing.Bundle;
import dev.understudy.signing.SigningKey;
import dev.understudy.signing.VerifyingKey;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/**
 * Signs records of the {@code models} topics as they are sent. It goes to other machines as the name of its key's file,
 * never as the key, and reads the file there when the first record comes.
 */
public final class RecordSigner implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Signs nothing. */
    public static final RecordSigner NONE = new RecordSigner(null, null);

    private final @Nullable String file;
    private transient @Nullable SigningKey key;

    private RecordSigner(@Nullable String file, @Nullable SigningKey key) {
        this.file = file;
        this.key = key;
    }

    /**
     * Signs with a key.
     *
     * @param file its PEM file, PKCS #8
     * @throws IllegalArgumentException if it cannot be read or holds no private key of P-256
     */
    public static RecordSigner with(Path file) {
        return new RecordSigner(file.toAbsolutePath().toString(), SigningKey.read(file));
    }

    /**
     * Returns the headers of a record that is about to be sent; empty if nothing is signed, or not this record.
     *
     * @throws UndecodableException if it is no record of its topic
     */
    public List<Header> headers(String topic, byte @Nullable [] key, byte[] value) {
        if (file == null) {
            return List.of();
        }
        Optional<SignedRecord> record = SignedRecord.of(topic, key, value);
        return record.<List<Header>>map(each ->
                        List.of(new RecordHeader(SignedRecord.HEADER, Bundle.sign(each.statement(), signingKey(file)))))
                .orElse(List.of());
    }

    /**
     * Returns the signature of a model file, the one that it would have in {@link Topics#ARTIFACTS}; none if nothing is
     * signed.
     *
     * @param policy whose model it is
     * @throws IllegalArgumentException if the file is too large for a model
     */
    public Optional<byte[]> signature(String policy, byte[] model) {
        List<ProducerRecord<ArtifactKey, ArtifactChunk>> records = Artifacts.chunks(policy, model);
        ProducerRecord<ArtifactKey, ArtifactChunk> closing = records.get(records.size() - 1);
        byte[] key = closing.key().toString().getBytes(StandardCharsets.UTF_8);
        return headers(closing.topic(), key, closing.value().bytes()).stream()
                .map(Header::value)
                .findFirst();
    }

    /** Returns the key that verifies what is signed; none if nothing is. */
    public Optional<VerifyingKey> verifyingKey() {
        return file == null ? Optional.empty() : Optional.of(signingKey(file).verifyingKey());
    }

    private SigningKey signingKey(String from) {
        SigningKey read = key;
        if (read == null) {
            read = SigningKey.read(Path.of(from));
            key = read;
        }
        return read;
    }

    /** Names the file of the key. */
    @Override
    public String toString() {
        return file == null ? "nothing is signed" : "signs with " + file;
    }
}
