package dev.understudy.learn;

import dev.understudy.data.Trajectory;
import dev.understudy.environment.Rollout;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An algorithm that learns a policy. It knows no clock, topic or logger; its whole memory is a {@link LearnerState}.
 * The same state, demonstrations, replay and seed give the same bytes.
 *
 * <p>A learner is used by one thread and has one update under way at a time: it may keep compiled programs between
 * updates, which hold nothing of what it learned.
 */
public interface Learner extends AutoCloseable {
    /** Returns the memory of a learner that has seen nothing yet. */
    LearnerState initialState(long seed);

    /**
     * Returns the memory of a learner that goes on from the policy of another, whose own memory is not at hand; null
     * from a learner that cannot, or to which that model means nothing.
     *
     * @param model ONNX bytes, as {@link #export} wrote them, with or without metadata
     */
    default @Nullable LearnerState stateFrom(byte[] model, long seed) {
        return null;
    }

    /**
     * Begins an update on one window, or continues it if {@code state} was taken in the middle of one. To continue, the
     * other arguments must be those that the update was begun with.
     *
     * @param demonstrations the window's trajectories; not empty
     * @param replay older trajectories rehearsed beside them; may be empty
     * @param seed what every draw of this update follows from
     */
    Update begin(LearnerState state, List<Trajectory> demonstrations, List<Trajectory> replay, long seed);

    /**
     * Begins or continues an update, with what earlier versions of the policy did; a learner that does not learn from
     * it leaves it.
     *
     * @param recorded rollouts with the densities their actions were drawn with, one for each version; may be empty
     */
    default Update begin(
            LearnerState state,
            List<Trajectory> demonstrations,
            List<Trajectory> replay,
            List<Rollout> recorded,
            long seed) {
        return begin(state, demonstrations, replay, seed);
    }

    /**
     * Returns the policy as ONNX bytes without metadata: input {@code observation} float32 or uint8 {@code [batch, n]};
     * outputs {@code action}, {@code mode}, and the parameters of the distribution.
     */
    byte[] export(LearnerState state);

    /** Returns those steps of a window that are imitated; others, if there are any, teach it something else. */
    default List<Trajectory> imitated(List<Trajectory> demonstrations) {
        return demonstrations;
    }

    /** Returns whether it rehearses older trajectories; where it does not, none need to be kept for it. */
    default boolean rehearses() {
        return true;
    }

    /** Returns what the metadata of a model must say of its policy besides: by key; mostly nothing. */
    default SortedMap<String, String> metadata(LearnerState state) {
        return new TreeMap<>();
    }

    /** Frees what the learner compiled. A learner without native memory has nothing to free. */
    @Override
    default void close() {}
}
