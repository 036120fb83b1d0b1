package dev.understudy.domain;

/** The refusals that every domain knows. */
public enum GeneralRefusal implements Refusal {
    /** Event time did not move on since the sample before. */
    OUT_OF_STEP(Kind.INPUT),
    /**
     * The time or the sequence is far from that of the samples around it in its episode, which agree with each other.
     */
    TIME_JUMP(Kind.INPUT),
    /** Its episode belongs to no policy that was asked for. */
    OTHER_POLICY(Kind.INPUT),
    /** Somebody acted who is not to be learned from. */
    OTHER_EXPERT(Kind.EXPERT),
    /** Too little is known of the entity so far. */
    SHORT_HISTORY(Kind.HISTORY),
    /**
     * The sample is between two steps, which were computed from it and its neighbours: the log is faster than steps.
     */
    RESAMPLED(Kind.LABEL),
    /** The log ends or breaks off too soon to know the expert's action. */
    NO_LABEL(Kind.LABEL);

    private final Kind kind;

    GeneralRefusal(Kind kind) {
        this.kind = kind;
    }

    @Override
    public Kind kind() {
        return kind;
    }

    @Override
    public String text() {
        return this == OUT_OF_STEP ? name() + ": expected an event time after that of the sample before" : name();
    }
}
