package dev.understudy.domain;

/** Why a sample is not learned from, or why no policy is asked about it. Each domain has its own enumeration. */
public interface Refusal {
    /** What is wrong with a sample. */
    enum Kind {
        /** The sample itself: nothing can be observed. */
        INPUT,
        /** Too little is known of the entity so far. */
        HISTORY,
        /** The one who acted is not to be learned from. */
        EXPERT,
        /** What the expert did is unknown, or is known from other samples. */
        LABEL
    }

    /** Returns the name under which it is counted. */
    String name();

    /** Returns what is wrong with the sample. */
    Kind kind();

    /** Returns it as text for users: its name, and what was expected where that says more. */
    default String text() {
        return name();
    }
}
