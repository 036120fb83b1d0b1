package dev.understudy.app.console;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Figures as parts of a sentence. */
public final class Prose {
    private Prose() {}

    /**
     * Returns figures as they stand in a sentence: {@code 1,200 samples, 3 rejected (2 TOO_FAST, 1 HISTORY), loss
     * 0.125}. A count of several kinds comes with their sum. Lists are left out.
     *
     * @return {@code nothing} if there are none
     */
    public static String listed(Map<?, ?> figures) {
        String text = figures.entrySet().stream()
                .filter(figure -> !(figure.getValue() instanceof List<?>))
                .map(figure -> figure(words(String.valueOf(figure.getKey())), figure.getValue()))
                .collect(Collectors.joining(", "));
        return text.isEmpty() ? "nothing" : text;
    }

    private static String figure(String name, @Nullable Object value) {
        if (value instanceof Map<?, ?> kinds) {
            String several = name.replace(" by reason", "");
            boolean areCounts = kinds.values().stream().allMatch(Prose::isCount);
            return areCounts
                    ? counted(sum(kinds), several) + (kinds.isEmpty() ? "" : " (" + listed(kinds) + ")")
                    : several + " (" + listed(kinds) + ")";
        }
        return value instanceof Number number && isCount(value)
                ? counted(number.longValue(), name)
                : name + " " + Table.figure(value);
    }

    private static boolean isCount(@Nullable Object value) {
        return value instanceof Long || value instanceof Integer;
    }

    private static long sum(Map<?, ?> counts) {
        return counts.values().stream()
                .mapToLong(count -> ((Number) count).longValue())
                .sum();
    }

    private static String counted(long count, String name) {
        return String.format(Locale.ROOT, "%,d %s", count, name);
    }

    /** Returns a name such as {@code rejectedByReason} as words; one in capitals stays as it is. */
    private static String words(String name) {
        return name.toUpperCase(Locale.ROOT).equals(name)
                ? name
                : name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
    }
}
