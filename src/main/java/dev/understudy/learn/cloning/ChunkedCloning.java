package dev.understudy.learn.cloning;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.policy.ChunkedPolicy;
import dev.understudy.policy.StochasticPolicy;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Cloning of the next actions at once: action chunking of Zhao, Kumar, Levine and Finn (2023), arXiv:2304.13705. Each
 * observation is shown with what the expert did then and in the steps after it; the loss is the mean over observations
 * of the sum over those actions.
 *
 * <p>Departures: a plain network in place of a transformer with a style variable; negative log-likelihood in place of
 * the absolute error; a step beyond the end of a trajectory repeats its last action, where the paper leaves it out.
 */
public final class ChunkedCloning implements Learner {
    private final BehaviouralCloning cloning;
    private final int length;

    /**
     * Creates the learner.
     *
     * @param single the policy over one action
     * @param length actions of a chunk, at least 1
     */
    public ChunkedCloning(StochasticPolicy single, int length, BehaviouralCloningConfig config) {
        this.cloning = new BehaviouralCloning(new ChunkedPolicy(single, length), config);
        this.length = length;
    }

    @Override
    public LearnerState initialState(long seed) {
        return cloning.initialState(seed);
    }

    @Override
    public Update begin(LearnerState state, List<Trajectory> demonstrations, List<Trajectory> replay, long seed) {
        return cloning.begin(state, chunked(demonstrations), chunked(replay), seed);
    }

    private List<Trajectory> chunked(List<Trajectory> trajectories) {
        return trajectories.stream().map(each -> chunked(each, length)).toList();
    }

    /** Returns a trajectory whose actions are chunks: that of a step, then those of the steps after it. */
    static Trajectory chunked(Trajectory trajectory, int length) {
        Matrix done = trajectory.actions();
        int k = done.columns();
        float[] chunks = new float[done.rows() * length * k];
        for (int step = 0; step < done.rows(); step++) {
            for (int ahead = 0; ahead < length; ahead++) {
                int from = Math.min(step + ahead, done.rows() - 1);
                System.arraycopy(done.values(), from * k, chunks, (step * length + ahead) * k, k);
            }
        }
        return new Trajectory(
                trajectory.trip(),
                trajectory.entity(),
                trajectory.startMs(),
                trajectory.stepMs(),
                trajectory.observations(),
                new Matrix(done.rows(), length * k, chunks));
    }

    @Override
    public byte[] export(LearnerState state) {
        return cloning.export(state);
    }

    @Override
    public SortedMap<String, String> metadata(LearnerState state) {
        SortedMap<String, String> metadata = new TreeMap<>(cloning.metadata(state));
        metadata.put(ChunkedPolicy.LENGTH, String.valueOf(length));
        return metadata;
    }

    @Override
    public void close() {
        cloning.close();
    }
}
