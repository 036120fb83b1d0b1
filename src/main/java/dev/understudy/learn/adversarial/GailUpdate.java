package dev.understudy.learn.adversarial;

import dev.understudy.data.Matrix;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Some iterations of {@link Gail} or {@link Airl}, in steps of some milliseconds. Each iteration's draws follow from
 * the seed and its number, and its episodes are whole, so nothing but the learner's memory passes from one to the next.
 * The state is that after the last whole iteration: one that is lost half-way comes out the same when it is run again.
 */
public final class GailUpdate implements Update {
    static final String OPEN = "update.open";
    private static final String ITERATION = "update.iteration";
    private static final String UPDATES = "updates";
    private static final String CURVE = "update.curve";

    private final Imitation imitation;
    private final GailConfig config;
    private final Matrix expert;
    private final long seed;
    private final long updatesBefore;
    private final double[] returns;
    private int iteration;
    private double[] figures = new double[FIGURES.length];
    private boolean diverged;
    private @Nullable Sliced<Gail.Iteration> underWay;
    private @Nullable LearnerState before;

    private static final String[] FIGURES = {
        "steps",
        "discriminatorLoss",
        "expertAccuracy",
        "generatedAccuracy",
        "discriminatorEntropy",
        "kl",
        "entropy",
        "accepted"
    };

    GailUpdate(Imitation imitation, GailConfig config, Matrix expert, LearnerState state, long seed) {
        this.imitation = imitation;
        this.config = config;
        this.expert = expert;
        this.seed = seed;
        this.updatesBefore = state.counter(UPDATES);
        this.returns = new double[config.iterations()];
        Arrays.fill(returns, Double.NaN);
        if (state.counter(OPEN) != 0) {
            iteration = (int) state.counter(ITERATION);
            double[] curve = state.statistic(CURVE);
            System.arraycopy(curve, 0, figures, 0, figures.length);
            System.arraycopy(curve, figures.length, returns, 0, iteration);
        }
    }

    @Override
    public boolean step() {
        if (isOver()) {
            return false;
        }
        Sliced<Gail.Iteration> now = underWay;
        if (now == null) {
            before = snapshot();
            now = imitation.iterate(iteration, expert, config.share(iteration), seed * 0x9E3779B97F4A7C15L + iteration);
            underWay = now;
        }
        if (!now.advance()) {
            account(now.outcome());
            underWay = null;
        }
        return !isOver();
    }

    /**
     * Runs to the end of the iteration under way, or through the next.
     *
     * @return whether there is more to do
     */
    public boolean iterate() {
        boolean more = step();
        while (more && underWay != null) {
            more = step();
        }
        return more;
    }

    private boolean isOver() {
        return diverged || iteration >= config.iterations();
    }

    private void account(Gail.Iteration done) {
        returns[iteration] = done.rollout().meanReturn();
        figures = new double[] {
            figures[0] + done.rollout().steps(),
            done.discriminator().loss(),
            done.discriminator().expertAccuracy(),
            done.discriminator().generatedAccuracy(),
            done.discriminator().entropy(),
            done.policy().kl(),
            done.policy().entropy(),
            figures[7] + (done.policy().accepted() ? 1 : 0)
        };
        iteration++;
        diverged = !Double.isFinite(done.discriminator().loss());
    }

    /** Returns the mean return of each iteration's rollout so far, actions drawn, in the environment's own reward. */
    public double[] returns() {
        return Arrays.copyOf(returns, iteration);
    }

    @Override
    public double progress() {
        return (double) iteration / config.iterations();
    }

    @Override
    public LearnerState state() {
        return underWay != null && before != null ? before : snapshot();
    }

    private LearnerState snapshot() {
        SortedMap<String, Long> counters = new TreeMap<>();
        if (iteration >= config.iterations()) {
            counters.put(UPDATES, updatesBefore + 1);
            return imitation.state(counters);
        }
        counters.put(UPDATES, updatesBefore);
        counters.put(OPEN, 1L);
        counters.put(ITERATION, (long) iteration);
        LearnerState state = imitation.state(counters);
        double[] curve = Arrays.copyOf(figures, figures.length + iteration);
        System.arraycopy(returns, 0, curve, figures.length, iteration);
        SortedMap<String, double[]> statistics = new TreeMap<>(state.statistics());
        statistics.put(CURVE, curve);
        return new LearnerState(state.vectors(), statistics, state.counters());
    }

    @Override
    public TrainingReport report() {
        SortedMap<String, Double> report = new TreeMap<>();
        for (int i = 0; i < FIGURES.length; i++) {
            report.put(FIGURES[i], figures[i]);
        }
        report.put("iterations", (double) iteration);
        report.put("returnBefore", iteration > 0 ? returns[0] : Double.NaN);
        report.put("returnAfter", iteration > 0 ? returns[iteration - 1] : Double.NaN);
        report.put("diverged", diverged ? 1.0 : 0.0);
        return new TrainingReport(report);
    }

    /** Leaves the programs to the learner, who uses them again. */
    @Override
    public void close() {}
}
