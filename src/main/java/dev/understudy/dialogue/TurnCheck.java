package dev.understudy.dialogue;

import org.jspecify.annotations.Nullable;

/** Checks whether a turn holds text that a policy can be asked about; the same for readers, training and serving. */
public final class TurnCheck {
    /** Longest text of a turn, UTF-16 units; twenty times the longest of the open data sets. */
    public static final int MOST_CHARS = 16_384;

    private TurnCheck() {}

    /** Returns why a turn cannot be used, or null if it can. */
    public static @Nullable TurnRefusal check(Turn turn) {
        return turn.sequence() < 0 ? TurnRefusal.NEGATIVE_SEQUENCE : check(turn.text());
    }

    /** Returns why a text cannot be used, or null if it can. */
    public static @Nullable TurnRefusal check(String text) {
        if (text.isBlank()) {
            return TurnRefusal.EMPTY;
        }
        if (text.length() > MOST_CHARS) {
            return TurnRefusal.TOO_LONG;
        }
        int at = firstBad(text);
        if (at < 0) {
            return null;
        }
        return isControl(text.charAt(at)) ? TurnRefusal.CONTROL_CHARACTER : TurnRefusal.NOT_UNICODE;
    }

    /** Returns why a turn cannot be used in words: what was expected and what was found. */
    public static String describe(TurnRefusal refusal, Turn turn) {
        String found = refusal == TurnRefusal.NEGATIVE_SEQUENCE
                ? "expected a sequence number from 0, got %d".formatted(turn.sequence())
                : describe(refusal, turn.text());
        return found + " (turn %d of %s)".formatted(turn.sequence(), turn.episode());
    }

    /** Returns why a text cannot be used in words. */
    public static String describe(TurnRefusal refusal, String text) {
        return switch (refusal) {
            case NEGATIVE_SEQUENCE -> "expected a sequence number from 0";
            case EMPTY -> "expected text, got none";
            case TOO_LONG -> "expected at most %,d characters, got %,d".formatted(MOST_CHARS, text.length());
            case NOT_UNICODE ->
                "expected text, got at character %d what is no UTF-8 (or the mark U+FFFD of an earlier loss)"
                        .formatted(firstBad(text) + 1);
            case CONTROL_CHARACTER ->
                "expected text, got the control character U+%04X at character %d"
                        .formatted((int) text.charAt(firstBad(text)), firstBad(text) + 1);
        };
    }

    private static int firstBad(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c) || c == '\uFFFD' || isControl(c)) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isControl(char c) {
        return Character.isISOControl(c) && c != '\t' && c != '\n' && c != '\r';
    }
}
