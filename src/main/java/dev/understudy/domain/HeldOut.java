package dev.understudy.domain;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Divides whole trips, once and for all, into those that are learned from and those that are only used for tests. */
public final class HeldOut {
    private HeldOut() {}

    /**
     * Returns whether a trip is held out: whether the first 8 bytes of the SHA-256 of its name, as an unsigned number,
     * leave a remainder below {@code percent} when divided by 100.
     *
     * @param percent share of trips to hold out, 0 to 100
     */
    public static boolean isHeldOut(String trip, int percent) {
        if (percent < 0 || percent > 100) {
            throw new IllegalArgumentException("expected 0 to 100 percent held out, got " + percent);
        }
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(trip.getBytes(StandardCharsets.UTF_8));
            long head = ByteBuffer.wrap(hash).getLong();
            return Long.remainderUnsigned(head, 100) < percent;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
