package dev.understudy.flink.logs;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Experts;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * How a job reads logs. The learning job and the promotion job must agree on it, or one trains on what the other tests
 * with.
 *
 * @param lateness how far, in event time, records may come out of order before they are late
 * @param idleness time by Kafka's timestamps after which a partition without records no longer holds up the watermark;
 *     how fast the job reads has no part in it
 * @param futureTolerance how far event time may run ahead of the wall clock and of the record's own timestamp
 * @param inactivity event time without samples after which an entity's run is closed
 * @param heldOutPercent share of trips that are only tested on, 0 to 100
 * @param experts who is learned from
 */
public record LogReading(
        Duration lateness,
        Duration idleness,
        Duration futureTolerance,
        Duration inactivity,
        int heldOutPercent,
        Set<Actor> experts)
        implements Serializable {
    public LogReading {
        experts = Set.copyOf(experts);
        List<String> problems = new ArrayList<>();
        if (lateness.isNegative()) {
            problems.add("expected lateness >= 0, got " + lateness);
        }
        if (idleness.isNegative() || idleness.isZero()) {
            problems.add("expected idleness > 0, got " + idleness);
        }
        if (futureTolerance.isNegative()) {
            problems.add("expected futureTolerance >= 0, got " + futureTolerance);
        }
        if (inactivity.isNegative() || inactivity.isZero()) {
            problems.add("expected inactivity > 0, got " + inactivity);
        }
        if (heldOutPercent < 0 || heldOutPercent > 100) {
            problems.add("expected heldOutPercent from 0 to 100, got " + heldOutPercent);
        }
        if (experts.isEmpty()) {
            problems.add("expected at least one expert of " + List.of(Actor.values()) + ", got none");
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
    }

    /**
     * Returns the defaults, all guesses for samples at 10 Hz: half a second out of order, two seconds to close a run, a
     * fifth of the episodes held out, people and the vehicle's assistance as experts.
     */
    public static LogReading defaults() {
        return new LogReading(
                Duration.ofMillis(500),
                Duration.ofSeconds(2),
                Duration.ofMinutes(1),
                Duration.ofSeconds(2),
                20,
                Experts.DEFAULT);
    }

    /** Returns the same with another share of held-out trips. */
    public LogReading withHeldOutPercent(int percent) {
        return new LogReading(lateness, idleness, futureTolerance, inactivity, percent, experts);
    }

    @Override
    public String toString() {
        return "lateness=%s idleness=%s futureTolerance=%s inactivity=%s heldOutPercent=%d experts=%s"
                .formatted(lateness, idleness, futureTolerance, inactivity, heldOutPercent, new TreeSet<>(experts));
    }
}
