package dev.understudy.learn.adversarial;

import dev.understudy.domain.Step;
import org.jspecify.annotations.Nullable;

/**
 * A step of natural gradient ascent within a bound on the divergence: Schulman et al. (2015), arXiv:1502.05477,
 * appendix C. The direction solves (F + damping I) s = g by conjugate gradients; the longest step that the quadratic
 * model allows, sqrt(2 maxKl / s'F s), is halved until the objective rises by a share of what the gradient promised.
 * The divergence is checked after that search, and a step that exceeds the bound by more than half is undone.
 *
 * @param maxKl bound on the mean divergence, in nats
 * @param damping added to the diagonal of F
 * @param iterations most conjugate-gradient iterations
 * @param halvings most times the step is halved
 * @param acceptRatio share of the promised rise that has to come true
 */
public record TrustRegion(double maxKl, double damping, int iterations, int halvings, double acceptRatio) {
    /** A step that exceeds the bound by more than this factor is undone. */
    private static final double KL_SLACK = 1.5;

    /** Conjugate gradients stop when the squared residual is this share of the gradient's. */
    private static final double TOLERANCE = 1e-10;

    public TrustRegion {
        if (!(maxKl > 0) || damping < 0 || iterations < 1 || halvings < 0) {
            throw new IllegalArgumentException(
                    "expected maxKl > 0, damping >= 0, iterations >= 1, halvings >= 0, got %s, %s, %d, %d"
                            .formatted(maxKl, damping, iterations, halvings));
        }
    }

    /** Returns the settings of the authors' code of GAIL: KL 0.01, damping 0.1, 10 iterations, 10 halvings, 0.1. */
    public static TrustRegion defaults() {
        return new TrustRegion(0.01, 0.1, 10, 10, 0.1);
    }

    /** Returns the same with a part of the bound. */
    TrustRegion times(double share) {
        return new TrustRegion(maxKl * share, damping, iterations, halvings, acceptRatio);
    }

    /** An objective to raise, around the parameters it was built for. */
    interface Problem {
        /** Returns objective and divergence at other parameters. */
        Value at(float[] theta);

        /** Returns F v. */
        float[] curvature(float[] direction);
    }

    /**
     * The objective at some parameters.
     *
     * @param objective what is raised
     * @param kl mean divergence from the parameters before the step, in nats
     */
    record Value(double objective, double kl) {}

    /**
     * What came of a step.
     *
     * @param theta the parameters after it; those before it if it was not accepted
     * @param value objective and divergence there
     * @param rise of the objective
     * @param accepted whether the parameters changed
     */
    record Step(float[] theta, Value value, double rise, boolean accepted) {}

    /**
     * Returns a step, each slice of which asks the problem one question.
     *
     * @param theta parameters before; not written to
     * @param gradient of the objective at theta
     * @param objective its value at theta
     */
    Sliced<Step> step(float[] theta, float[] gradient, double objective, Problem problem) {
        return new Search(theta, gradient, objective, problem);
    }

    /** A step under way: conjugate gradients from zero (Hestenes and Stiefel, 1952), then the line search. */
    private final class Search implements Sliced<Step> {
        private final float[] theta;
        private final float[] gradient;
        private final double objective;
        private final Problem problem;
        private final float[] solution;
        private final float[] residual;
        private final float[] direction;
        private final double enough;
        private double squared;
        private int solved;
        private int halving;
        private @Nullable Step done;

        Search(float[] theta, float[] gradient, double objective, Problem problem) {
            this.theta = theta;
            this.gradient = gradient;
            this.objective = objective;
            this.problem = problem;
            this.solution = new float[gradient.length];
            this.residual = gradient.clone();
            this.direction = gradient.clone();
            this.squared = dot(residual, residual);
            this.enough = TOLERANCE * squared;
        }

        @Override
        public boolean advance() {
            if (solved < iterations && squared > enough) {
                solve();
            } else {
                tryNext();
            }
            return done == null;
        }

        private void solve() {
            float[] product = problem.curvature(direction);
            for (int i = 0; i < product.length; i++) {
                product[i] += (float) (damping * direction[i]);
            }
            float alpha = (float) (squared / dot(direction, product));
            for (int i = 0; i < solution.length; i++) {
                solution[i] += alpha * direction[i];
                residual[i] -= alpha * product[i];
            }
            double next = dot(residual, residual);
            float beta = (float) (next / squared);
            for (int i = 0; i < direction.length; i++) {
                direction[i] = residual[i] + beta * direction[i];
            }
            squared = next;
            solved++;
        }

        private void tryNext() {
            double promised = dot(gradient, solution);
            double curvature = promised - dot(residual, solution); // (F + damping I) s = g - residual
            if (!(curvature > 0) || !(promised > 0) || !Double.isFinite(promised)) {
                done = rejected();
                return;
            }
            double length = Math.scalb(Math.sqrt(2.0 * maxKl / curvature), -halving);
            float[] next = moved(theta, solution, length);
            Value value = problem.at(next);
            double rise = value.objective() - objective;
            if (rise > 0 && rise > acceptRatio * promised * length) {
                done = value.kl() <= KL_SLACK * maxKl ? new Step(next, value, rise, true) : rejected();
            } else if (++halving > halvings) {
                done = rejected();
            }
        }

        private Step rejected() {
            return new Step(theta, new Value(objective, 0.0), 0.0, false);
        }

        @Override
        public Step outcome() {
            if (done == null) {
                throw new IllegalStateException("expected a finished step, asked before its end");
            }
            return done;
        }
    }

    private static float[] moved(float[] theta, float[] direction, double length) {
        float[] next = theta.clone();
        for (int i = 0; i < next.length; i++) {
            next[i] += (float) (length * direction[i]);
        }
        return next;
    }

    private static double dot(float[] left, float[] right) {
        double sum = 0;
        for (int i = 0; i < left.length; i++) {
            sum += (double) left[i] * right[i];
        }
        return sum;
    }
}
