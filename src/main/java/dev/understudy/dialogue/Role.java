package dev.understudy.dialogue;

/** Whose side of a conversation a turn is on. */
public enum Role {
    /** Who is answered. */
    USER,
    /** Who answers: the side that a policy may take. */
    ASSISTANT,
    /** Neither: an instruction or a fact that was given to the side that answers. */
    SYSTEM
}
