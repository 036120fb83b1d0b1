package dev.understudy.flink.train;

import dev.understudy.domain.PolicySpec;
import dev.understudy.learn.Learner;
import java.io.Serializable;

/** Makes the learner where it is needed: a learner holds native memory and does not travel. */
@FunctionalInterface
public interface LearnerFactory extends Serializable {
    /** Returns a new learner, for one policy and one thread. */
    Learner create(PolicySpec<?> spec);
}
