package dev.understudy.schemas;

/** Who signs records of the {@code models} topics. Of two promotions of one epoch, that of the later role counts. */
public enum Role {
    /** Learns: signs model files and candidates. */
    TRAINER,
    /** Judges candidates: signs verdicts, and with them promotions. */
    GATE,
    /** Rolls back by hand: signs promotions of no candidate. */
    OPERATOR
}
