package dev.understudy.schemas;

import dev.understudy.signing.Statement;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * What is stated of a record of the {@code models} topics, and who has to sign it. A model file is signed with the
 * record that closes it, a promotion for its policy, epoch, hash and time. The hash of the record's value is part of
 * every statement, so that a signature is good for one record alone.
 *
 * @param role who has to sign it
 * @param policy of the record
 * @param statement what is signed
 */
record SignedRecord(Role role, String policy, Statement statement) {
    /** Header of a record that holds its signature, a {@link dev.understudy.signing.Bundle}. */
    static final String HEADER = "understudy-signature";

    private static final String KIND = "kind";
    private static final String POLICY = "policy";
    private static final String RECORD = "record";

    /**
     * Returns what is to be signed of a record; none if records of its topic, or it, are not signed.
     *
     * @throws UndecodableException if it is no record of its topic
     */
    static Optional<SignedRecord> of(String topic, byte @Nullable [] key, byte @Nullable [] value) {
        if (value == null) {
            return Optional.empty();
        }
        return switch (topic) {
            case Topics.ARTIFACTS -> artifact(key, value);
            case Topics.CANDIDATES -> Optional.of(candidate(value).under(key));
            case Topics.PROMOTIONS, Topics.HISTORY ->
                Optional.of(promotion(value).under(key));
            default -> Optional.empty();
        };
    }

    private static Optional<SignedRecord> artifact(byte @Nullable [] key, byte[] value) {
        ArtifactKey piece = ArtifactKey.parse(key == null ? "" : new String(key, StandardCharsets.UTF_8));
        if (!piece.isManifest()) {
            return Optional.empty(); // the file's hash, which is signed, vouches for the pieces
        }
        SortedMap<String, String> claims = claims("artifact", piece.policy(), value);
        return Optional.of(
                new SignedRecord(Role.TRAINER, piece.policy(), statement(piece.policy(), piece.sha256(), claims)));
    }

    private static SignedRecord candidate(byte[] value) {
        Candidate candidate = Codecs.CANDIDATE.decode(value);
        SortedMap<String, String> claims = claims("candidate", candidate.policy(), value);
        claims.put("candidate", candidate.id());
        return new SignedRecord(
                Role.TRAINER, candidate.policy(), statement(candidate.policy(), candidate.sha256(), claims));
    }

    private static SignedRecord promotion(byte[] value) {
        Promotion promotion = Codecs.PROMOTION.decode(value);
        SortedMap<String, String> claims = claims("promotion", promotion.policy(), value);
        claims.put("epoch", Long.toString(promotion.epoch()));
        claims.put("promoted", Boolean.toString(promotion.promoted()));
        claims.put("effectiveFromMs", Long.toString(promotion.effectiveFromMs()));
        return new SignedRecord(
                promotion.decidedBy(), promotion.policy(), statement(promotion.policy(), promotion.sha256(), claims));
    }

    /** Returns this if its key is its policy: under another one it would take the place of another policy's record. */
    private SignedRecord under(byte @Nullable [] key) {
        String found = key == null ? "none" : new String(key, StandardCharsets.UTF_8);
        if (!found.equals(policy)) {
            throw new UndecodableException("expected the key of a record to be its policy %s, found %s"
                    .formatted(policy, found.length() > 100 ? found.substring(0, 100) + "..." : found));
        }
        return this;
    }

    private static SortedMap<String, String> claims(String kind, String policy, byte[] value) {
        SortedMap<String, String> claims = new TreeMap<>();
        claims.put(KIND, kind);
        claims.put(POLICY, policy);
        claims.put(RECORD, Artifacts.sha256(value));
        return claims;
    }

    private static Statement statement(String policy, String sha256, SortedMap<String, String> claims) {
        try {
            return new Statement(policy, sha256, claims);
        } catch (IllegalArgumentException e) {
            throw new UndecodableException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Returns the signature among the headers of a record, null if there is none. */
    static byte @Nullable [] signature(@Nullable Headers headers) {
        Header last = headers == null ? null : headers.lastHeader(HEADER);
        return last == null ? null : last.value();
    }

    /** Names the record in messages. */
    @Override
    public String toString() {
        return "%s of %s for model %s".formatted(statement.claims().get(KIND), policy, statement.sha256());
    }
}
