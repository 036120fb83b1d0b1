package dev.understudy.driving;

import dev.understudy.policy.Policy;

/** A car-following law for each car and setting; a single {@link FollowingLaw} is the same for all. */
public interface FollowingLaws {
    /**
     * Returns the law of a car under a label.
     *
     * @param vehicle the following car
     * @param label the label of its samples, such as the setting of its gap
     */
    FollowingLaw of(String vehicle, String label);

    /** Returns the parameters as text, for the metadata of a model. */
    String toText();

    /**
     * Returns who drives these stretches: a policy whose row {@code i} is driven by the law of stretch {@code i}, for
     * exactly as many rows as there are stretches.
     */
    default Policy driving(CarFollowingStretches stretches) {
        FollowingLaw[] laws = new FollowingLaw[stretches.count()];
        for (int i = 0; i < laws.length; i++) {
            laws[i] = of(stretches.vehicle(i), stretches.label(i));
        }
        return new LawOfEachRow(laws);
    }
}
