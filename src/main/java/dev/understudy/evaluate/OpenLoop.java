package dev.understudy.evaluate;

import dev.understudy.data.Trajectory;
import dev.understudy.policy.Policy;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Sums up open-loop errors: the policy answers what the expert observed, and is compared with what the expert did. */
public final class OpenLoop {
    private static final double HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

    private long steps;
    private long elements;
    private double squares;
    private double logLikelihood;

    /** Creates an empty sum. */
    public OpenLoop() {}

    /**
     * Adds rows.
     *
     * @param predicted {@code [rows, k]}; rows with NaN (no answer) are skipped
     * @param actions the expert's, {@code [rows, k]}
     * @param logStd logarithm of the deviation for each element, {@code [rows, k]}; empty if not known, and then the
     *     likelihood of the whole sum is NaN
     * @param k length of an action
     */
    public void add(float[] predicted, float[] actions, float[] logStd, int k) {
        for (int row = 0; row < actions.length / k; row++) {
            double rowSquares = 0;
            double rowLog = 0;
            for (int j = row * k; j < (row + 1) * k; j++) {
                double error = (double) predicted[j] - actions[j];
                rowSquares += error * error;
                rowLog -= logStd.length == 0 ? Double.NaN : gaussianNegativeLogLikelihood(error, logStd[j]);
            }
            if (!Double.isNaN(rowSquares)) {
                steps++;
                elements += k;
                squares += rowSquares;
                logLikelihood += rowLog;
            }
        }
    }

    /** Returns the report over everything added; its errors are NaN if nothing was. */
    public OpenLoopReport report() {
        return new OpenLoopReport(
                steps,
                steps == 0 ? Double.NaN : Math.sqrt(squares / elements),
                steps == 0 ? Double.NaN : -logLikelihood / steps);
    }

    /**
     * Returns -log p of an error under a Gaussian of that deviation: (e / s)^2 / 2 + log s + log(2 pi) / 2, in nats.
     */
    public static double gaussianNegativeLogLikelihood(double error, double logStd) {
        double scaled = error * Math.exp(-logStd);
        return 0.5 * scaled * scaled + logStd + HALF_LOG_TWO_PI;
    }

    /** Returns a policy's answers to one trajectory, {@code [T, k]}. */
    public static float[] answers(Policy policy, Trajectory trajectory) {
        float[] answers = new float[trajectory.steps() * policy.actionSize()];
        if (trajectory.steps() > 0) {
            policy.act(trajectory.observations(), trajectory.steps(), answers);
        }
        return answers;
    }

    /** Returns how likely a policy makes the expert's actions, in total over each trip; in order of their names. */
    public static List<Scores.Trip> trips(Policy policy, List<Trajectory> heldOut) {
        SortedMap<String, Scores.Trip> trips = new TreeMap<>();
        for (Trajectory trajectory : heldOut) {
            double[] logs = new double[trajectory.steps()];
            if (logs.length > 0) {
                policy.logProbabilities(
                        trajectory.observations(), trajectory.actions().values(), logs.length, logs);
            }
            trips.merge(
                    trajectory.trip(),
                    new Scores.Trip(
                            trajectory.trip(), logs.length, -Arrays.stream(logs).sum()),
                    (a, b) -> new Scores.Trip(
                            a.name(), a.steps() + b.steps(), a.negativeLogLikelihood() + b.negativeLogLikelihood()));
        }
        return List.copyOf(trips.values());
    }

    /** Returns the report of a policy, without likelihood, over all steps of the trajectories. */
    public static OpenLoopReport of(Policy policy, List<Trajectory> trajectories) {
        OpenLoop sum = new OpenLoop();
        for (Trajectory trajectory : trajectories) {
            sum.add(
                    answers(policy, trajectory),
                    trajectory.actions().values(),
                    new float[0],
                    trajectory.actions().columns());
        }
        return sum.report();
    }

    /**
     * Keeps only steps that every predictor answered, so that all are compared on the same: sets the others' rows to
     * NaN in place.
     *
     * @param k length of an action
     * @param predictions one array {@code [rows, k]} per predictor
     */
    public static void onSameSteps(int k, float[]... predictions) {
        int rows = predictions.length == 0 ? 0 : predictions[0].length / k;
        for (int row = 0; row < rows; row++) {
            boolean missing = false;
            for (float[] prediction : predictions) {
                for (int j = row * k; j < (row + 1) * k; j++) {
                    missing |= Float.isNaN(prediction[j]);
                }
            }
            if (missing) {
                for (float[] prediction : predictions) {
                    Arrays.fill(prediction, row * k, (row + 1) * k, Float.NaN);
                }
            }
        }
    }
}
