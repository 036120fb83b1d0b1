package dev.understudy.learn.minibatch;

import dev.understudy.graph.Feeds;
import dev.understudy.graph.Result;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntFunction;

/**
 * One window's worth of batches. Batches follow from their number alone, so an update that was stopped goes on with the
 * next of them. What a learner keeps beside the parameters stands in the state that the update begins with, and stays.
 */
public final class MinibatchUpdate implements Update {
    /** The number of the next batch, from 1; absent between updates. */
    private static final String NEXT = "update.next";

    private static final String LOSSES = "update.losses";
    private static final String STEPS = "steps";

    private final StepProgram program;
    private final MinibatchConfig config;
    private final LearnerState begun;
    private final int rows;
    private final int steps;
    private final IntFunction<Feeds> batches;
    /** Of the first batch, of the last, of all. */
    private final double[] losses;

    private int step;
    private boolean diverged;

    /**
     * Begins an update, or goes on with one that the state was taken in the middle of.
     *
     * @param begun the learner's memory, with all that is kept
     * @param rows how many rows there are to learn
     * @param batches the inputs of the loss, by the number of the batch
     */
    public MinibatchUpdate(
            StepProgram program, MinibatchConfig config, LearnerState begun, int rows, IntFunction<Feeds> batches) {
        this.program = program;
        this.config = config;
        this.begun = begun;
        this.rows = rows;
        this.batches = batches;
        steps = config.steps(rows);
        step = resumedAt(begun);
        losses = begun.statistics().getOrDefault(LOSSES, new double[3]).clone();
        program.vectors().forEach(name -> program.program().setState(name, begun.vector(name)));
    }

    /** Returns whether a state was taken in the middle of an update. */
    public static boolean isUnderWay(LearnerState state) {
        return state.counter(NEXT) > 0;
    }

    private static int resumedAt(LearnerState state) {
        return (int) Math.max(0, state.counter(NEXT) - 1);
    }

    @Override
    public boolean step() {
        if (isFinished()) {
            return false;
        }
        Feeds feeds = batches.apply(step).floats(StepProgram.LEARNING_RATE, (float) config.learningRate(step, steps));
        double loss;
        try (Result result = program.program().run(feeds)) {
            loss = result.scalar(StepProgram.LOSS);
        }
        if (!Double.isFinite(loss)) {
            program.program().setState(StepProgram.THETA, begun.vector(StepProgram.THETA));
            program.forgetMoments();
            diverged = true;
            return false;
        }
        if (step == 0) {
            losses[0] = loss;
        }
        losses[1] = loss;
        losses[2] += loss;
        step++;
        return !isFinished();
    }

    private boolean isFinished() {
        return diverged || step >= steps;
    }

    @Override
    public double progress() {
        return isFinished() ? 1.0 : (double) step / steps;
    }

    @Override
    public LearnerState state() {
        SortedMap<String, float[]> vectors = new TreeMap<>(begun.vectors());
        SortedMap<String, double[]> statistics = new TreeMap<>(begun.statistics());
        SortedMap<String, Long> counters = new TreeMap<>(begun.counters());
        program.vectors().forEach(name -> vectors.put(name, program.program().state(name)));
        counters.put(STEPS, begun.counter(STEPS) - resumedAt(begun) + step);
        counters.remove(NEXT);
        statistics.remove(LOSSES);
        if (!isFinished()) {
            counters.put(NEXT, step + 1L);
            statistics.put(LOSSES, losses.clone());
        }
        return new LearnerState(vectors, statistics, counters);
    }

    @Override
    public TrainingReport report() {
        SortedMap<String, Double> report = new TreeMap<>();
        report.put("steps", (double) step);
        report.put("rows", (double) rows);
        report.put("lossBefore", losses[0]);
        report.put("lossAfter", losses[1]);
        report.put("loss", losses[2] / Math.max(1, step));
        report.put(TrainingReport.DIVERGED, diverged ? 1.0 : 0.0);
        return new TrainingReport(report);
    }

    /** Leaves the program to the learner, who uses it again. */
    @Override
    public void close() {}
}
