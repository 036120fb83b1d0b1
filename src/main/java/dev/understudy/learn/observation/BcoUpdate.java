package dev.understudy.learn.observation;

import dev.understudy.data.Matrix;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import dev.understudy.learn.adversarial.Sliced;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The iterations of {@link BehaviouralCloningFromObservation}, in steps of about a millisecond. All that passes from
 * one to the next is in the state, which is that after the last whole iteration.
 */
public final class BcoUpdate implements Update {
    private static final String OPEN = "update.open";
    private static final String ITERATION = "update.iteration";
    private static final String STALE = "update.stale";
    private static final String UPDATES = "updates";
    private static final String COLLECTED = "update.steps";
    private static final String CURVE = "update.curve";
    private static final String LAST = "last.";
    private static final String BEST = "policy.";
    private static final String OBSERVATIONS = "interaction.observations";
    private static final String CHANGES = "interaction.changes";
    private static final String ACTIONS = "interaction.actions";
    /** Of an iteration, in the curve: distance, loss of the dynamics, loss of the clone. */
    private static final int FIGURES = 3;

    private final BehaviouralCloningFromObservation learner;
    private final BcoConfig config;
    private final BehaviouralCloningFromObservation.Setting setting;
    private final long seed;
    private final long updatesBefore;

    private Transitions interaction;
    private @Nullable LearnerState last;
    private LearnerState best;
    private double[] curve = {};
    private int iteration;
    private long stale;
    private long steps;
    private boolean diverged;
    private @Nullable Sliced<BehaviouralCloningFromObservation.Iteration> underWay;

    BcoUpdate(
            BehaviouralCloningFromObservation learner,
            BcoConfig config,
            BehaviouralCloningFromObservation.Setting setting,
            LearnerState state,
            long seed) {
        this.learner = learner;
        this.config = config;
        this.setting = setting;
        this.seed = seed;
        updatesBefore = state.counter(UPDATES);
        best = policy(state);
        interaction = interaction(state, learner.none());
        last = interaction.rows() == 0 ? null : Nested.part(state, LAST);
        if (state.counter(OPEN) != 0) {
            iteration = (int) state.counter(ITERATION);
            stale = state.counter(STALE);
            steps = state.counter(COLLECTED);
            curve = state.statistic(CURVE).clone();
        }
    }

    /** Returns the memory of a learner that has seen nothing, from that of its policy. */
    static LearnerState initial(LearnerState policy) {
        return new Nested().put(BEST, policy).state();
    }

    /** Returns the memory of the policy that is exported. */
    static LearnerState policy(LearnerState state) {
        return Nested.part(state, BEST);
    }

    private static Transitions interaction(LearnerState state, Transitions none) {
        float[] observations = state.vectors().get(OBSERVATIONS);
        if (observations == null) {
            return none;
        }
        int n = none.observations().columns();
        return new Transitions(
                matrix(observations, n),
                matrix(state.vector(CHANGES), n),
                matrix(state.vector(ACTIONS), none.actions().columns()));
    }

    private static Matrix matrix(float[] values, int columns) {
        return new Matrix(values.length / columns, columns, values);
    }

    @Override
    public boolean step() {
        if (isOver()) {
            return false;
        }
        Sliced<BehaviouralCloningFromObservation.Iteration> now = underWay;
        if (now == null) {
            double randomShare = config.randomShare() * Math.pow(0.5, Math.max(0, iteration - 1));
            now = learner.iterate(setting, interaction, last, randomShare, seed * 0x9E3779B97F4A7C15L + iteration);
            underWay = now;
        }
        if (!now.advance()) {
            account(now.outcome());
            underWay = null;
        }
        return !isOver();
    }

    private void account(BehaviouralCloningFromObservation.Iteration done) {
        interaction = done.interaction();
        last = done.policy();
        steps += done.steps();
        if (iteration == 0 || done.distance() < bestDistance()) {
            best = done.policy();
            stale = 0;
        } else {
            stale++;
        }
        curve = Arrays.copyOf(curve, curve.length + FIGURES);
        curve[curve.length - 3] = done.distance();
        curve[curve.length - 2] = done.dynamicsLoss();
        curve[curve.length - 1] = done.cloningLoss();
        iteration++;
        diverged = !Double.isFinite(done.dynamicsLoss()) || !Double.isFinite(done.cloningLoss());
    }

    private double bestDistance() {
        return Arrays.stream(distances()).min().orElse(Double.POSITIVE_INFINITY);
    }

    /** Returns how far the policy's own visits were from the demonstrations' after each iteration. */
    public double[] distances() {
        double[] distances = new double[iteration];
        Arrays.setAll(distances, i -> curve[FIGURES * i]);
        return distances;
    }

    private boolean isOver() {
        boolean wasLast = config.alpha() == 0 ? iteration > 0 : iteration > config.iterations();
        return diverged || wasLast || stale >= config.patience();
    }

    @Override
    public double progress() {
        return isOver() ? 1.0 : iteration / (config.iterations() + 1.0);
    }

    @Override
    public LearnerState state() {
        Nested memory = new Nested().put(BEST, best);
        LearnerState acting = last;
        if (acting != null) {
            memory.put(LAST, acting)
                    .put(OBSERVATIONS, interaction.observations().values())
                    .put(CHANGES, interaction.changes().values())
                    .put(ACTIONS, interaction.actions().values());
        }
        if (isOver()) {
            return memory.put(UPDATES, updatesBefore + 1).state();
        }
        return memory.put(UPDATES, updatesBefore)
                .put(OPEN, 1L)
                .put(ITERATION, (long) iteration)
                .put(STALE, stale)
                .put(COLLECTED, steps)
                .put(CURVE, curve.clone())
                .state();
    }

    /**
     * Returns what the update did; {@code steps} are those of the environment, {@code distance} is that of the policy
     * that is kept, -1 where it was not tried.
     */
    @Override
    public TrainingReport report() {
        SortedMap<String, Double> report = new TreeMap<>();
        double distance = bestDistance();
        report.put("steps", (double) steps);
        report.put("iterations", (double) iteration);
        report.put("interaction", (double) interaction.rows());
        report.put("transitions", (double) setting.transitions().rows());
        report.put("distance", Double.isInfinite(distance) ? -1 : distance);
        report.put("dynamicsLoss", iteration > 0 ? curve[curve.length - 2] : Double.NaN);
        report.put("cloningLoss", iteration > 0 ? curve[curve.length - 1] : Double.NaN);
        report.put(TrainingReport.DIVERGED, diverged ? 1.0 : 0.0);
        return new TrainingReport(report);
    }

    /** Leaves the programs to the learner, who uses them again. */
    @Override
    public void close() {}
}
