package dev.understudy.driving;

/**
 * How far a policy strays from the expert when it drives behind the expert's leader.
 *
 * @param spacingRmseMeters root mean square over all steps of all stretches of driven minus logged gap, m
 * @param spacingRmseMedianMeters median over stretches of each stretch's own root mean square, m
 * @param speedRmseMetersPerSecond root mean square over all steps of driven minus logged speed, m/s
 * @param collisions stretches in which the gap fell below zero
 * @param stretches number of stretches
 * @param envelopeInterventions steps in which the envelope replaced the policy's action
 */
public record ClosedLoopReport(
        double spacingRmseMeters,
        double spacingRmseMedianMeters,
        double speedRmseMetersPerSecond,
        int collisions,
        int stretches,
        long envelopeInterventions) {}
