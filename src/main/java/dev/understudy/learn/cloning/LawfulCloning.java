package dev.understudy.learn.cloning;

import dev.understudy.data.Trajectory;
import dev.understudy.graph.ElementType;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import dev.understudy.network.Activation;
import dev.understudy.policy.GaussianPolicy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Behavioural cloning of numbers of any unit: a linear law that is solved for ({@link LinearLaw}), and a network that
 * is cloned on what the law leaves over. So a policy is never worse than the best linear one by more than its
 * validation can tell, and needs no scaling of actions.
 *
 * <p>The law of each update counts everything that was ever learned from; older trajectories are rehearsed with what
 * the newest law leaves of them. Losses are in nats of what is left over, in its deviations.
 */
public final class LawfulCloning implements Learner {
    private static final String MOMENTS = "law.moments";

    /** Beyond this many deviations nothing that is left over is real. */
    private static final float FARTHEST = 1e4f;

    private static final List<Integer> HIDDEN = List.of(64, 64);

    private final int n;
    private final float[] low;
    private final float[] high;
    private final BehaviouralCloning cloning;

    /**
     * Creates a learner.
     *
     * @param observationSize n
     * @param low smallest of each number of an action, {@code [k]}
     * @param high largest of each
     */
    public LawfulCloning(int observationSize, float[] low, float[] high, BehaviouralCloningConfig config) {
        n = observationSize;
        this.low = low.clone();
        this.high = high.clone();
        cloning = new BehaviouralCloning(
                new GaussianPolicy(
                        observationSize,
                        low.length,
                        HIDDEN,
                        Activation.TANH,
                        GaussianPolicy.Deviation.STATE_INDEPENDENT,
                        GaussianPolicy.Bounds.CLIPPED,
                        -FARTHEST,
                        FARTHEST),
                config);
    }

    /** Returns the settings of cloning that whole trajectories are held back for, with a longer training. */
    public static BehaviouralCloningConfig config() {
        return BehaviouralCloningConfig.defaults();
    }

    @Override
    public LearnerState initialState(long seed) {
        return with(cloning.initialState(seed), LinearLaw.noMoments(n, low.length));
    }

    private static LearnerState with(LearnerState state, double[] moments) {
        SortedMap<String, double[]> statistics = new TreeMap<>(state.statistics());
        statistics.put(MOMENTS, moments);
        return new LearnerState(state.vectors(), statistics, state.counters());
    }

    @Override
    public @Nullable LearnerState stateFrom(byte[] model, long seed) {
        return null; // the sums behind a law do not stand in a model
    }

    @Override
    public Update begin(LearnerState state, List<Trajectory> demonstrations, List<Trajectory> replay, long seed) {
        boolean isNew = state.counter(CloningUpdate.OPEN) == 0;
        double[] moments = isNew
                ? LinearLaw.merge(state.statistic(MOMENTS), demonstrations, n, low.length)
                : state.statistic(MOMENTS);
        if (moments[0] == 0) {
            throw new IllegalArgumentException("expected at least one demonstrated step, got none");
        }
        LinearLaw law = LinearLaw.of(moments, n, low.length);
        return new Lawful(
                cloning.begin(
                        state,
                        demonstrations.stream().map(law::leftOver).toList(),
                        replay.stream().map(law::leftOver).toList(),
                        seed),
                moments);
    }

    /** Cloning of what is left over, which remembers the sums behind the law too. */
    private record Lawful(Update update, double[] moments) implements Update {
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
            return with(update.state(), moments);
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
        int k = low.length;
        Graph graph = new Graph();
        Tensor observation = graph.input("observation", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, n));
        List<Tensor> left = cloning.distribution(state, graph, observation).parameters();
        double[] moments = state.statistic(MOMENTS);
        LinearLaw law = LinearLaw.of(moments[0] == 0 ? unseen() : moments, n, k);
        Tensor mean = law.action(graph, observation, left.get(0));
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        outputs.put("action", mean.max(graph.constant(low, Shape.of(k))).min(graph.constant(high, Shape.of(k))));
        outputs.put("mode", mean);
        outputs.put("mean", mean);
        outputs.put("logStd", left.get(1).add(graph.constant(law.logDeviation(), Shape.of(k))));
        return graph.toModel(outputs);
    }

    /** Sums from which the law follows that everything is done in the middle of its range. */
    private double[] unseen() {
        int k = low.length;
        double[] moments = LinearLaw.noMoments(n, k);
        moments[0] = 1;
        for (int i = 0; i < k; i++) {
            double half = (high[i] - low[i]) / 2;
            moments[1 + n + i] = low[i] + half;
            moments[1 + n + k + (n + i) * (n + k) + n + i] = half * half;
        }
        return moments;
    }

    @Override
    public void close() {
        cloning.close();
    }
}
