package dev.understudy.learn.adversarial;

import dev.understudy.data.Trajectory;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.network.ParameterLayout;
import dev.understudy.policy.StochasticPolicy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@link Gail} whose every update begins with {@link BehaviouralCloning}: the policy is cloned from where it is, then
 * practises against the discriminator. A departure from Algorithm 1, which starts at random; the first adversarial
 * iterations are then spent near the expert.
 *
 * <p>The memory holds both learners' under names of their own. Cloning hands over the policy's weights and what its
 * observations are standardised by; the policy's deviation begins each time at {@code deviation}, because cloning's is
 * its one-step error and not what is good to explore with. Value function, discriminator, all moments and statistics go
 * on from window to window.
 */
public final class GailAfterCloning implements Learner {
    /** Standard deviation that exploration begins with in car following, m/s^2. */
    public static final double DEVIATION = 0.1;

    private static final String CLONING = "cloning.";
    private static final String CLONED = "cloned.";
    private static final String CLONING_THETA = "theta";
    private static final String CLONING_SCALER = "scaler";
    private static final String LOG_STD = "logStd";
    private static final String DIVERGED = "diverged";

    /** Share of an update's work that is cloning, roughly. */
    private static final double CLONING_SHARE = 0.3;

    private final StochasticPolicy policy;
    private final BehaviouralCloning cloning;
    private final Gail gail;
    private final double deviation;

    /**
     * Joins two learners of one policy, which become this learner's to close.
     *
     * @param deviation standard deviation that exploration begins with, in the action's unit; above 0
     */
    public GailAfterCloning(StochasticPolicy policy, BehaviouralCloning cloning, Gail gail, double deviation) {
        if (!(deviation > 0)) {
            throw new IllegalArgumentException("expected a deviation above 0, got " + deviation);
        }
        this.policy = policy;
        this.cloning = cloning;
        this.gail = gail;
        this.deviation = deviation;
    }

    @Override
    public LearnerState initialState(long seed) {
        return joined(cloning.initialState(seed), gail.initialState(seed), Map.of());
    }

    /**
     * Returns both memories as one, cloning's with a prefix.
     *
     * @param figures what cloning did, if it is done and the rest of the update is not
     */
    private static LearnerState joined(LearnerState cloned, LearnerState imitated, Map<String, Double> figures) {
        SortedMap<String, float[]> vectors = new TreeMap<>(imitated.vectors());
        SortedMap<String, double[]> statistics = new TreeMap<>(imitated.statistics());
        SortedMap<String, Long> counters = new TreeMap<>(imitated.counters());
        cloned.vectors().forEach((name, value) -> vectors.put(CLONING + name, value));
        cloned.statistics().forEach((name, value) -> statistics.put(CLONING + name, value));
        cloned.counters().forEach((name, value) -> counters.put(CLONING + name, value));
        figures.forEach((name, value) -> statistics.put(CLONED + name, new double[] {value}));
        counters.put(CLONED, figures.isEmpty() ? 0L : 1L);
        return new LearnerState(vectors, statistics, counters);
    }

    /** Returns one of the joined memories: cloning's, or the rest. */
    private static LearnerState part(LearnerState state, boolean ofCloning) {
        return new LearnerState(
                part(state.vectors(), ofCloning),
                part(state.statistics(), ofCloning),
                part(state.counters(), ofCloning));
    }

    private static <T> SortedMap<String, T> part(Map<String, T> values, boolean ofCloning) {
        SortedMap<String, T> part = new TreeMap<>();
        values.forEach((name, value) -> {
            if (name.startsWith(CLONING) && ofCloning) {
                part.put(name.substring(CLONING.length()), value);
            } else if (!name.startsWith(CLONING) && !ofCloning && !name.startsWith(CLONED)) {
                part.put(name, value);
            }
        });
        return part;
    }

    @Override
    public Update begin(LearnerState state, List<Trajectory> demonstrations, List<Trajectory> replay, long seed) {
        return new Both(state, demonstrations, replay, seed);
    }

    /** Returns Gail's memory with the policy that was cloned. */
    private LearnerState handedOver(LearnerState cloned, LearnerState imitated) {
        ParameterLayout layout = Surrogate.layout(policy);
        float[] theta = cloned.vector(CLONING_THETA).clone();
        if (layout.names().contains(LOG_STD)) {
            int from = layout.offset(LOG_STD);
            Arrays.fill(theta, from, from + layout.length(LOG_STD), (float) Math.log(deviation));
        }
        SortedMap<String, float[]> vectors = new TreeMap<>(imitated.vectors());
        vectors.put(PolicyImprovement.THETA, theta);
        SortedMap<String, double[]> statistics = new TreeMap<>(imitated.statistics());
        statistics.put(PolicyImprovement.SCALER, cloned.statistic(CLONING_SCALER));
        return new LearnerState(vectors, statistics, imitated.counters());
    }

    /** Returns cloning's memory with the policy that practised, to clone from there on the next window. */
    private static LearnerState handedBack(LearnerState cloned, LearnerState imitated) {
        SortedMap<String, float[]> vectors = new TreeMap<>(cloned.vectors());
        vectors.put(CLONING_THETA, imitated.vector(PolicyImprovement.THETA));
        return new LearnerState(vectors, cloned.statistics(), cloned.counters());
    }

    @Override
    public byte[] export(LearnerState state) {
        return gail.export(part(state, false));
    }

    @Override
    public void close() {
        cloning.close();
        gail.close();
    }

    /** Cloning's update, then GAIL's. */
    private final class Both implements Update {
        private final List<Trajectory> demonstrations;
        private final List<Trajectory> replay;
        private final long seed;
        private final SortedMap<String, Double> clonedFigures = new TreeMap<>();
        private LearnerState cloned;
        private LearnerState imitated;
        private @Nullable Update first;
        private @Nullable Update second;

        Both(LearnerState state, List<Trajectory> demonstrations, List<Trajectory> replay, long seed) {
            this.demonstrations = demonstrations;
            this.replay = replay;
            this.seed = seed;
            this.cloned = part(state, true);
            this.imitated = part(state, false);
            Update imitating = gail.begin(imitated, demonstrations, replay, seed); // refuses now what it would later
            if (state.counter(CLONED) == 0) {
                first = cloning.begin(cloned, demonstrations, replay, seed);
            } else {
                second = imitating;
                state.statistics().forEach((name, value) -> {
                    if (name.startsWith(CLONED)) {
                        clonedFigures.put(name.substring(CLONED.length()), value[0]);
                    }
                });
            }
        }

        @Override
        public boolean step() {
            Update update = second;
            if (update != null) {
                return update.step();
            }
            update = Objects.requireNonNull(first);
            if (!update.step()) {
                cloned = update.state();
                imitated = handedOver(cloned, imitated);
                update.report().figures().forEach((name, value) -> clonedFigures.put(CLONING + name, value));
                update.close();
                first = null;
                second = gail.begin(imitated, demonstrations, replay, seed);
            }
            return true;
        }

        @Override
        public double progress() {
            Update imitating = second;
            return imitating == null
                    ? CLONING_SHARE * Objects.requireNonNull(first).progress()
                    : CLONING_SHARE + (1 - CLONING_SHARE) * imitating.progress();
        }

        @Override
        public LearnerState state() {
            Update imitating = second;
            if (imitating == null) {
                return joined(Objects.requireNonNull(first).state(), imitated, Map.of());
            }
            LearnerState now = imitating.state();
            boolean open = now.counter(GailUpdate.OPEN) != 0;
            return joined(handedBack(cloned, now), now, open ? clonedFigures : Map.of());
        }

        /** What GAIL did, and under {@code cloning.} what cloning did. */
        @Override
        public TrainingReport report() {
            SortedMap<String, Double> figures = new TreeMap<>(clonedFigures);
            double diverged = figures.getOrDefault(CLONING + DIVERGED, 0.0);
            Update imitating = second;
            if (imitating != null) {
                figures.putAll(imitating.report().figures());
                diverged = Math.max(diverged, figures.getOrDefault(DIVERGED, 0.0));
            }
            figures.put(DIVERGED, diverged);
            return new TrainingReport(figures);
        }

        @Override
        public void close() {
            if (first != null) {
                first.close();
            }
            if (second != null) {
                second.close();
            }
        }
    }
}
