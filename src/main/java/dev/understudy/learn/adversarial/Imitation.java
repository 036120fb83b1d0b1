package dev.understudy.learn.adversarial;

import dev.understudy.data.Matrix;
import dev.understudy.learn.LearnerState;
import java.util.SortedMap;

/** What {@link GailUpdate} repeats: adversarial imitation, one iteration at a time. */
interface Imitation {
    /**
     * Returns an iteration to be done once.
     *
     * @param iteration its number within the update, from 0
     * @param expert steps, encoded
     * @param share of the policy step's usual bound
     * @param seed what every draw of this iteration follows from
     */
    Sliced<Gail.Iteration> iterate(int iteration, Matrix expert, double share, long seed);

    /** Returns the memory as it is now. */
    LearnerState state(SortedMap<String, Long> counters);
}
