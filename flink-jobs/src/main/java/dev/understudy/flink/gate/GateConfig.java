package dev.understudy.flink.gate;

import dev.understudy.domain.HeldOutPieces;
import dev.understudy.domain.Policies;
import dev.understudy.evaluate.Rule;
import dev.understudy.model.FirstSight;
import dev.understudy.model.IntakeLimits;
import dev.understudy.model.ModelIntake;
import java.io.Serializable;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How candidates are judged.
 *
 * @param policies what is judged
 * @param rule what a candidate has to reach; null for what its policy asks for
 * @param heldOut which held-out driving is kept
 * @param trials most pieces tried in closed loop; bounds how long a verdict takes
 * @param latencyBudget median time to answer one observation
 * @param lead event time between the newest log and the start of a promotion, so that every instance has the model by
 *     then
 * @param patience wall time to wait for a candidate's model file before it is refused
 * @param apart whether candidates are tried in a process apart first, as those from outside are
 */
public record GateConfig(
        Policies<?> policies,
        @Nullable Rule rule,
        HeldOutPieces heldOut,
        int trials,
        Duration latencyBudget,
        Duration lead,
        Duration patience,
        boolean apart)
        implements Serializable {
    public GateConfig {
        if (trials < 1) {
            throw new IllegalArgumentException("expected trials >= 1, got " + trials);
        }
        if (lead.isNegative() || patience.isNegative()) {
            throw new IllegalArgumentException(
                    "expected lead and patience >= 0, got %s and %s".formatted(lead, patience));
        }
    }

    /** Returns the defaults: at most 256 pieces, the latency budget of the intake check, a second of lead (guesses). */
    public static GateConfig defaults(Policies<?> policies) {
        return new GateConfig(
                policies,
                null,
                HeldOutPieces.defaults(),
                256,
                IntakeLimits.defaults().latencyBudget(),
                Duration.ofSeconds(1),
                Duration.ofSeconds(60),
                true);
    }

    /** Returns these settings with another rule. */
    public GateConfig withRule(Rule replacement) {
        return new GateConfig(policies, replacement, heldOut, trials, latencyBudget, lead, patience, apart);
    }

    /** Returns these settings with other held-out driving kept. */
    public GateConfig withHeldOut(HeldOutPieces replacement) {
        return new GateConfig(policies, rule, replacement, trials, latencyBudget, lead, patience, apart);
    }

    /** Returns these settings with another lead. */
    public GateConfig withLead(Duration replacement) {
        return new GateConfig(policies, rule, heldOut, trials, latencyBudget, replacement, patience, apart);
    }

    /** Returns these settings for candidates of one's own making, which need no process apart. */
    public GateConfig inThisProcess() {
        return new GateConfig(policies, rule, heldOut, trials, latencyBudget, lead, patience, false);
    }

    /** Returns what takes candidates in. */
    ModelIntake intake() {
        return apart ? new FirstSight() : ModelIntake.inThisProcess();
    }
}
