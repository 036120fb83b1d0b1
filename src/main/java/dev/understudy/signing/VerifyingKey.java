package dev.understudy.signing;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.spec.X509EncodedKeySpec;
import org.jspecify.annotations.Nullable;

/** A public key of the curve P-256. May be used by any number of threads. */
public final class VerifyingKey implements Serializable {
    private static final long serialVersionUID = 1L;

    static final String ALGORITHM = "SHA256withECDSA";
    private static final String LABEL = "PUBLIC KEY";

    private final ECPublicKey key;

    VerifyingKey(ECPublicKey key) {
        this.key = key;
    }

    /**
     * Reads a key: PEM, {@code SubjectPublicKeyInfo}.
     *
     * @throws IllegalArgumentException if the file cannot be read or holds no public key of P-256
     */
    public static VerifyingKey read(Path file) {
        return parse(Pem.text(file), file.toString());
    }

    /**
     * Reads a key.
     *
     * @param where it is from, for messages
     * @throws IllegalArgumentException if the text is no public key of P-256
     */
    public static VerifyingKey parse(String pem, String where) {
        byte[] bytes = Pem.read(
                LABEL, pem, where, "the public key of a private one: openssl pkey -in KEY.pem -pubout -out KEY.pub");
        try {
            if (KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(bytes)) instanceof ECPublicKey key) {
                P256.check(key, where);
                return new VerifyingKey(key);
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    "expected a public key of an elliptic curve in %s: %s".formatted(where, e.getMessage()), e);
        }
        throw new IllegalArgumentException("expected a public key of an elliptic curve in " + where);
    }

    /** Returns whether a signature (DER) of a message was made with the private key of this one. */
    boolean verifies(byte[] message, byte[] signature) {
        if (!P256.isSignature(signature)) {
            return false;
        }
        try {
            Signature verifier = Signature.getInstance(ALGORITHM);
            verifier.initVerify(key);
            verifier.update(message);
            return verifier.verify(signature);
        } catch (SignatureException e) {
            return false; // not even the form of one
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("expected a Java platform with " + ALGORITHM, e);
        }
    }

    /** Returns the key as PEM. */
    public String toPem() {
        return Pem.write(LABEL, key.getEncoded());
    }

    /** Returns the SHA-256 of the PEM text, 64 hex digits, by which a bundle names the key. */
    public String fingerprint() {
        return Statement.sha256(toPem().getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof VerifyingKey that && key.equals(that.key);
    }

    @Override
    public int hashCode() {
        return key.hashCode();
    }

    /** The beginning of the fingerprint. */
    @Override
    public String toString() {
        return fingerprint().substring(0, 12);
    }
}
