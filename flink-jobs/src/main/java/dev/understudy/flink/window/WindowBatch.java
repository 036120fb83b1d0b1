package dev.understudy.flink.window;

import dev.understudy.data.Texts;
import dev.understudy.data.Trajectory;
import dev.understudy.data.TrajectoryBytes;
import dev.understudy.flink.serialization.Codec;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.schemas.RolloutStep;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * The demonstrations of one window of one policy. The same records give the same batch, in whatever order they came.
 *
 * @param policy name of the policy
 * @param startMs start of the window in event time, inclusive, milliseconds since 1970
 * @param endMs end of the window, exclusive
 * @param closedAtMs wall clock when the watermark passed the end
 * @param freshFromMs start of the window's last slide: what came before it was in the window before
 * @param freshSteps how many steps are in no window before it: those of its last slide, and those that came too late
 *     for the windows before
 * @param lateSteps how many of these came too late for all windows of their own time
 * @param trajectories the steps, by episode, entity and time; not empty
 * @param sourceRanges where they and the rollouts come from, each as {@code topic-partition@from-to}
 * @param rollouts what versions of the policy did, in the order of their turns; empty where nobody learns from it
 */
public record WindowBatch(
        String policy,
        long startMs,
        long endMs,
        long closedAtMs,
        long freshFromMs,
        int freshSteps,
        int lateSteps,
        List<Trajectory> trajectories,
        List<String> sourceRanges,
        List<RolloutStep> rollouts) {
    /** How it is written. */
    public static final Codec<WindowBatch> CODEC = new Form();

    public WindowBatch {
        trajectories = List.copyOf(trajectories);
        sourceRanges = List.copyOf(sourceRanges);
        rollouts = List.copyOf(rollouts);
        if (trajectories.isEmpty()) {
            throw new IllegalArgumentException(
                    "expected at least one trajectory in window [%d, %d), got none".formatted(startMs, endMs));
        }
    }

    /** Creates a batch without late steps or rollouts. */
    public WindowBatch(
            String policy,
            long startMs,
            long endMs,
            long closedAtMs,
            long freshFromMs,
            int freshSteps,
            List<Trajectory> trajectories,
            List<String> sourceRanges) {
        this(policy, startMs, endMs, closedAtMs, freshFromMs, freshSteps, 0, trajectories, sourceRanges, List.of());
    }

    /** Returns this batch with rollouts beside it. */
    public WindowBatch with(List<RolloutStep> recorded, List<String> theirRanges) {
        List<String> ranges = new ArrayList<>(sourceRanges);
        ranges.addAll(theirRanges);
        return new WindowBatch(
                policy, startMs, endMs, closedAtMs, freshFromMs, freshSteps, lateSteps, trajectories, ranges, recorded);
    }

    /** Returns this batch with these of its steps alone. */
    public WindowBatch of(List<Trajectory> some) {
        return new WindowBatch(
                policy, startMs, endMs, closedAtMs, freshFromMs, freshSteps, lateSteps, some, sourceRanges, rollouts);
    }

    /** Returns the number of steps. */
    public int steps() {
        return trajectories.stream().mapToInt(Trajectory::steps).sum();
    }

    /** Writes and reads it. */
    public static final class Form extends Codec<WindowBatch> {
        private static final long serialVersionUID = 1L;
        private static final int LATE_SINCE = 2;
        private static final int ROLLOUTS_SINCE = 3;

        @Override
        public Class<WindowBatch> type() {
            return WindowBatch.class;
        }

        @Override
        public int version() {
            return ROLLOUTS_SINCE;
        }

        @Override
        public void write(WindowBatch batch, DataOutputView out) throws IOException {
            Texts.write(batch.policy, out);
            out.writeLong(batch.startMs);
            out.writeLong(batch.endMs);
            out.writeLong(batch.closedAtMs);
            out.writeLong(batch.freshFromMs);
            out.writeInt(batch.freshSteps);
            out.writeInt(batch.lateSteps);
            out.writeInt(batch.trajectories.size());
            for (Trajectory trajectory : batch.trajectories) {
                TrajectoryBytes.write(out, trajectory);
            }
            out.writeInt(batch.sourceRanges.size());
            for (String range : batch.sourceRanges) {
                Texts.write(range, out);
            }
            out.writeInt(batch.rollouts.size());
            for (RolloutStep step : batch.rollouts) {
                Codecs.ROLLOUT.write(step, out);
            }
        }

        @Override
        public WindowBatch read(int version, DataInputView in) throws IOException {
            String policy = Texts.read(in);
            long startMs = in.readLong();
            long endMs = in.readLong();
            long closedAtMs = in.readLong();
            long freshFromMs = in.readLong();
            int freshSteps = in.readInt();
            int lateSteps = version < LATE_SINCE ? 0 : in.readInt();
            List<Trajectory> trajectories = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                trajectories.add(TrajectoryBytes.read(in));
            }
            List<String> ranges = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                ranges.add(Texts.read(in));
            }
            List<RolloutStep> rollouts = new ArrayList<>();
            for (int left = version < ROLLOUTS_SINCE ? 0 : in.readInt(); left > 0; left--) {
                rollouts.add(Codecs.ROLLOUT.read(Codecs.ROLLOUT.version(), in));
            }
            return new WindowBatch(
                    policy,
                    startMs,
                    endMs,
                    closedAtMs,
                    freshFromMs,
                    freshSteps,
                    lateSteps,
                    trajectories,
                    ranges,
                    rollouts);
        }
    }
}
