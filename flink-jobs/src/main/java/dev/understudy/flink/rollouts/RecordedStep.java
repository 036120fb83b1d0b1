package dev.understudy.flink.rollouts;

import dev.understudy.flink.serialization.Codec;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.schemas.RolloutStep;
import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * A rollout and where it was.
 *
 * @param step what the policy saw and did
 * @param partition partition of the topic of rollouts
 * @param offset offset there
 * @param clockMs what the watermark of the logs was when its turn came
 */
public record RecordedStep(RolloutStep step, int partition, long offset, long clockMs) {
    /** How it is written. */
    public static final Codec<RecordedStep> CODEC = new Form();

    /** Returns the name of the policy. */
    public String policy() {
        return step.policy();
    }

    /** Writes and reads it. */
    public static final class Form extends Codec<RecordedStep> {
        private static final long serialVersionUID = 1L;

        @Override
        public Class<RecordedStep> type() {
            return RecordedStep.class;
        }

        @Override
        public void write(RecordedStep recorded, DataOutputView out) throws IOException {
            Codecs.ROLLOUT.write(recorded.step, out);
            out.writeInt(recorded.partition);
            out.writeLong(recorded.offset);
            out.writeLong(recorded.clockMs);
        }

        @Override
        public RecordedStep read(int version, DataInputView in) throws IOException {
            return new RecordedStep(
                    Codecs.ROLLOUT.read(Codecs.ROLLOUT.version(), in), in.readInt(), in.readLong(), in.readLong());
        }
    }
}
