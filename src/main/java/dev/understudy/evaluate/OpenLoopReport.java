package dev.understudy.evaluate;

/**
 * How well actions are predicted on logged observations.
 *
 * @param steps number of steps
 * @param rmse root mean square over steps and action elements of predicted minus the expert's action, in the action's
 *     unit
 * @param negativeLogLikelihood mean over steps of -log p(action), nats; NaN where the policy gives no deviation
 */
public record OpenLoopReport(long steps, double rmse, double negativeLogLikelihood) {}
