package dev.understudy.driving;

/**
 * How far a policy strays from the expert when it drives behind the expert's leader.
 *
 * <p>A few bad stretches dominate the root mean square over all steps, so the report also has the median, the mean over
 * runs with its interval and the share of the worst tenth. A run is one recording with all its cars
 * ({@link CarFollowingStretches#run}): cars of one platoon drive the same manoeuvres behind one another, so a second
 * campaign would draw new runs, not new trips.
 *
 * @param spacingRmseMeters root mean square over all steps of all stretches of driven minus logged gap, m
 * @param spacingRmseMedianMeters median over stretches of each stretch's own root mean square, m
 * @param spacingRmseMeanOverRunsMeters mean over runs of each run's own root mean square, m
 * @param spacingRmseMeanOverRunsLowMeters lower end of the 95 % interval of that mean, m: 2.5 % quantile of 2,000 means
 *     over as many runs drawn with replacement (percentile bootstrap, Efron 1979; seed 1); NaN for fewer than two runs
 * @param spacingRmseMeanOverRunsHighMeters upper end of it, the 97.5 % quantile, m
 * @param worstTenthShareOfSquaredError share of the summed squared error that the worst tenth of the stretches made,
 *     one tenth of their number rounded up; 0.1 or a little more if all are alike, 1 at most, NaN if there is no error
 * @param speedRmseMetersPerSecond root mean square over all steps of driven minus logged speed, m/s
 * @param collisions stretches in which the gap fell below zero
 * @param stretches number of stretches
 * @param runs number of runs
 * @param runsThatAreTrips of these, trips whose name contains no run, which therefore count as separate runs
 * @param envelopeInterventions steps in which the envelope replaced the policy's action
 */
public record ClosedLoopReport(
        double spacingRmseMeters,
        double spacingRmseMedianMeters,
        double spacingRmseMeanOverRunsMeters,
        double spacingRmseMeanOverRunsLowMeters,
        double spacingRmseMeanOverRunsHighMeters,
        double worstTenthShareOfSquaredError,
        double speedRmseMetersPerSecond,
        int collisions,
        int stretches,
        int runs,
        int runsThatAreTrips,
        long envelopeInterventions) {}
