package dev.understudy.control;

import java.io.Serializable;
import java.util.Collections;
import java.util.List;

/**
 * One measured number of a policy that a user declares, and what of it is observed.
 *
 * @param name what it is called; by default the column it is read from
 * @param unit in words, such as {@code m/s}; empty where nothing was said
 * @param low lowest value that can be right, in that unit
 * @param high highest such value
 * @param missing what holds where nothing was measured
 * @param fill the number that stands for a missing one, where {@code missing} is {@link Missing#FILL}
 * @param maxAgeMs how long a value counts after it was measured, milliseconds
 * @param isLinear whether values between two measurements lie on a straight line; otherwise the earlier one holds
 * @param lags how many steps ago each observed value was, from 0; may be empty where there are differences
 * @param differences for each observed change, over how many steps it is taken, from 1
 */
public record Signal(
        String name,
        String unit,
        double low,
        double high,
        Missing missing,
        float fill,
        long maxAgeMs,
        boolean isLinear,
        List<Integer> lags,
        List<Integer> differences)
        implements Serializable {
    /** What holds where a signal was not measured, or too long ago. */
    public enum Missing {
        /** The step is not used. */
        REFUSE,
        /** The last value, however old. */
        HOLD,
        /** A number that is declared. */
        FILL
    }

    /** Most steps that a policy may look back. */
    public static final int MOST_STEPS_BACK = 256;

    public Signal {
        lags = List.copyOf(lags);
        differences = List.copyOf(differences);
        if (name.isBlank() || lags.size() + differences.size() == 0 || !(low < high) || maxAgeMs < 1) {
            throw new IllegalArgumentException(
                    "expected a name, something to observe, low < high and an age of at least 1 ms, got '%s' %s %s %s to %s %d"
                            .formatted(name, lags, differences, low, high, maxAgeMs));
        }
        if (lags.stream().anyMatch(lag -> lag < 0)
                || differences.stream().anyMatch(steps -> steps < 1)
                || reach(lags, differences) > MOST_STEPS_BACK) {
            throw new IllegalArgumentException(
                    "expected lags from 0 and differences from 1 that reach back %d steps, got %s and %s"
                            .formatted(MOST_STEPS_BACK, lags, differences));
        }
    }

    /** Returns how many numbers of an observation it makes. */
    public int width() {
        return lags.size() + differences.size();
    }

    /** Returns how many steps ago the newest value was that is observed. */
    public int newestLag() {
        return newestLag(lags);
    }

    /** Returns how many steps back the oldest value was that is observed. */
    public int reach() {
        return reach(lags, differences);
    }

    private static int newestLag(List<Integer> lags) {
        return lags.isEmpty() ? 0 : Collections.min(lags);
    }

    private static int reach(List<Integer> lags, List<Integer> differences) {
        int oldest = lags.isEmpty() ? 0 : Collections.max(lags);
        int longest = differences.isEmpty() ? 0 : Collections.max(differences);
        return Math.max(oldest, newestLag(lags) + longest);
    }

    /** Returns what changes whenever its numbers change their meaning. Its range is not part of it. */
    String meaning() {
        return "%s %s %s %s %d %s %s %s"
                .formatted(
                        name,
                        unit,
                        missing,
                        missing == Missing.FILL ? fill : "",
                        missing == Missing.HOLD ? 0 : maxAgeMs,
                        isLinear,
                        lags,
                        differences);
    }
}
