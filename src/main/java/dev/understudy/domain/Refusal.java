package dev.understudy.domain;

/** Why a sample is not learned from, or why no policy is asked about it. Each domain has an enumeration of its own. */
public interface Refusal {
    /** What stands against a sample. */
    enum Kind {
        /** The sample itself: nothing can be observed. */
        INPUT,
        /** Too little is known of the entity so far. */
        HISTORY,
        /** Who acted is not to be learned from. */
        EXPERT,
        /** What the expert did cannot be told, or is told by other samples. */
        LABEL
    }

    /** Returns the name under which it is counted. */
    String name();

    /** Returns what stands against the sample. */
    Kind kind();

    /** Returns it for those who are told of it: its name, and what was expected where that says more. */
    default String text() {
        return name();
    }
}
