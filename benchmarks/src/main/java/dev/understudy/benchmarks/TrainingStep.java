package dev.understudy.benchmarks;

/** One side of the comparison: a network on its way from the problem's first parameters. One thread at a time. */
interface TrainingStep extends AutoCloseable {
    /** Forward, loss, backward, Adam; the parameters are then the next ones. */
    void step();

    /** Returns a copy of the parameters, in the order of {@link TrainingProblem#layout}. */
    float[] parameters();

    /** Returns the loss of the last step, before it moved the parameters. */
    float lossBeforeStep();

    @Override
    void close();
}
