package dev.understudy.learn.adversarial;

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
     * Takes a step.
     *
     * @param theta parameters before; not written to
     * @param gradient of the objective at theta
     * @param objective its value at theta
     */
    Step step(float[] theta, float[] gradient, double objective, Problem problem) {
        Value before = new Value(objective, 0.0);
        float[] direction = solve(gradient, problem);
        double curvature = dot(direction, damped(direction, problem));
        double promised = dot(gradient, direction);
        if (!(curvature > 0) || !(promised > 0) || !Double.isFinite(promised)) {
            return new Step(theta, before, 0.0, false);
        }
        double length = Math.sqrt(2.0 * maxKl / curvature);
        for (int halving = 0; halving <= halvings; halving++, length *= 0.5) {
            float[] next = moved(theta, direction, length);
            Value value = problem.at(next);
            double rise = value.objective() - before.objective();
            if (rise > 0 && rise > acceptRatio * promised * length) {
                if (value.kl() <= KL_SLACK * maxKl) {
                    return new Step(next, value, rise, true);
                }
                break;
            }
        }
        return new Step(theta, before, 0.0, false);
    }

    private float[] damped(float[] direction, Problem problem) {
        float[] product = problem.curvature(direction);
        for (int i = 0; i < product.length; i++) {
            product[i] += (float) (damping * direction[i]);
        }
        return product;
    }

    /** Conjugate gradients from zero: Hestenes and Stiefel (1952). */
    private float[] solve(float[] gradient, Problem problem) {
        int size = gradient.length;
        float[] solution = new float[size];
        float[] residual = gradient.clone();
        float[] direction = gradient.clone();
        double squared = dot(residual, residual);
        double enough = TOLERANCE * squared;
        for (int iteration = 0; iteration < iterations && squared > enough; iteration++) {
            float[] product = damped(direction, problem);
            float alpha = (float) (squared / dot(direction, product));
            for (int i = 0; i < size; i++) {
                solution[i] += alpha * direction[i];
                residual[i] -= alpha * product[i];
            }
            double next = dot(residual, residual);
            float beta = (float) (next / squared);
            for (int i = 0; i < size; i++) {
                direction[i] = residual[i] + beta * direction[i];
            }
            squared = next;
        }
        return solution;
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
