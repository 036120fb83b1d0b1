package dev.understudy.learn.observation;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.learn.adversarial.Likelihood;
import dev.understudy.learn.adversarial.SampledPolicy;
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import dev.understudy.policy.StochasticPolicy;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * p(a | s, s'), the distribution of what was done between two observations: Torabi, Warnell and Stone (2018),
 * arXiv:1805.01954, section 4.2. It makes the actions of known transitions most likely, so it is cloned as a policy is
 * whose observation is the pair: a softmax over choices, a Gaussian over numbers.
 *
 * <p>Departure: the network reads s and s' - s, not s and s'. Once standardised, what an action changes is then as
 * large as what is observed; as the small difference of two large numbers it would be learned last.
 *
 * <p>Holds native memory; for one thread at a time.
 */
public final class InverseDynamics implements AutoCloseable {
    private final int observationSize;
    private final ActionSpace actions;
    private final StochasticPolicy network;
    private final BehaviouralCloning likelihood;
    private @Nullable SampledPolicy sampled;
    private @Nullable Likelihood known;

    /** How an action is taken from the distribution. */
    public enum Labels {
        /** Drawn from it, as in the paper. */
        SAMPLED,
        /** The most likely one. */
        MODE
    }

    /**
     * Creates inverse dynamics that know nothing.
     *
     * @param network over {@code 2n} numbers, with the actions' outputs
     * @param actions what can be done
     * @param fitting how the likelihood is raised
     */
    public InverseDynamics(StochasticPolicy network, ActionSpace actions, BehaviouralCloningConfig fitting) {
        if (network.observationSize() % 2 != 0) {
            throw new IllegalArgumentException("expected a network that reads two observations of one size, got %d"
                    .formatted(network.observationSize()));
        }
        this.observationSize = network.observationSize() / 2;
        this.actions = actions;
        this.network = network;
        this.likelihood = new BehaviouralCloning(network, fitting);
    }

    /**
     * Returns how the likelihood is raised for the classic tasks: 3,000 steps of Adam on 256 transitions from a rate of
     * 3e-3 down to 0 along a cosine; a tenth of the transitions decides which of 30 looks was best (found on the
     * pendulum, whose torque is the hardest to tell).
     */
    public static BehaviouralCloningConfig fitting() {
        return new BehaviouralCloningConfig(
                3000,
                256,
                3e-3,
                BehaviouralCloningConfig.Schedule.COSINE,
                10.0,
                0.0,
                0.0,
                BehaviouralCloningConfig.Continuation.alike(),
                BehaviouralCloningConfig.Validation.PAIRS,
                0.1,
                100,
                Integer.MAX_VALUE,
                0,
                1,
                0,
                0,
                0.0);
    }

    /** Returns the memory of inverse dynamics that have seen nothing. */
    public LearnerState initialState(long seed) {
        return likelihood.initialState(seed);
    }

    /**
     * Begins to fit, or continues if {@code state} was taken in the middle of it.
     *
     * @param known transitions; those without an action are left out
     * @throws IllegalArgumentException if no action is known, or one is none that can be done
     */
    public Update fit(LearnerState state, Transitions known, long seed) {
        Transitions fitted = known.withActions();
        if (fitted.rows() == 0) {
            throw new IllegalArgumentException(
                    "expected at least one transition with an action to learn p(a | s, s') from, got none of %d"
                            .formatted(known.rows()));
        }
        Trajectory pairs = new Trajectory("interaction", "interaction", 0, 1, fitted.pairs(), within(fitted.actions()));
        return likelihood.begin(state, List.of(pairs), List.of(), seed);
    }

    /** Returns the actions as they took effect: numbers clipped to their range. */
    private Matrix within(Matrix done) {
        float[] values = done.values().clone();
        for (int row = 0; row < done.rows(); row++) {
            int at = row * done.columns();
            if (!actions.accepts(values, at)) {
                throw new IllegalArgumentException(
                        "expected an action of %s, got %s (transition %d)".formatted(actions, values[at], row));
            }
        }
        clip(values);
        return new Matrix(done.rows(), done.columns(), values);
    }

    private void clip(float[] values) {
        if (actions instanceof ActionSpace.Continuous range) {
            for (int i = 0; i < values.length; i++) {
                values[i] = Math.max(range.low(), Math.min(range.high(), values[i]));
            }
        }
    }

    /**
     * Returns an action for each transition, {@code [T, k]}, in its range. What the transitions have as their actions
     * is not read.
     *
     * @param state as {@link #fit} left it
     */
    public Matrix infer(LearnerState state, Transitions shown, Labels labels, long seed) {
        float[] inferred = new float[shown.rows() * actions.size()];
        if (shown.observations().columns() != observationSize) {
            throw new IllegalArgumentException("expected observations of %d, got %d"
                    .formatted(observationSize, shown.observations().columns()));
        }
        if (shown.rows() > 0) {
            SampledPolicy distribution = sampled();
            distribution.with(BehaviouralCloning.theta(state), BehaviouralCloning.scaler(state));
            (labels == Labels.SAMPLED ? distribution : distribution.mode())
                    .act(
                            shown.pairs().values(),
                            shown.rows(),
                            new SplittableRandom(seed),
                            inferred,
                            new float[shown.rows()]);
        }
        clip(inferred);
        return new Matrix(shown.rows(), actions.size(), inferred);
    }

    /**
     * Returns log p(a | s, s') of transitions whose action is known, {@code [T]}, in nats.
     *
     * @param state as {@link #fit} left it
     * @throws IllegalArgumentException if an action is none that can be done
     */
    float[] logProbabilities(LearnerState state, Transitions done) {
        if (done.rows() == 0) {
            return new float[0];
        }
        Likelihood likely = known;
        if (likely == null) {
            likely = new Likelihood(network);
            known = likely;
        }
        return likely.of(
                BehaviouralCloning.theta(state),
                BehaviouralCloning.scaler(state),
                done.pairs().values(),
                within(done.actions()).values());
    }

    private SampledPolicy sampled() {
        SampledPolicy made = sampled;
        if (made == null) {
            made = new SampledPolicy(network, actions);
            sampled = made;
        }
        return made;
    }

    @Override
    public void close() {
        likelihood.close();
        if (sampled != null) {
            sampled.close();
        }
        if (known != null) {
            known.close();
        }
    }
}
