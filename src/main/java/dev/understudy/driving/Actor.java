package dev.understudy.driving;

/** Who drove while a step was logged. */
public enum Actor {
    /** A person. */
    HUMAN,
    /** The car's own driver assistance, such as adaptive cruise control. */
    ASSISTANCE,
    /** A policy of this system. */
    POLICY,
    /** A policy corrected by a person, or a person helped by a policy. */
    MIXED
}
