package dev.understudy.schemas;

import dev.understudy.signing.Bundle;
import dev.understudy.signing.Statement;
import dev.understudy.signing.UntrustedException;
import dev.understudy.signing.VerifyingKey;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Whose signatures count: the public keys of each role. Once there is a key of any role, every model file, candidate
 * and promotion has to be signed by a key of its role; a role without a key is trusted with nothing. With no key at
 * all, nothing is verified. May be used by any number of threads.
 */
public final class Trust implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Nothing is verified. */
    public static final Trust NONE = new Trust(Map.of());

    private final EnumMap<Role, List<VerifyingKey>> keys = new EnumMap<>(Role.class);

    /** @param keys those of each role; several while one takes over from another */
    public Trust(Map<Role, List<VerifyingKey>> keys) {
        keys.forEach((role, own) -> {
            if (!own.isEmpty()) {
                this.keys.put(role, List.copyOf(own));
            }
        });
    }

    /** Returns whether nothing is verified. */
    public boolean isNone() {
        return keys.isEmpty();
    }

    /** Returns whether somebody is trusted with a role. */
    public boolean has(Role role) {
        return keys.containsKey(role);
    }

    /** Returns whether what a signer signs is trusted in a role. */
    public boolean isTrusted(Role role, RecordSigner signer) {
        return signer.verifyingKey()
                .map(key -> keys.getOrDefault(role, List.of()).contains(key))
                .orElse(false);
    }

    /**
     * Verifies a record of any topic. Those that are not signed pass: other topics, deleted records, and the pieces of
     * a model file, for which its hash vouches.
     *
     * @throws UntrustedException if nobody who is trusted with it signed it, or signed it for another record
     * @throws UndecodableException if it is no record of its topic
     */
    public void check(String topic, byte @Nullable [] key, byte @Nullable [] value, @Nullable Headers headers) {
        check(topic, key, value, SignedRecord.signature(headers));
    }

    /**
     * As {@link #check(String, byte[], byte[], Headers)}.
     *
     * @param signature that of the record, null if it has none
     */
    public void check(String topic, byte @Nullable [] key, byte @Nullable [] value, byte @Nullable [] signature) {
        if (isNone()) {
            return;
        }
        Optional<SignedRecord> signed = SignedRecord.of(topic, key, value);
        if (signed.isPresent()) {
            check(signed.get(), signature);
        }
    }

    private void check(SignedRecord record, byte @Nullable [] signature) {
        Statement found = open(record.role(), record.toString(), signature);
        if (!found.equals(record.statement())) {
            throw new UntrustedException("expected a signature for %s and %s, found one for model %s and %s"
                    .formatted(record, record.statement().claims(), found.sha256(), found.claims()));
        }
    }

    /**
     * Verifies a model file that is about to be loaded, by the record that closes it: one that is gone is not signed.
     *
     * @param manifest value of that record; null if there is none
     * @param signature that of the record; null if it has none
     * @throws UntrustedException if nobody who is trusted with it signed it
     * @throws UndecodableException if it is no record that closes a file
     */
    public void checkArtifact(String policy, String sha256, byte @Nullable [] manifest, byte @Nullable [] signature) {
        if (isNone()) {
            return;
        }
        if (manifest == null) {
            throw new UntrustedException(
                    "expected the record that closes model %s, and its signature, found none".formatted(sha256));
        }
        check(
                Topics.ARTIFACTS,
                ArtifactKey.manifest(policy, sha256).toString().getBytes(StandardCharsets.UTF_8),
                manifest,
                signature);
    }

    /** Returns the signature among the headers of a record, null if there is none. */
    public static byte @Nullable [] signature(@Nullable Headers headers) {
        return SignedRecord.signature(headers);
    }

    /**
     * Verifies the signature of a model file outside of the topics.
     *
     * @param sha256 of the file
     * @param signature null if there is none
     * @throws UntrustedException if no trainer who is trusted signed it, or signed another one
     */
    public void checkFile(String sha256, byte @Nullable [] signature) {
        if (isNone()) {
            return;
        }
        Statement found = open(Role.TRAINER, "model " + sha256, signature);
        String kind = found.claims().getOrDefault("kind", "artifact");
        if (!found.sha256().equals(sha256) || !kind.equals("artifact")) {
            throw new UntrustedException("expected a signature for the file of model %s, found one for %s of model %s"
                    .formatted(sha256, kind, found.sha256()));
        }
    }

    private Statement open(Role role, String what, byte @Nullable [] signature) {
        String name = role.name().toLowerCase(Locale.ROOT);
        List<VerifyingKey> trusted = keys.getOrDefault(role, List.of());
        if (trusted.isEmpty()) {
            throw new UntrustedException("expected a key in trust.%s to verify %s, found none".formatted(name, what));
        }
        if (signature == null) {
            throw new UntrustedException(
                    "expected %s to be signed by the %s %s, found no signature".formatted(what, name, trusted));
        }
        return Bundle.open(signature, trusted);
    }

    /** Names the keys of each role by their fingerprints. */
    @Override
    public String toString() {
        return isNone() ? "nothing is verified" : "trusts " + keys;
    }
}
