package dev.understudy.domain;

/** Who acted while a step was logged. */
public enum Actor {
    /** A person. */
    HUMAN,
    /** Assistance of the machine itself, such as a car's adaptive cruise control. */
    ASSISTANCE,
    /** A policy of this system. */
    POLICY,
    /** A policy corrected by a person, or a person helped by a policy. */
    MIXED
}
