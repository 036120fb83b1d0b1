package dev.understudy.control;

import java.io.Serializable;

/**
 * One number of an action that a user declares.
 *
 * @param name what it is called
 * @param unit in words; empty where nothing was said
 * @param low smallest value that may be done
 * @param high largest value that may be done
 * @param perSecond most that it may change in a second; infinite where nothing limits it
 * @param neutral what is done where no policy answers
 */
public record DeclaredAction(String name, String unit, float low, float high, double perSecond, float neutral)
        implements Serializable {
    public DeclaredAction {
        if (name.isBlank()
                || !(low < high)
                || Float.isInfinite(low)
                || Float.isInfinite(high)
                || !(perSecond > 0)
                || !(neutral >= low && neutral <= high)) {
            throw new IllegalArgumentException(
                    "expected a name, finite low < high, a rate above 0 and a neutral value between, got '%s' %s to %s, %s, %s"
                            .formatted(name, low, high, perSecond, neutral));
        }
    }
}
