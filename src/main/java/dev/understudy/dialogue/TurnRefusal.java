package dev.understudy.dialogue;

import dev.understudy.domain.Refusal;

/** Why a turn is not learned from, or why no policy is asked about it. */
public enum TurnRefusal implements Refusal {
    /** The sequence number is below zero. */
    NEGATIVE_SEQUENCE,
    /** There is nothing but blanks. */
    EMPTY,
    /** The text is longer than {@link TurnCheck#MOST_CHARS}. */
    TOO_LONG,
    /** A part was no UTF-8 where it came from (U+FFFD stands for it), or half a surrogate pair is there. */
    NOT_UNICODE,
    /** A control character other than tabulator and line ends. */
    CONTROL_CHARACTER;

    @Override
    public Kind kind() {
        return Kind.INPUT;
    }
}
