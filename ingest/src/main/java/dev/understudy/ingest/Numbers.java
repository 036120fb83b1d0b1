package dev.understudy.ingest;

import java.util.Locale;

/** Numbers in text; what is empty or says that it is missing is NaN. */
final class Numbers {
    private Numbers() {}

    /** Returns the number, or NaN if the text is none or says that there is none. */
    static double parse(String text) {
        if (isMissing(text)) {
            return Double.NaN;
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /** Whether text that was parsed to a value is neither a finite number nor a word for a missing one. */
    static boolean isBad(String text, double value) {
        return Double.isInfinite(value) || (Double.isNaN(value) && !isMissing(text));
    }

    static boolean isMissing(String text) {
        if (text.isEmpty()) {
            return true;
        }
        char first = text.charAt(0);
        if (first != 'n' && first != 'N') {
            return false;
        }
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "nan", "na", "n/a", "null", "none" -> true;
            default -> false;
        };
    }
}
