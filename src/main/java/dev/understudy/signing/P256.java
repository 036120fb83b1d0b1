package dev.understudy.signing;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.interfaces.ECKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;

/**
 * The curve P-256 (NIST SP 800-186, section 3.2.1.3).
 *
 * <p>The JDK cannot give the public key of a private one, so this multiplies the base point itself. It takes no care
 * that its time tells nothing of the number: it runs once, when a program reads its own key.
 */
final class P256 {
    private static final byte SEQUENCE = 0x30;
    private static final byte INTEGER = 0x02;
    private static final BigInteger TWO = BigInteger.TWO;
    private static final BigInteger THREE = BigInteger.valueOf(3);

    static final ECParameterSpec CURVE = curve();

    private P256() {}

    private static ECParameterSpec curve() {
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec("secp256r1"));
            return parameters.getParameterSpec(ECParameterSpec.class);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("expected a Java platform with the curve P-256", e);
        }
    }

    /** @throws IllegalArgumentException if a key is of another curve */
    static void check(ECKey key, String where) {
        ECParameterSpec found = key.getParams();
        if (!found.getCurve().equals(CURVE.getCurve())
                || !found.getGenerator().equals(CURVE.getGenerator())
                || !found.getOrder().equals(CURVE.getOrder())) {
            throw new IllegalArgumentException(
                    "expected a key of the curve P-256 (prime256v1) in %s, found %s".formatted(where, found));
        }
    }

    /**
     * Returns whether bytes are two numbers from 1 to the order of the curve less 1, in DER. Java before 17.0.3 took a
     * pair of zeros for a signature of anything (CVE-2022-21449).
     */
    static boolean isSignature(byte[] der) {
        ByteBuffer in = ByteBuffer.wrap(der);
        return der.length >= 8
                && der.length <= 72
                && in.get() == SEQUENCE
                && in.get() == der.length - 2
                && isNumber(in)
                && isNumber(in)
                && !in.hasRemaining();
    }

    private static boolean isNumber(ByteBuffer in) {
        if (in.remaining() < 3 || in.get() != INTEGER) {
            return false;
        }
        int length = in.get();
        if (length < 1 || length > in.remaining()) {
            return false;
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        BigInteger number = new BigInteger(bytes);
        return number.signum() > 0 && number.compareTo(CURVE.getOrder()) < 0;
    }

    /** Returns the base point times a number, which is from 1 to the order of the curve less 1. */
    static ECPoint times(BigInteger number) {
        BigInteger prime = ((ECFieldFp) CURVE.getCurve().getField()).getP();
        ECPoint sum = ECPoint.POINT_INFINITY;
        for (int bit = number.bitLength() - 1; bit >= 0; bit--) {
            sum = add(sum, sum, prime);
            if (number.testBit(bit)) {
                sum = add(sum, CURVE.getGenerator(), prime);
            }
        }
        return sum;
    }

    private static ECPoint add(ECPoint one, ECPoint other, BigInteger prime) {
        if (one.equals(ECPoint.POINT_INFINITY)) {
            return other;
        }
        if (other.equals(ECPoint.POINT_INFINITY)) {
            return one;
        }
        BigInteger slope;
        if (one.equals(other)) {
            slope = one.getAffineX()
                    .pow(2)
                    .multiply(THREE)
                    .add(CURVE.getCurve().getA())
                    .multiply(one.getAffineY().multiply(TWO).modInverse(prime));
        } else if (one.getAffineX().equals(other.getAffineX())) {
            return ECPoint.POINT_INFINITY;
        } else {
            slope = other.getAffineY()
                    .subtract(one.getAffineY())
                    .multiply(other.getAffineX().subtract(one.getAffineX()).modInverse(prime));
        }
        BigInteger x = slope.pow(2)
                .subtract(one.getAffineX())
                .subtract(other.getAffineX())
                .mod(prime);
        BigInteger y = slope.multiply(one.getAffineX().subtract(x))
                .subtract(one.getAffineY())
                .mod(prime);
        return new ECPoint(x, y);
    }
}
