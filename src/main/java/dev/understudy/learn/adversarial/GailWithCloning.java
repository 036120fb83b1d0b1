package dev.understudy.learn.adversarial;

import dev.understudy.data.Trajectory;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.network.ParameterLayout;
import dev.understudy.policy.StochasticPolicy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@link Gail} and {@link BehaviouralCloning} on one policy, by turns: the policy is cloned; then, for some rounds, it
 * practises some iterations against the discriminator and is cloned a little more. GAIL makes the policy's states and
 * actions as frequent as the expert's; cloning holds it to what this expert did here.
 *
 * <p>Departures from Algorithm 1, which starts at random and knows nothing but the discriminator: the policy is cloned
 * first; cloning after every few iterations; and the policy that comes out is the mean of its weights after each of the
 * later half of the rounds (Izmailov et al., 2018, arXiv:1803.05407, eq. 1).
 *
 * <p>The memory holds both learners' under names of their own. Weights go from one to the other and back. What
 * observations are standardised by comes from cloning and does not change within an update. The deviation begins each
 * update at {@code deviation} and is then GAIL's alone: cloning's is its one-step error, not what is good to explore
 * with. Value function, discriminator, all moments and statistics go on from window to window.
 */
public final class GailWithCloning implements Learner {
    /** Rounds of an update in car following. */
    public static final int ROUNDS = 10;

    /** Standard deviation that exploration begins with in car following, m/s^2. */
    public static final double DEVIATION = 0.05;

    static final String CLONING = "cloning.";
    static final String ROUND = "round.";
    static final String CLONING_THETA = "theta";
    static final String CLONING_SCALER = "scaler";
    private static final String LOG_STD = "logStd";

    private final StochasticPolicy policy;
    private final BehaviouralCloning first;
    private final BehaviouralCloning again;
    private final Gail gail;
    private final int rounds;
    private final double deviation;

    /**
     * Joins learners of one policy, which become this learner's to close.
     *
     * @param first clones at the start of an update
     * @param again clones at the end of each round
     * @param gail runs the iterations of one round
     * @param rounds of an update, at least 1
     * @param deviation standard deviation that exploration begins with, in the action's unit; above 0
     */
    public GailWithCloning(
            StochasticPolicy policy,
            BehaviouralCloning first,
            BehaviouralCloning again,
            Gail gail,
            int rounds,
            double deviation) {
        if (rounds < 1 || !(deviation > 0)) {
            throw new IllegalArgumentException(
                    "expected rounds >= 1 and deviation > 0, got rounds=%d deviation=%s".formatted(rounds, deviation));
        }
        this.policy = policy;
        this.first = first;
        this.again = again;
        this.gail = gail;
        this.rounds = rounds;
        this.deviation = deviation;
    }

    int rounds() {
        return rounds;
    }

    @Override
    public LearnerState initialState(long seed) {
        return joined(first.initialState(seed), gail.initialState(seed));
    }

    @Override
    public @Nullable LearnerState stateFrom(byte[] model, long seed) {
        LearnerState cloned = first.stateFrom(model, seed);
        return cloned == null ? null : joined(cloned, gail.initialState(seed));
    }

    @Override
    public Update begin(LearnerState state, List<Trajectory> demonstrations, List<Trajectory> replay, long seed) {
        return new GailWithCloningUpdate(this, state, demonstrations, replay, seed);
    }

    /** Begins the practice of one round; also refuses what cannot be practised on. */
    Update practise(LearnerState imitated, List<Trajectory> demonstrations, List<Trajectory> replay, long seed) {
        return gail.begin(imitated, demonstrations, replay, seed);
    }

    /** Begins the cloning that comes after {@code round} rounds of practice. */
    Update clone(int round, LearnerState cloned, List<Trajectory> demonstrations, List<Trajectory> replay, long seed) {
        if (round == 0) {
            return first.begin(cloned, demonstrations, replay, seed);
        }
        // An update that is open has the window's observations in its statistics: they are not to be counted twice.
        SortedMap<String, Long> counters = new TreeMap<>(cloned.counters());
        counters.put(GailUpdate.OPEN, 1L);
        return again.begin(
                new LearnerState(cloned.vectors(), cloned.statistics(), counters), demonstrations, replay, seed);
    }

    /** Returns both memories as one, cloning's with a prefix. */
    static LearnerState joined(LearnerState cloned, LearnerState imitated) {
        SortedMap<String, float[]> vectors = new TreeMap<>(imitated.vectors());
        SortedMap<String, double[]> statistics = new TreeMap<>(imitated.statistics());
        SortedMap<String, Long> counters = new TreeMap<>(imitated.counters());
        cloned.vectors().forEach((name, value) -> vectors.put(CLONING + name, value));
        cloned.statistics().forEach((name, value) -> statistics.put(CLONING + name, value));
        cloned.counters().forEach((name, value) -> counters.put(CLONING + name, value));
        return new LearnerState(vectors, statistics, counters);
    }

    /** Returns cloning's part of a joined memory. */
    static LearnerState cloned(LearnerState state) {
        return new LearnerState(
                part(state.vectors(), true), part(state.statistics(), true), part(state.counters(), true));
    }

    /** Returns GAIL's part of a joined memory. */
    static LearnerState imitated(LearnerState state) {
        return new LearnerState(
                part(state.vectors(), false), part(state.statistics(), false), part(state.counters(), false));
    }

    private static <T> SortedMap<String, T> part(Map<String, T> values, boolean ofCloning) {
        SortedMap<String, T> part = new TreeMap<>();
        values.forEach((name, value) -> {
            if (ofCloning && name.startsWith(CLONING)) {
                part.put(name.substring(CLONING.length()), value);
            } else if (!ofCloning && !name.startsWith(CLONING) && !name.startsWith(ROUND)) {
                part.put(name, value);
            }
        });
        return part;
    }

    /** Returns GAIL's memory with the policy as it was cloned after {@code round} rounds of practice. */
    LearnerState handedOver(int round, LearnerState cloned, LearnerState imitated) {
        ParameterLayout layout = Surrogate.layout(policy);
        float[] theta = cloned.vector(CLONING_THETA).clone();
        if (layout.names().contains(LOG_STD)) {
            int from = layout.offset(LOG_STD);
            int to = from + layout.length(LOG_STD);
            if (round == 0) {
                Arrays.fill(theta, from, to, (float) Math.log(deviation));
            } else {
                System.arraycopy(imitated.vector(PolicyImprovement.THETA), from, theta, from, to - from);
            }
        }
        SortedMap<String, double[]> statistics = new TreeMap<>(imitated.statistics());
        statistics.put(PolicyImprovement.SCALER, cloned.statistic(CLONING_SCALER));
        return with(imitated.vectors(), PolicyImprovement.THETA, theta, statistics, imitated.counters());
    }

    /** Returns cloning's memory with the policy that practised. */
    static LearnerState handedBack(LearnerState cloned, LearnerState imitated) {
        float[] theta = imitated.vector(PolicyImprovement.THETA);
        return with(cloned.vectors(), CLONING_THETA, theta, cloned.statistics(), cloned.counters());
    }

    static LearnerState with(
            Map<String, float[]> vectors,
            String name,
            float[] vector,
            SortedMap<String, double[]> statistics,
            SortedMap<String, Long> counters) {
        SortedMap<String, float[]> changed = new TreeMap<>(vectors);
        changed.put(name, vector);
        return new LearnerState(changed, statistics, counters);
    }

    @Override
    public byte[] export(LearnerState state) {
        return gail.export(imitated(state));
    }

    @Override
    public void close() {
        first.close();
        again.close();
        gail.close();
    }
}
