package dev.understudy.flink;

import dev.understudy.driving.FollowingSample;
import dev.understudy.schemas.DeadLetter;
import org.jspecify.annotations.Nullable;

/**
 * One record of the log topic after decoding: either a sample or a dead letter.
 *
 * @param sample the sample; null if the record could not be used
 * @param deadLetter why it could not be used; null if there is a sample
 * @param partition where the record was
 * @param offset its offset there
 * @param sentMs when it was sent, by the timestamp that Kafka has for it, milliseconds since 1970
 * @param clockMs what the watermark was when its turn came: a sample of that time or earlier is late;
 *     {@link Long#MIN_VALUE} before its turn
 */
public record DecodedLog(
        @Nullable FollowingSample sample,
        @Nullable DeadLetter deadLetter,
        int partition,
        long offset,
        long sentMs,
        long clockMs) {
    public DecodedLog {
        if ((sample == null) == (deadLetter == null)) {
            throw new IllegalArgumentException(
                    "expected either a sample or a dead letter, got %s and %s".formatted(sample, deadLetter));
        }
    }

    /** Returns a usable record. */
    public static DecodedLog of(FollowingSample sample, int partition, long offset, long sentMs) {
        return new DecodedLog(sample, null, partition, offset, sentMs, Long.MIN_VALUE);
    }

    /** Returns an unusable record. */
    public static DecodedLog dead(DeadLetter letter, long sentMs) {
        return new DecodedLog(null, letter, letter.partition(), letter.position(), sentMs, Long.MIN_VALUE);
    }

    /** Returns this record once its turn has come. */
    DecodedLog at(long watermarkMs) {
        return new DecodedLog(sample, deadLetter, partition, offset, sentMs, watermarkMs);
    }

    /**
     * Returns whether the timestamp tells when the record was sent. One that is the sample's own time was set by hand,
     * and is wrong where that is wrong.
     */
    boolean isSentKnown() {
        return sentMs >= 0 && (sample == null || sample.timeMs() != sentMs);
    }

    /** Returns whether the watermark had passed the sample when its turn came. */
    boolean isLate() {
        return sample != null && sample.timeMs() <= clockMs;
    }

    /** Returns the vehicle of the sample; empty for a dead letter. */
    String vehicle() {
        return sample == null ? "" : sample.vehicle();
    }
}
