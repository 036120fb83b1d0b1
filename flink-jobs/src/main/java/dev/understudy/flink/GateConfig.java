package dev.understudy.flink;

import dev.understudy.driving.CarFollowing;
import dev.understudy.model.IntakeLimits;
import java.io.Serializable;
import java.time.Duration;

/**
 * How candidates are judged.
 *
 * @param policy name of the policy
 * @param rule what a candidate has to reach
 * @param trips held-out trips kept, the newest
 * @param stepsPerTrip steps kept of each trip, the newest
 * @param stretches most stretches driven in closed loop, the newest; bounds how long a verdict takes
 * @param draws bootstrap samples
 * @param confidence of the bootstrap's interval
 * @param latencyBudget median time to answer one observation
 * @param lead event time between the newest log and the start of a promotion, so that every instance has the model by
 *     then
 * @param patience wall time to wait for a candidate's model file before it is refused
 * @param seed what the bootstrap's draws follow from
 */
public record GateConfig(
        String policy,
        PromotionRule rule,
        int trips,
        int stepsPerTrip,
        int stretches,
        int draws,
        double confidence,
        Duration latencyBudget,
        Duration lead,
        Duration patience,
        long seed)
        implements Serializable {
    public GateConfig {
        if (trips < 1 || stepsPerTrip < 1 || stretches < 1 || draws < 1 || !(confidence > 0 && confidence < 1)) {
            throw new IllegalArgumentException(
                    "expected trips, stepsPerTrip, stretches and draws >= 1 and 0 < confidence < 1, got %d, %d, %d, %d, %s"
                            .formatted(trips, stepsPerTrip, stretches, draws, confidence));
        }
        if (lead.isNegative() || patience.isNegative()) {
            throw new IllegalArgumentException(
                    "expected lead and patience >= 0, got %s and %s".formatted(lead, patience));
        }
    }

    /**
     * Returns the defaults: the newest 24 held-out trips of at most ten minutes, 64 stretches, 1000 draws at 95 %, the
     * latency budget of the intake check, a second of lead (guesses).
     */
    public static GateConfig defaults() {
        return new GateConfig(
                CarFollowing.POLICY,
                PromotionRule.defaults(),
                24,
                6000,
                64,
                1000,
                0.95,
                IntakeLimits.defaults().latencyBudget(),
                Duration.ofSeconds(1),
                Duration.ofSeconds(60),
                1);
    }

    /** Returns these settings with another rule. */
    public GateConfig withRule(PromotionRule replacement) {
        return new GateConfig(
                policy,
                replacement,
                trips,
                stepsPerTrip,
                stretches,
                draws,
                confidence,
                latencyBudget,
                lead,
                patience,
                seed);
    }

    /** Returns these settings with another lead. */
    public GateConfig withLead(Duration replacement) {
        return new GateConfig(
                policy,
                rule,
                trips,
                stepsPerTrip,
                stretches,
                draws,
                confidence,
                latencyBudget,
                replacement,
                patience,
                seed);
    }
}
