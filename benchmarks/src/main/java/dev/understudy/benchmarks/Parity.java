package dev.understudy.benchmarks;

/**
 * How far two ways of training are apart after the same steps from the same parameters.
 *
 * @param steps how many
 * @param ofParameters Euclidean norm of the difference over that of the parameters
 * @param ofChange Euclidean norm of the difference over how far the steps moved the parameters
 * @param lossBeforeLastStep of the first
 * @param otherLossBeforeLastStep of the second
 */
record Parity(
        int steps, double ofParameters, double ofChange, double lossBeforeLastStep, double otherLossBeforeLastStep) {
    static final int STEPS = 5;
    static final double TOLERANCE = 1e-3;

    /** Takes both through {@link #STEPS} steps. */
    static Parity check(TrainingProblem problem, long seed, TrainingStep one, TrainingStep other) {
        for (int step = 0; step < STEPS; step++) {
            one.step();
            other.step();
        }
        float[] start = problem.parameters(seed);
        float[] theta = one.parameters();
        float[] expected = other.parameters();
        double difference = 0;
        double size = 0;
        double change = 0;
        for (int i = 0; i < start.length; i++) {
            difference += square((double) theta[i] - expected[i]);
            size += square(expected[i]);
            change += square((double) expected[i] - start[i]);
        }
        return new Parity(
                STEPS,
                Math.sqrt(difference / size),
                Math.sqrt(difference / change),
                one.lossBeforeStep(),
                other.lossBeforeStep());
    }

    private static double square(double x) {
        return x * x;
    }

    /** Returns whether both compute the same: parameters to {@link #TOLERANCE} of how far they moved, losses too. */
    boolean holds() {
        double losses = Math.abs(lossBeforeLastStep - otherLossBeforeLastStep) / otherLossBeforeLastStep;
        return ofParameters <= TOLERANCE && ofChange <= TOLERANCE && losses <= TOLERANCE;
    }
}
