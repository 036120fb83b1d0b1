package dev.understudy.learn.adversarial;

import dev.understudy.data.Matrix;
import dev.understudy.environment.Rollout;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Some iterations of {@link Gail} on rollouts that earlier versions of the policy recorded, off-policy: line 3 of
 * Algorithm 1 takes the next of them, in turn, where {@link Gail} runs the policy. With ratio = pi(a|o) / beta(a|o),
 * beta being the version that recorded:
 *
 * <ul>
 *   <li>line 4 learns from pairs drawn in proportion to the clipped ratio, or from all alike
 *       ({@link OffPolicyConfig.Generated});
 *   <li>line 5 raises the mean over beta's steps of ratio x A, which at the present parameters theta is that of (pi' /
 *       pi_theta) x (clipped ratio x A): the {@link PolicyStep} gets the product as its advantage, so its bound on the
 *       divergence holds from theta, not from beta;
 *   <li>A and the targets of V are those of {@link Advantages#ofRecorded}.
 * </ul>
 *
 * <p>Ratios of single steps mend which action was taken, not how often beta came by an observation; the nearer beta is,
 * the less that matters. So a rollout is left as soon as its effective sample size falls below a share, and the update
 * ends early when none is left.
 *
 * <p>As {@link GailUpdate}, it may be left after any step and goes on from the last whole iteration, given the same
 * rollouts.
 */
public final class OffPolicyUpdate implements Update {
    private static final String ITERATION = "update.iteration";
    private static final String UPDATES = "updates";
    private static final String FIGURES_SO_FAR = "update.figures";
    private static final String LEFT = "update.left";

    private static final String[] FIGURES = {
        "steps",
        "discriminatorLoss",
        "expertAccuracy",
        "generatedAccuracy",
        "discriminatorEntropy",
        "kl",
        "entropy",
        "accepted",
        "effectiveShare",
        "meanRatio",
        "diverged"
    };

    private final Gail gail;
    private final OffPolicyConfig config;
    private final Matrix expert;
    private final List<Rollout> recorded;
    private final long seed;
    private final long updatesBefore;
    private final double[] left;
    private int iteration;
    private double[] figures = new double[FIGURES.length];
    private @Nullable Sliced<Gail.Iteration> underWay;
    private @Nullable LearnerState before;

    OffPolicyUpdate(
            Gail gail, OffPolicyConfig config, Matrix expert, List<Rollout> recorded, LearnerState state, long seed) {
        this.gail = gail;
        this.config = config;
        this.expert = expert;
        this.recorded = List.copyOf(recorded);
        this.seed = seed;
        this.updatesBefore = state.counter(UPDATES);
        if (state.counter(GailUpdate.OPEN) != 0) {
            iteration = (int) state.counter(ITERATION);
            figures = state.statistic(FIGURES_SO_FAR).clone();
            left = state.statistic(LEFT).clone();
            if (left.length != recorded.size()) {
                throw new IllegalArgumentException("expected the %d rollouts that the update was begun with, got %d"
                        .formatted(left.length, recorded.size()));
            }
        } else {
            left = new double[recorded.size()];
        }
    }

    @Override
    public boolean step() {
        if (over()) {
            return false;
        }
        Sliced<Gail.Iteration> now = underWay;
        if (now == null) {
            before = snapshot();
            now = next();
            underWay = now;
        }
        if (now != null && !now.advance()) {
            account(now.outcome());
            underWay = null;
        }
        return !over();
    }

    /** Returns whether any rollout is near enough to the policy as it is to be learned from. */
    boolean isNear() {
        return recorded.stream()
                .anyMatch(rollout ->
                        gail.weights(rollout, config.mostWeight()).effectiveShare() >= config.leastEffectiveShare());
    }

    /** Returns the next iteration, on the next rollout that is near enough; null if there is none. */
    private @Nullable Sliced<Gail.Iteration> next() {
        SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + iteration);
        for (int i = 0; i < left.length; i++) {
            int turn = (iteration + i) % left.length;
            if (left[turn] == 0) {
                Rollout rollout = recorded.get(turn);
                ImportanceWeights weights = gail.weights(rollout, config.mostWeight());
                figures[8] = weights.effectiveShare();
                figures[9] = weights.meanRatio();
                if (weights.effectiveShare() >= config.leastEffectiveShare()) {
                    return gail.iterate(rollout, weights, config, expert, random);
                }
                left[turn] = 1;
            }
        }
        return null;
    }

    private void account(Gail.Iteration done) {
        figures = new double[] {
            figures[0] + done.rollout().steps(),
            done.discriminator().loss(),
            done.discriminator().expertAccuracy(),
            done.discriminator().generatedAccuracy(),
            done.discriminator().entropy(),
            done.policy().kl(),
            done.policy().entropy(),
            figures[7] + (done.policy().accepted() ? 1 : 0),
            figures[8],
            figures[9],
            Double.isFinite(done.discriminator().loss()) ? 0 : 1
        };
        iteration++;
    }

    private boolean over() {
        return iteration >= config.iterations()
                || figures[10] != 0
                || Arrays.stream(left).allMatch(one -> one != 0);
    }

    /** Returns how much of the iterations is done; 1 if no rollout is left to learn from. */
    @Override
    public double progress() {
        return over() ? 1 : (double) iteration / config.iterations();
    }

    @Override
    public LearnerState state() {
        return underWay != null && before != null ? before : snapshot();
    }

    private LearnerState snapshot() {
        SortedMap<String, Long> counters = new TreeMap<>();
        if (over()) {
            counters.put(UPDATES, updatesBefore + 1);
            return gail.state(counters);
        }
        counters.put(UPDATES, updatesBefore);
        counters.put(GailUpdate.OPEN, 1L);
        counters.put(ITERATION, (long) iteration);
        LearnerState state = gail.state(counters);
        SortedMap<String, double[]> statistics = new TreeMap<>(state.statistics());
        statistics.put(FIGURES_SO_FAR, figures.clone());
        statistics.put(LEFT, left.clone());
        return new LearnerState(state.vectors(), statistics, state.counters());
    }

    /**
     * Returns what the update did; {@code effectiveShare} is that of the last rollout looked at, {@code rolloutsLeft}
     * how many were found too far from the policy.
     */
    @Override
    public TrainingReport report() {
        SortedMap<String, Double> report = new TreeMap<>();
        for (int i = 0; i < FIGURES.length; i++) {
            report.put(FIGURES[i], figures[i]);
        }
        report.put("iterations", (double) iteration);
        report.put("rollouts", (double) left.length);
        report.put("rolloutsLeft", Arrays.stream(left).sum());
        return new TrainingReport(report);
    }

    /** Leaves the programs to the learner, who uses them again. */
    @Override
    public void close() {}
}
