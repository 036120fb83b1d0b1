package dev.understudy.model;

import java.io.Serializable;
import java.time.Duration;

/**
 * What a model file may ask for before it is refused.
 *
 * @param bytes size of the file
 * @param nodes operators in the graph
 * @param rows largest batch it will be asked for; the memory bound is taken there
 * @param memoryBytes every tensor of one run together, weights and intermediate results
 * @param multiplications of one run, counting every element of an element-wise operator as one
 * @param goldenTolerance largest difference to the golden actions, absolute below one and relative above
 * @param latencyBudget median time to answer one observation
 */
public record IntakeLimits(
        long bytes,
        int nodes,
        int rows,
        long memoryBytes,
        long multiplications,
        double goldenTolerance,
        Duration latencyBudget)
        implements Serializable {
    /** How much longer the largest batch may take than one observation (a guess). */
    private static final int BATCH = 100;

    /**
     * Returns the defaults. The sizes are guesses well above any policy here (376-256-256-17 is 0.7 MB, has 21
     * operators and takes 6 MB and 0.2 billion multiplications a run); the latency budget is a twentieth of the 100 ms
     * between two observations.
     */
    public static IntakeLimits defaults() {
        return new IntakeLimits(16L << 20, 256, 1024, 256L << 20, 2_000_000_000L, 1e-5, Duration.ofMillis(5));
    }

    /** Returns these limits for models that answer in many steps: fewer rows at once, and more time. */
    public IntakeLimits ofSteps(int mostRows, Duration budget) {
        return new IntakeLimits(bytes, nodes, mostRows, memoryBytes, multiplications, goldenTolerance, budget);
    }

    /** Returns these limits with another latency budget. */
    public IntakeLimits withLatencyBudget(Duration budget) {
        return new IntakeLimits(bytes, nodes, rows, memoryBytes, multiplications, goldenTolerance, budget);
    }

    /** Returns how long the largest batch may take. */
    Duration batchBudget() {
        return latencyBudget.multipliedBy(Math.min(rows, BATCH));
    }
}
