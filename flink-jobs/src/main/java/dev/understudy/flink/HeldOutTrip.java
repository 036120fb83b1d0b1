package dev.understudy.flink;

import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.LabelledStep;
import dev.understudy.flink.serialization.Codec;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * A piece of one vehicle's driving in one held-out trip, as {@link dev.understudy.driving.HeldOutPieces} cuts it. Kept
 * as keyed state.
 */
final class HeldOutTrip {
    private final ArrayDeque<LabelledStep> steps = new ArrayDeque<>();

    /** Adds the next step. */
    void add(LabelledStep step) {
        steps.addLast(step);
    }

    /** Returns the steps from before a time, in their order. */
    List<LabelledStep> before(long timeMs) {
        List<LabelledStep> earlier = new ArrayList<>(steps.size());
        for (LabelledStep step : steps) {
            if (step.timeMs() < timeMs) {
                earlier.add(step);
            }
        }
        return earlier;
    }

    /** Returns the time of the first step, milliseconds since 1970. */
    long startMs() {
        LabelledStep first = steps.peekFirst();
        return first == null ? Long.MIN_VALUE : first.timeMs();
    }

    /** Writes and reads it. */
    public static final class Form extends Codec<HeldOutTrip> {
        private static final long serialVersionUID = 1L;

        @Override
        public Class<HeldOutTrip> type() {
            return HeldOutTrip.class;
        }

        @Override
        public boolean immutable() {
            return false;
        }

        @Override
        public void write(HeldOutTrip trip, DataOutputView out) throws IOException {
            out.writeInt(trip.steps.size());
            for (LabelledStep step : trip.steps) {
                Binary.writeStep(step, out);
            }
        }

        @Override
        public HeldOutTrip read(int version, DataInputView in) throws IOException {
            HeldOutTrip trip = new HeldOutTrip();
            for (int left = in.readInt(); left > 0; left--) {
                LabelledStep step = Binary.readStep(in);
                // Steps that another release observed tell nothing of the models of this one.
                if (step.observation().length == CarFollowing.observationSize()) {
                    trip.steps.addLast(step);
                }
            }
            return trip;
        }
    }
}
