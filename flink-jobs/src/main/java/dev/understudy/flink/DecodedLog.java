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
 */
public record DecodedLog(
        @Nullable FollowingSample sample, @Nullable DeadLetter deadLetter, int partition, long offset) {
    public DecodedLog {
        if ((sample == null) == (deadLetter == null)) {
            throw new IllegalArgumentException(
                    "expected either a sample or a dead letter, got %s and %s".formatted(sample, deadLetter));
        }
    }

    /** Returns a usable record. */
    public static DecodedLog of(FollowingSample sample, int partition, long offset) {
        return new DecodedLog(sample, null, partition, offset);
    }

    /** Returns an unusable record. */
    public static DecodedLog dead(DeadLetter letter) {
        return new DecodedLog(null, letter, letter.partition(), letter.position());
    }

    /** Returns the vehicle of the sample; empty for a dead letter. */
    String vehicle() {
        return sample == null ? "" : sample.vehicle();
    }
}
