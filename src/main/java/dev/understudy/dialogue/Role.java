package dev.understudy.dialogue;

import org.jspecify.annotations.Nullable;

/** Whose side of a conversation a turn is on. */
public enum Role {
    /** Who is answered. */
    USER(1),
    /** Who answers: the side that a policy may take. */
    ASSISTANT(2),
    /** Neither: an instruction or a fact that was given to the side that answers. */
    SYSTEM(3);

    private final byte code;

    Role(int code) {
        this.code = (byte) code;
    }

    /** Returns what it is written as in contexts, 1 to 3. */
    byte code() {
        return code;
    }

    /** Returns the role that is written so; null if it is none. */
    static @Nullable Role ofCode(int code) {
        for (Role role : values()) {
            if (role.code == code) {
                return role;
            }
        }
        return null;
    }
}
