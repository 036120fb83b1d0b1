package dev.understudy.learn.adversarial;

import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import dev.understudy.environment.Environment;
import dev.understudy.environment.EnvironmentFactory;
import dev.understudy.environment.Rollout;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.policy.StochasticPolicy;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * {@link Gail} without an environment: an {@link OffPolicyUpdate} on what versions of the policy did in service. Where
 * nothing was recorded, or only by policies too far from this one, the window is cloned: that is how there comes to be
 * a version to serve, and how a policy comes back to what is served.
 *
 * <p>The memory holds GAIL's and cloning's under names of their own, as that of {@link GailWithCloning} does. The
 * weights are the same in both after every update.
 */
public final class GailFromRollouts implements Learner {
    private static final String UPDATES = "updates";

    private final BehaviouralCloning cloning;
    private final Gail gail;
    private final OffPolicyConfig offPolicy;

    /** Where episodes would be played if there were an environment. */
    private record NoEnvironment(int observationSize, ActionSpace actions, int horizon) implements EnvironmentFactory {
        @Override
        public String name() {
            return "none";
        }

        @Override
        public Environment create(List<Trajectory> demonstrations, int copies) {
            throw new IllegalStateException("expected to learn from rollouts, found that an environment is asked for");
        }
    }

    /**
     * Creates the learner.
     *
     * @param cloning of the same policy; becomes this learner's to close
     */
    public GailFromRollouts(
            StochasticPolicy policy,
            ActionSpace actions,
            BehaviouralCloning cloning,
            GailConfig config,
            OffPolicyConfig offPolicy) {
        this.cloning = cloning;
        this.offPolicy = offPolicy;
        gail = new Gail(policy, new NoEnvironment(policy.observationSize(), actions, offPolicy.horizon()), config);
    }

    @Override
    public LearnerState initialState(long seed) {
        return handedOver(cloning.initialState(seed), gail.initialState(seed));
    }

    @Override
    public @Nullable LearnerState stateFrom(byte[] model, long seed) {
        LearnerState cloned = cloning.stateFrom(model, seed);
        return cloned == null ? null : handedOver(cloned, gail.initialState(seed));
    }

    /** Clones the window. */
    @Override
    public Update begin(LearnerState state, List<Trajectory> demonstrations, List<Trajectory> replay, long seed) {
        return begin(state, demonstrations, replay, List.of(), seed);
    }

    @Override
    public Update begin(
            LearnerState state,
            List<Trajectory> demonstrations,
            List<Trajectory> replay,
            List<Rollout> recorded,
            long seed) {
        LearnerState cloned = GailWithCloning.cloned(state);
        LearnerState imitated = GailWithCloning.imitated(state);
        boolean isCloning = cloned.counter(GailUpdate.OPEN) != 0;
        if (!isCloning && !recorded.isEmpty() && cloned.counter(UPDATES) > 0) {
            OffPolicyUpdate update = gail.begin(imitated, demonstrations, replay, recorded, offPolicy, seed);
            if (imitated.counter(GailUpdate.OPEN) != 0 || update.isNear()) {
                return new Joined(update, done -> GailWithCloning.joined(cloned, done));
            }
        }
        LearnerState from = isCloning ? cloned : GailWithCloning.handedBack(cloned, imitated);
        return new Joined(cloning.begin(from, demonstrations, replay, seed), done -> handedOver(done, imitated));
    }

    /** Returns both memories as one, GAIL's with the policy as it was cloned. */
    private static LearnerState handedOver(LearnerState cloned, LearnerState imitated) {
        SortedMap<String, double[]> statistics = new TreeMap<>(imitated.statistics());
        statistics.put(PolicyImprovement.SCALER, cloned.statistic(GailWithCloning.CLONING_SCALER));
        return GailWithCloning.joined(
                cloned,
                GailWithCloning.with(
                        imitated.vectors(),
                        PolicyImprovement.THETA,
                        cloned.vector(GailWithCloning.CLONING_THETA),
                        statistics,
                        imitated.counters()));
    }

    /** An update of one of the learners, with the memory of both. */
    private record Joined(Update update, UnaryOperator<LearnerState> join) implements Update {
        @Override
        public boolean step() {
            return update.step();
        }

        @Override
        public double progress() {
            return update.progress();
        }

        @Override
        public LearnerState state() {
            return join.apply(update.state());
        }

        @Override
        public TrainingReport report() {
            return update.report();
        }

        @Override
        public void close() {
            update.close();
        }
    }

    @Override
    public byte[] export(LearnerState state) {
        return gail.export(GailWithCloning.imitated(state));
    }

    @Override
    public void close() {
        cloning.close();
        gail.close();
    }
}
