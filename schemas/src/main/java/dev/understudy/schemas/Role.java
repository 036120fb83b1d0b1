package dev.understudy.schemas;

/** Who signs records of the {@code models} topics. */
public enum Role {
    /** Learns: signs model files and candidates. */
    TRAINER,
    /** Judges candidates: signs verdicts, and with them promotions. */
    GATE,
    /** Rolls back by hand: signs promotions of no candidate. */
    OPERATOR
}
