package dev.understudy.evaluate;

import java.io.Serializable;

/** Decides on candidates from their evidence alone. */
public interface Rule extends Serializable {
    /**
     * Returns the verdict on a candidate.
     *
     * @param budget what may be risked on comparisons
     */
    Verdict judge(Evidence evidence, ErrorBudget budget);
}
