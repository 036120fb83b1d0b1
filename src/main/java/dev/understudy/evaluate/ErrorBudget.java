package dev.understudy.evaluate;

import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/**
 * How much may yet be risked on promotions that are none: alpha-investing after Foster and Stine (2008), Journal of the
 * Royal Statistical Society B 70, 429, because the same trips judge one candidate after the other. A comparison at
 * level a that does not promote costs a / (1 - a), one that promotes earns {@link #SHARE}. Wealth is never below zero,
 * so whatever the candidates, the expected number of promotions of a worse candidate is at most {@link #SHARE} times (1
 * + the number of promotions).
 *
 * <p>Departure: there, tests that find nothing end in tests that can find nothing, while here trips are replaced for
 * ever. So each trip that no comparison has used yet restores its part of what was lost: if all trips are new, all of
 * it. The bound grows by {@link #SHARE} for each whole replacement of the trips.
 *
 * @param wealth what may be risked, 0 to 1
 * @param trips names of the trips of the last comparison
 */
public record ErrorBudget(double wealth, Set<String> trips) {
    /** Highest share of promotions that may be of a worse candidate: the figure that is to be held. */
    public static final double SHARE = 0.1;

    /** Share of the wealth that one comparison may cost. */
    static final double SPENT = 0.25;

    /** Highest level of a single comparison, however much is left. */
    static final double HIGHEST = 0.05;

    public ErrorBudget {
        trips = Set.copyOf(trips);
        if (!(wealth >= 0 && wealth <= 1)) {
            throw new IllegalArgumentException("expected a wealth from 0 to 1, got " + wealth);
        }
    }

    /** Returns the budget before any comparison. */
    public static ErrorBudget full() {
        return new ErrorBudget(SHARE, Set.of());
    }

    /** Returns the budget as it is for a comparison on these trips: what new ones among them restore is added. */
    ErrorBudget on(Collection<String> tripNames) {
        Set<String> now = new TreeSet<>(tripNames);
        double fresh = trips.isEmpty() || now.isEmpty()
                ? 0
                : now.stream().filter(trip -> !trips.contains(trip)).count() / (double) now.size();
        return new ErrorBudget(Math.max(wealth, Math.min(SHARE, wealth + SHARE * fresh)), now);
    }

    /** Returns the budget with another wealth. */
    public ErrorBudget withWealth(double replacement) {
        return new ErrorBudget(replacement, trips);
    }

    /** Returns the level of the next comparison, which costs {@link #SPENT} of the wealth if it finds nothing. */
    double level() {
        double cost = Math.min(SPENT * wealth, HIGHEST / (1 - HIGHEST));
        return cost / (1 + cost);
    }

    /** Returns what is left after a comparison at {@link #level}. */
    ErrorBudget after(boolean promoted) {
        double level = level();
        double left = promoted ? wealth + SHARE : wealth - level / (1 - level);
        return new ErrorBudget(Math.max(0, Math.min(1, left)), trips);
    }
}
