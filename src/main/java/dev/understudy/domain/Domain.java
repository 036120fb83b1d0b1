package dev.understudy.domain;

import java.io.Serializable;
import java.time.Duration;

/**
 * A kind of record and its topics.
 *
 * @param name its name, with which those of its topics and policies begin
 * @param sampleType its records
 * @param longestPause of an episode that goes on: a sample so much later than the one before is believed at once, one
 *     later still is doubted until others agree with it ({@link TimeJumps}); at least {@link TimeJumps#REACH_MS}
 */
public record Domain<S extends Sample>(String name, Class<S> sampleType, Duration longestPause)
        implements Serializable {
    public Domain {
        if (longestPause.toMillis() < TimeJumps.REACH_MS) {
            throw new IllegalArgumentException("expected a longest pause of at least %d ms in %s, got %s"
                    .formatted(TimeJumps.REACH_MS, name, longestPause));
        }
    }

    /** A domain whose episodes go on without pauses. */
    public Domain(String name, Class<S> sampleType) {
        this(name, sampleType, Duration.ofMillis(TimeJumps.REACH_MS));
    }
}
