package dev.understudy.evaluate;

import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/**
 * How much risk is left of promoting candidates that are worse: alpha-investing after Foster and Stine (2008), Journal
 * of the Royal Statistical Society B 70, 429, because the same trips judge one candidate after the other. A comparison
 * at level a that does not promote costs a / (1 - a), one that promotes earns {@link #SHARE}. The wealth is never below
 * zero. So, whatever the candidates, the expected number of promotions of worse candidates is at most {@link #SHARE} of
 * all promotions, plus {@link #SHARE}.
 *
 * <p>Departure: in the paper, a series of tests that find nothing uses up the wealth, but here new held-out trips keep
 * coming. Each trip that no comparison has used yet restores {@link #RESTORED} of what was lost. The bound grows by as
 * much with each new trip: this limits the reuse of trips more than the total.
 *
 * @param wealth what may be risked, 0 to 1
 * @param trips names of all trips that a comparison has used
 */
public record ErrorBudget(double wealth, Set<String> trips) {
    /** Highest share of promotions that may be of a worse candidate. */
    public static final double SHARE = 0.1;

    /**
     * Share of the wealth that one comparison costs if it finds nothing: half, so that some is always left (a guess).
     */
    static final double SPENT = 0.5;

    /**
     * What a new trip restores: two restore all (measured: promotions worse on unseen runs stay at none, and are more).
     */
    static final double RESTORED = SHARE / 2;

    /** Trips remembered; beyond it the older are forgotten. */
    private static final int REMEMBERED = 10_000;

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

    /** Returns the budget with another wealth. */
    public ErrorBudget withWealth(double replacement) {
        return new ErrorBudget(replacement, trips);
    }

    /** Returns the budget as it is for a comparison on these trips: with what the new ones among them restore. */
    ErrorBudget on(Collection<String> names) {
        Set<String> now = new TreeSet<>(names);
        long fresh = trips.isEmpty()
                ? 0
                : now.stream().filter(trip -> !trips.contains(trip)).count();
        double restored = Math.min(SHARE, wealth + RESTORED * fresh);
        if (trips.size() < REMEMBERED) {
            now.addAll(trips);
        }
        return new ErrorBudget(Math.max(wealth, restored), now);
    }

    /** Returns the level of the next comparison, 0 to 1. */
    double level() {
        double cost = Math.min(SPENT * wealth, HIGHEST / (1 - HIGHEST));
        return cost / (1 + cost);
    }

    /** Returns what is left after a comparison at {@link #level}. */
    ErrorBudget after(boolean promoted) {
        double level = level();
        double left = promoted ? wealth + SHARE : wealth - level / (1 - level);
        return withWealth(Math.max(0, Math.min(1, left)));
    }
}
