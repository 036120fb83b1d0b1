package dev.understudy.driving;

import static dev.understudy.driving.CarFollowingStretches.DRIVEN;
import static dev.understudy.driving.CarFollowingStretches.HISTORY;

import java.util.SplittableRandom;
import java.util.function.Function;
import org.hipparchus.analysis.MultivariateFunction;
import org.hipparchus.optim.InitialGuess;
import org.hipparchus.optim.MaxEval;
import org.hipparchus.optim.PointValuePair;
import org.hipparchus.optim.SimpleValueChecker;
import org.hipparchus.optim.nonlinear.scalar.GoalType;
import org.hipparchus.optim.nonlinear.scalar.ObjectiveFunction;
import org.hipparchus.optim.nonlinear.scalar.noderiv.NelderMeadSimplex;
import org.hipparchus.optim.nonlinear.scalar.noderiv.SimplexOptimizer;

/**
 * Fits the baselines in closed loop: the parameters under which simulated followers keep closest to the logged gap, as
 * Treiber and Kesting (2013), Traffic Flow Dynamics, ch. 17 recommend (global calibration on the gap). Minimises the
 * mean squared spacing error by Nelder-Mead over the logarithms of the parameters, from several starts; the same
 * stretches and seed give the same result.
 */
public final class FollowingLawCalibration {
    /**
     * How much work to put in.
     *
     * @param stretches at most so many stretches are used, drawn at random
     * @param starts number of starting points
     * @param evaluations simulations of these stretches per start
     * @param polish simulations of all stretches, from the best that the starts found
     */
    public record Effort(int stretches, int starts, int evaluations, int polish) {
        /** Returns 120 stretches, 3 starts of 250 evaluations, then 120 on all: a few seconds for 500 (measured). */
        public static Effort defaults() {
            return new Effort(120, 3, 250, 120);
        }
    }

    /**
     * A calibrated law.
     *
     * @param law the law
     * @param spacingRmseMeters its root mean squared spacing error on the stretches it was fitted to, m
     */
    public record Fit<L extends FollowingLaw>(L law, double spacingRmseMeters) {}

    // v0, T, s0, a, b
    private static final double[] IDM_LOW = {5, 0.1, 0.1, 0.05, 0.01};
    private static final double[] IDM_HIGH = {70, 5, 15, 10, 20};
    // T, s, k1, k2
    private static final double[] CTG_LOW = {0.1, 0.1, 0.001, 0.001};
    private static final double[] CTG_HIGH = {5, 15, 2, 5};

    private FollowingLawCalibration() {}

    /** Fits the Intelligent Driver Model's five parameters. */
    public static Fit<IntelligentDriverModel> intelligentDriverModel(
            CarFollowingStretches training, Effort effort, long seed) {
        double[][] starts = {{33.3, 1.4, 3, 1, 1.5}, {25, 1.4, 3, 1.2, 0.05}, {40, 1.2, 4, 0.8, 0.5}};
        return fit(
                training,
                effort,
                seed,
                starts,
                IDM_LOW,
                IDM_HIGH,
                p -> new IntelligentDriverModel(p[0], p[1], p[2], p[3], p[4]));
    }

    /** Fits the four parameters of following at a constant time gap. */
    public static Fit<ConstantTimeGap> constantTimeGap(CarFollowingStretches training, Effort effort, long seed) {
        double[][] starts = {{1.5, 3, 0.1, 0.5}, {1.2, 5, 0.03, 0.3}};
        return fit(training, effort, seed, starts, CTG_LOW, CTG_HIGH, p -> new ConstantTimeGap(p[0], p[1], p[2], p[3]));
    }

    private static <L extends FollowingLaw> Fit<L> fit(
            CarFollowingStretches training,
            Effort effort,
            long seed,
            double[][] starts,
            double[] low,
            double[] high,
            Function<double[], L> law) {
        if (training.count() == 0) {
            throw new IllegalArgumentException("expected at least one stretch of 90 s to calibrate on, got none");
        }
        SplittableRandom random = new SplittableRandom(seed);
        CarFollowingStretches drawn = training.draw(effort.stretches(), random);
        double[] best = starts[0];
        double bestError = meanSquare(law.apply(best), drawn);
        for (int i = 0; i < effort.starts(); i++) {
            double[] start = starts[i % starts.length].clone();
            double[] steps = new double[start.length];
            for (int j = 0; j < start.length; j++) {
                // The given starts first, then the same shaken by up to a factor of 1.5.
                double shake = i < starts.length ? 0 : (2 * random.nextDouble() - 1) * Math.log(1.5);
                start[j] = Math.log(start[j]) + shake;
                steps[j] = 0.3;
            }
            PointValuePair found = minimise(
                    point -> meanSquare(law.apply(parameters(point, low, high)), drawn),
                    start,
                    steps,
                    effort.evaluations());
            if (found.getValue() < bestError) {
                bestError = found.getValue();
                best = parameters(found.getPoint(), low, high);
            }
        }
        if (effort.polish() > 0 && drawn.count() < training.count()) {
            double[] start = new double[best.length];
            double[] steps = new double[best.length];
            for (int j = 0; j < best.length; j++) {
                start[j] = Math.log(best[j]);
                steps[j] = 0.15;
            }
            PointValuePair found = minimise(
                    point -> meanSquare(law.apply(parameters(point, low, high)), training),
                    start,
                    steps,
                    effort.polish());
            bestError = found.getValue();
            best = parameters(found.getPoint(), low, high);
        }
        return new Fit<>(law.apply(best), Math.sqrt(bestError));
    }

    private static PointValuePair minimise(
            MultivariateFunction error, double[] start, double[] steps, int evaluations) {
        int[] left = {evaluations};
        double[] bestPoint = start.clone();
        double[] bestError = {Double.POSITIVE_INFINITY};
        // Stops by its own count: the library's limit throws away what was found.
        SimplexOptimizer optimizer = new SimplexOptimizer(new SimpleValueChecker(1e-5, 1e-6) {
            @Override
            public boolean converged(int iteration, PointValuePair previous, PointValuePair current) {
                return left[0] <= 0 || super.converged(iteration, previous, current);
            }
        });
        optimizer.optimize(
                new MaxEval(Integer.MAX_VALUE),
                new ObjectiveFunction(point -> {
                    left[0]--;
                    double value = error.value(point);
                    if (value < bestError[0]) {
                        bestError[0] = value;
                        System.arraycopy(point, 0, bestPoint, 0, point.length);
                    }
                    return value;
                }),
                GoalType.MINIMIZE,
                new InitialGuess(start),
                new NelderMeadSimplex(steps));
        return new PointValuePair(bestPoint, bestError[0]);
    }

    private static double[] parameters(double[] logarithms, double[] low, double[] high) {
        double[] values = new double[logarithms.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.max(low[i], Math.min(high[i], Math.exp(logarithms[i])));
        }
        return values;
    }

    /** Returns the mean squared spacing error over all steps, m^2. */
    static double meanSquare(FollowingLaw law, CarFollowingStretches stretches) {
        double dt = CarFollowing.STEP_SECONDS;
        double sum = 0;
        for (int i = 0; i < stretches.count(); i++) {
            double speed = stretches.speed(i, HISTORY);
            double gap = stretches.gap(i, HISTORY);
            double leader = stretches.leaderSpeed(i, HISTORY);
            for (int t = HISTORY + 1; t <= HISTORY + DRIVEN; t++) {
                double next = Math.max(0, speed + law.acceleration(speed, gap, leader) * dt);
                double nextLeader = stretches.leaderSpeed(i, t);
                gap += dt * ((leader + nextLeader) - (speed + next)) / 2;
                speed = next;
                leader = nextLeader;
                double error = gap - stretches.gap(i, t);
                sum += error * error;
            }
        }
        return sum / ((double) stretches.count() * DRIVEN);
    }
}
