package dev.understudy.evaluate;

import java.util.List;

/**
 * What one policy did on held-out material, piece by piece, so that policies can be compared on the same pieces. Scores
 * that are compared come from the same material and have their pieces in the same order.
 *
 * @param trials what it did in closed loop
 * @param trips how likely it made the expert's actions, in total over each trip; in order of their names
 * @param returns sums of rewards in the task's environment, each from its own start; empty if there is none
 */
public record Scores(List<Trial> trials, List<Trip> trips, List<Double> returns) {
    public Scores {
        trials = List.copyOf(trials);
        trips = List.copyOf(trips);
        returns = List.copyOf(returns);
    }

    /** Scores of a task without rewards. */
    public Scores(List<Trial> trials, List<Trip> trips) {
        this(trials, trips, List.of());
    }

    /**
     * One piece of a trip driven in closed loop.
     *
     * @param trip the trip it is a piece of: trips are what is drawn, as pieces of one trip are not independent
     * @param slices the slices it counts for, such as {@code label acc-S} and {@code vehicle BMW_I3}
     * @param steps steps driven, at least 1
     * @param meanSquare mean over steps of the squared error, such as that of the spacing in m^2
     * @param failed whether something happened that must not, such as a collision
     * @param interventions steps in which the envelope replaced the policy's action
     */
    public record Trial(
            String trip, List<String> slices, long steps, double meanSquare, boolean failed, long interventions) {
        public Trial {
            slices = List.copyOf(slices);
        }
    }

    /**
     * One trip, open loop.
     *
     * @param name the trip
     * @param steps steps it has
     * @param negativeLogLikelihood sum over steps of -log p(the expert's action), nats; NaN where the policy has no
     *     density
     */
    public record Trip(String name, long steps, double negativeLogLikelihood) {}

    /** Returns the root mean square error over all steps of all trials; NaN over none. */
    public double rootMeanSquare() {
        double squares = 0;
        long steps = 0;
        for (Trial trial : trials) {
            squares += trial.meanSquare() * trial.steps();
            steps += trial.steps();
        }
        return Math.sqrt(squares / steps);
    }

    /** Returns the number of open-loop steps. */
    public long steps() {
        return trips.stream().mapToLong(Trip::steps).sum();
    }

    /** Returns the mean over steps of -log p(the expert's action), nats; NaN over none. */
    public double negativeLogLikelihood() {
        return trips.stream().mapToDouble(Trip::negativeLogLikelihood).sum() / steps();
    }

    /** Returns the mean of the returns; NaN over none. */
    public double meanReturn() {
        return returns.stream().mapToDouble(each -> each).average().orElse(Double.NaN);
    }

    /** Returns how many trips there are closed-loop trials of. */
    public int drivenTrips() {
        return (int) trials.stream().map(Trial::trip).distinct().count();
    }

    /** Returns the share of driven steps in which the envelope replaced the policy's action; NaN over none. */
    public double interventionShare() {
        double interventions = 0;
        double steps = 0;
        for (Trial trial : trials) {
            interventions += trial.interventions();
            steps += trial.steps();
        }
        return interventions / steps;
    }
}
