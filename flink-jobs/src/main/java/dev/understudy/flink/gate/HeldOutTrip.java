package dev.understudy.flink.gate;

import dev.understudy.domain.Step;
import dev.understudy.flink.serialization.Binary;
import dev.understudy.flink.serialization.Codec;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * A piece of what one entity did in one held-out episode, as {@link dev.understudy.domain.HeldOutPieces} cuts it. Kept
 * as keyed state.
 */
public final class HeldOutTrip {
    /** How it is written. */
    public static final Codec<HeldOutTrip> CODEC = new Form();

    private final ArrayDeque<Step> steps = new ArrayDeque<>();

    /** Adds the next step. */
    public void add(Step step) {
        steps.addLast(step);
    }

    /**
     * Returns the steps from before a time, in their order; those of other observations, which another release left,
     * tell nothing of the models of this one.
     */
    public List<Step> before(long timeMs, int observationSize) {
        List<Step> earlier = new ArrayList<>(steps.size());
        for (Step step : steps) {
            if (step.timeMs() < timeMs && step.observation().columns() == observationSize) {
                earlier.add(step);
            }
        }
        return earlier;
    }

    /** Returns the time of the first step, milliseconds since 1970. */
    long startMs() {
        Step first = steps.peekFirst();
        return first == null ? Long.MIN_VALUE : first.timeMs();
    }

    /** Writes and reads it. */
    public static final class Form extends Codec<HeldOutTrip> {
        private static final long serialVersionUID = 1L;
        /** The version in which steps no longer have the sample of their domain. */
        private static final int STEPS_SINCE = 2;

        private static final int POLICY_SINCE = 3;

        @Override
        public Class<HeldOutTrip> type() {
            return HeldOutTrip.class;
        }

        @Override
        public int version() {
            return POLICY_SINCE;
        }

        @Override
        public boolean immutable() {
            return false;
        }

        @Override
        public void write(HeldOutTrip trip, DataOutputView out) throws IOException {
            out.writeInt(trip.steps.size());
            for (Step step : trip.steps) {
                Binary.writeStep(step, out);
            }
        }

        @Override
        public HeldOutTrip read(int version, DataInputView in) throws IOException {
            HeldOutTrip trip = new HeldOutTrip();
            if (version < STEPS_SINCE) {
                return trip; // of another release: it fills again
            }
            for (int left = in.readInt(); left > 0; left--) {
                trip.steps.addLast(Binary.readStep(version >= POLICY_SINCE, in));
            }
            return trip;
        }
    }
}
