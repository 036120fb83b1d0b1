package dev.understudy.signing;

import java.math.BigInteger;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.PKCS8EncodedKeySpec;

/** A private key of the curve P-256. It tells nothing of itself but its public key. */
public final class SigningKey {
    private static final String LABEL = "PRIVATE KEY";

    private final ECPrivateKey key;
    private final VerifyingKey verifying;

    private SigningKey(ECPrivateKey key, VerifyingKey verifying) {
        this.key = key;
        this.verifying = verifying;
    }

    /** Makes a new key. */
    public static SigningKey generate() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return of((ECPrivateKey) generator.generateKeyPair().getPrivate());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("expected a Java platform with the curve P-256", e);
        }
    }

    /**
     * Reads a key: PEM, PKCS #8, not encrypted.
     *
     * @throws IllegalArgumentException if the file cannot be read or holds no private key of P-256; the message holds
     *     nothing of the key
     */
    public static SigningKey read(Path file) {
        byte[] bytes = Pem.read(
                LABEL,
                Pem.text(file),
                file.toString(),
                "turn another form into it: openssl pkcs8 -topk8 -nocrypt -in KEY -out KEY.pem");
        try {
            if (KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(bytes))
                    instanceof ECPrivateKey key) {
                P256.check(key, file.toString());
                return of(key);
            }
        } catch (GeneralSecurityException e) {
            // Not as the cause: what a provider says of a private key is for no log.
            throw new IllegalArgumentException("expected a private key of an elliptic curve in " + file);
        }
        throw new IllegalArgumentException("expected a private key of an elliptic curve in " + file);
    }

    private static SigningKey of(ECPrivateKey key) throws GeneralSecurityException {
        BigInteger number = key.getS();
        if (number.signum() < 1 || number.compareTo(P256.CURVE.getOrder()) >= 0) {
            throw new GeneralSecurityException("out of range");
        }
        ECPublicKey point = (ECPublicKey)
                KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(P256.times(number), P256.CURVE));
        return new SigningKey(key, new VerifyingKey(point));
    }

    /** Returns the signature of a message, DER. */
    byte[] sign(byte[] message) {
        try {
            Signature signer = Signature.getInstance(VerifyingKey.ALGORITHM);
            signer.initSign(key);
            signer.update(message);
            return signer.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("expected a Java platform with " + VerifyingKey.ALGORITHM, e);
        }
    }

    /** Returns the key that verifies what this one signs. */
    public VerifyingKey verifyingKey() {
        return verifying;
    }

    /** Returns the private key as PEM, PKCS #8; a secret. */
    public String toPem() {
        return Pem.write(LABEL, key.getEncoded());
    }

    /** Names the public key. */
    @Override
    public String toString() {
        return "SigningKey[" + verifying + "]";
    }
}
