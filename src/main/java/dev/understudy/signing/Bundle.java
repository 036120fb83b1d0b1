package dev.understudy.signing;

import dev.understudy.json.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * A signed {@link Statement} as a Sigstore bundle of version 0.3: a DSSE envelope, and the fingerprint of the key in
 * the place of a certificate. DSSE signs {@code "DSSEv1 " length(type) " " type " " length(payload) " " payload} (DSSE
 * protocol 1.0.2, PAE).
 */
public final class Bundle {
    /** A bundle of one file has about 1.3 kB. */
    public static final int MOST_BYTES = 64 * 1024;

    private static final String MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";
    private static final String PAYLOAD_TYPE = "application/vnd.in-toto+json";

    private Bundle() {}

    /** Returns a signed statement, JSON in UTF-8. Signing it again gives other bytes that are as good. */
    public static byte[] sign(Statement statement, SigningKey key) {
        byte[] payload = statement.toJson();
        Base64.Encoder base64 = Base64.getEncoder();
        return ("{\"mediaType\":\"%s\",\"verificationMaterial\":{\"publicKey\":{\"hint\":\"%s\"},\"tlogEntries\":[]},"
                        + "\"dsseEnvelope\":{\"payload\":\"%s\",\"payloadType\":\"%s\",\"signatures\":[{\"sig\":\"%s\",\"keyid\":\"\"}]}}")
                .formatted(
                        MEDIA_TYPE,
                        key.verifyingKey().fingerprint(),
                        base64.encodeToString(payload),
                        PAYLOAD_TYPE,
                        base64.encodeToString(key.sign(encoded(payload))))
                .getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Returns what a bundle states, once it is certain that a key that is trusted signed it.
     *
     * @param bundle JSON in UTF-8
     * @param trusted keys, of which any will do
     * @throws UntrustedException if it is no bundle, or none of the keys signed it
     */
    public static Statement open(byte[] bundle, Collection<VerifyingKey> trusted) {
        if (bundle.length > MOST_BYTES) {
            throw new UntrustedException(
                    "expected a signature of at most %d bytes, found %d".formatted(MOST_BYTES, bundle.length));
        }
        try {
            Map<?, ?> root = Statement.map(Json.parse(new String(bundle, StandardCharsets.UTF_8)), "a bundle");
            Statement.require(root, "mediaType", MEDIA_TYPE);
            Map<?, ?> envelope = Statement.map(root.get("dsseEnvelope"), "dsseEnvelope");
            Statement.require(envelope, "payloadType", PAYLOAD_TYPE);
            byte[] payload = Base64.getDecoder().decode(Statement.text(envelope, "payload"));
            Map<?, ?> signature = Statement.only(envelope.get("signatures"), "signatures");
            byte[] bytes = Base64.getDecoder().decode(Statement.text(signature, "sig"));
            byte[] message = encoded(payload);
            if (trusted.stream().noneMatch(key -> key.verifies(message, bytes))) {
                throw new UntrustedException("expected a signature by one of the trusted keys %s, found one by %s"
                        .formatted(List.copyOf(trusted), signer(root)));
            }
            return Statement.parse(payload);
        } catch (IllegalArgumentException e) {
            throw new UntrustedException(
                    "expected a signature as OpenSSF Model Signing 1.0 has it: " + e.getMessage(), e);
        }
    }

    /** Returns by which key a bundle says that it was signed, for messages: nothing vouches for it. */
    private static String signer(Map<?, ?> bundle) {
        return bundle.get("verificationMaterial") instanceof Map<?, ?> material
                        && material.get("publicKey") instanceof Map<?, ?> key
                        && key.get("hint") instanceof String hint
                        && hint.matches("[0-9a-f]{64}")
                ? hint.substring(0, 12) + " or altered since"
                : "another";
    }

    private static byte[] encoded(byte[] payload) {
        byte[] head = "DSSEv1 %d %s %d "
                .formatted(PAYLOAD_TYPE.length(), PAYLOAD_TYPE, payload.length)
                .getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream message = new ByteArrayOutputStream(head.length + payload.length);
        message.writeBytes(head);
        message.writeBytes(payload);
        return message.toByteArray();
    }
}
