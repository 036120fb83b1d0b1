package dev.understudy.flink.models;

import dev.understudy.schemas.Precedence;
import dev.understudy.schemas.Promotion;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was decided and published before a gate began. The stream of events tells it too, but in no order between topics
 * and without the verdicts, and a gate that knows half of it would judge again what was judged, or count epochs anew.
 */
public interface ModelHistory extends Serializable {
    /** Returns every verdict and every promotion that is in force, by policy, the older first. */
    Map<String, List<Promotion>> verdicts();

    /** Returns the promotion of a policy that is in force, by its {@link Precedence}; null if there is none. */
    default @Nullable Promotion inForce(String policy) {
        return inForce(verdicts(), policy, Long.MAX_VALUE);
    }

    /** Returns the promotion of a policy, among verdicts, that is in force at an event time; null if there is none. */
    static @Nullable Promotion inForce(Map<String, List<Promotion>> verdicts, String policy, long timeMs) {
        return Precedence.inForce(verdicts.getOrDefault(policy, List.of()).stream()
                        .filter(verdict -> verdict.effectiveFromMs() <= timeMs)
                        .toList())
                .orElse(null);
    }

    /** Returns a published model file, null if it is not there whole. */
    byte @Nullable [] file(String policy, String sha256);
}
