package dev.understudy.domain;

import dev.understudy.data.Rows;
import dev.understudy.environment.ActionSpace;
import dev.understudy.model.IntakeCheck;
import dev.understudy.model.IntakeLimits;
import java.io.Serializable;
import java.nio.ByteBuffer;

/**
 * Everything that makes one kind of policy: what it sees and does, and how logs become its demonstrations. Without
 * state.
 *
 * @param <S> the samples of its domain
 */
public interface PolicySpec<S extends Sample> extends Serializable {
    /** Returns its name, such as {@code driving/car-following}. */
    String name();

    /** Returns the domain whose records it is about. */
    Domain<S> domain();

    /** Returns n, the length of an observation. */
    int observationSize();

    /** Returns what the numbers of an observation are. */
    default Rows.Type observationType() {
        return Rows.Type.FLOAT32;
    }

    /** Returns what can be done. */
    ActionSpace actions();

    /** Returns k, the length of an action. */
    default int actionSize() {
        return actions().size();
    }

    /** Returns the time between steps, milliseconds; 0 where they have no clock. */
    long stepMs();

    /** Returns a text that changes when observations or actions change their meaning. */
    String fingerprint();

    /** Returns the featuriser of an entity that nothing is known of. */
    Featuriser<S> featuriser();

    /** Returns the featuriser that was written; one of another version starts afresh, as nothing else can be done. */
    Featuriser<S> featuriser(ByteBuffer saved);

    /** Returns the last step after the policy. */
    Envelope<S> envelope();

    /** Returns what tells the expert's action. */
    Labeller<S> labeller();

    /** Returns the check of this policy's models. */
    default IntakeCheck intakeCheck(IntakeLimits limits) {
        return new IntakeCheck(name(), fingerprint(), observationSize(), actionSize(), limits);
    }
}
