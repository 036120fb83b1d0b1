package dev.understudy.ingest;

import java.util.Locale;
import java.util.regex.Pattern;

/** Numbers in text; what is empty or says that it is missing is NaN. */
final class Numbers {
    /** Decimal digits with a point and an exponent; not what Java writes besides, such as 12f or 0x1p4. */
    private static final Pattern DECIMAL = Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");

    private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]+");

    private Numbers() {}

    /** Returns the number, or NaN if the text is none or says that there is none. */
    static double parse(String text) {
        return DECIMAL.matcher(text).matches() ? Double.parseDouble(text) : Double.NaN;
    }

    /** Whether the text is a whole number in digits alone. */
    static boolean isWhole(String text) {
        return WHOLE.matcher(text).matches();
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
