package dev.understudy.flink.models;

import dev.understudy.schemas.Promotion;
import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was decided and published before a gate began. The stream of events tells it too, but in no order between topics
 * and without the verdicts, and a gate that knows half of it would judge again what was judged, or count epochs anew.
 */
public interface ModelHistory extends Serializable {
    /** Returns every verdict on models of a policy and every promotion that is in force, the older first. */
    List<Promotion> verdicts(String policy);

    /** Returns a published model file, null if it is not there whole. */
    byte @Nullable [] file(String policy, String sha256);
}
