package dev.understudy.dialogue;

/**
 * Cuts text into the words that byte pairs are merged in, as GPT-2 does (Radford et al. 2019) and the usual libraries
 * after it:
 *
 * <pre>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</pre>
 *
 * <p>Works on UTF-8. A byte that is none is neither letter nor number nor blank.
 */
final class Words {
    private static final int LETTER = 0;
    private static final int NUMBER = 1;
    private static final int BLANK = 2;
    private static final int OTHER = 3;
    private static final int MALFORMED = -1;

    private Words() {}

    /** Returns where the word that begins at {@code from} ends; {@code from} is within the text. */
    static int end(byte[] text, int from) {
        int contraction = contraction(text, from);
        if (contraction > 0) {
            return from + contraction;
        }
        int start = text[from] == ' ' && from + 1 < text.length ? from + 1 : from;
        int kind = kind(codePoint(text, start));
        if (kind == BLANK) {
            return endOfBlanks(text, from);
        }
        int at = start;
        while (at < text.length) {
            int codePoint = codePoint(text, at);
            if (kind(codePoint) != kind) {
                break;
            }
            at += length(codePoint);
        }
        return at;
    }

    /** Blanks before something else leave it the last of them. */
    private static int endOfBlanks(byte[] text, int from) {
        int last = from;
        int at = from;
        while (at < text.length) {
            int codePoint = codePoint(text, at);
            if (kind(codePoint) != BLANK) {
                return last > from ? last : at;
            }
            last = at;
            at += length(codePoint);
        }
        return at;
    }

    private static int contraction(byte[] text, int from) {
        if (text[from] != '\'' || from + 1 >= text.length) {
            return 0;
        }
        byte first = text[from + 1];
        if (first == 's' || first == 't' || first == 'm' || first == 'd') {
            return 2;
        }
        byte second = from + 2 < text.length ? text[from + 2] : 0;
        boolean isLong =
                (first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l');
        return isLong ? 3 : 0;
    }

    private static int kind(int codePoint) {
        if (codePoint == MALFORMED) {
            return OTHER;
        }
        return switch (Character.getType(codePoint)) {
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER -> LETTER;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
            case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> BLANK;
            default -> (codePoint >= '\t' && codePoint <= '\r') || codePoint == 0x85 ? BLANK : OTHER;
        };
    }

    /** Returns the code point at a place, or {@link #MALFORMED} for a byte that begins none. */
    private static int codePoint(byte[] text, int at) {
        int first = text[at];
        if (first >= 0) {
            return first;
        }
        int more = (first & 0xE0) == 0xC0 ? 1 : (first & 0xF0) == 0xE0 ? 2 : (first & 0xF8) == 0xF0 ? 3 : 0;
        if (more == 0 || at + more >= text.length) {
            return MALFORMED;
        }
        int codePoint = first & (0x3F >> more);
        for (int i = 1; i <= more; i++) {
            int next = text[at + i];
            if ((next & 0xC0) != 0x80) {
                return MALFORMED;
            }
            codePoint = (codePoint << 6) | (next & 0x3F);
        }
        boolean isUtf8 = length(codePoint) == more + 1
                && codePoint <= Character.MAX_CODE_POINT
                && (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE);
        return isUtf8 ? codePoint : MALFORMED;
    }

    /** Returns how many bytes a code point takes; a malformed one takes one. */
    private static int length(int codePoint) {
        return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    }
}
