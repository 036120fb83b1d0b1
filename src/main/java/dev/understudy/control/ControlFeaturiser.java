package dev.understudy.control;

import dev.understudy.data.Rows;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.Refusal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one entity to make its observations: the newest steps of its episode. The same class in
 * training, serving and closed loop; for one thread at a time.
 *
 * <p>An observation is the newest {@code frames} steps, the oldest first. At the beginning of an episode, and after a
 * hole in the sequence numbers, the first step also takes the place of those before it.
 */
public final class ControlFeaturiser implements Featuriser<ControlStep> {
    private static final byte FORMAT = 1;

    private final StepCheck check;
    private final int stepSize;
    /** The newest steps, the oldest first. */
    private final float[] frames;

    private String episode = "";
    /** Number of the last step; -1 before the first. */
    private long sequence = -1;

    private long timeMs;
    private boolean isOver;

    /** The memory of an entity that nothing is known of. */
    public ControlFeaturiser(ControlTask task) {
        check = new StepCheck(task);
        stepSize = task.stepSize();
        frames = new float[task.observationSize()];
    }

    /** Reads what {@link #write} wrote; a memory of another version or another task starts afresh. */
    public static ControlFeaturiser read(ControlTask task, ByteBuffer saved) {
        ControlFeaturiser featuriser = new ControlFeaturiser(task);
        if (saved.remaining() >= featuriser.bytes()
                && saved.get() == FORMAT
                && saved.getInt() == featuriser.frames.length) {
            featuriser.read(saved);
        }
        return featuriser;
    }

    private void read(ByteBuffer saved) {
        isOver = saved.get() != 0;
        sequence = saved.getLong();
        timeMs = saved.getLong();
        for (int i = 0; i < frames.length; i++) {
            frames[i] = saved.getFloat();
        }
        byte[] name = new byte[saved.remaining()];
        saved.get(name);
        episode = new String(name, StandardCharsets.UTF_8);
    }

    /** As the interface says; a step that is refused is not remembered, and whether an expert acts does not matter. */
    @Override
    public @Nullable Refusal observe(
            ControlStep step, boolean expert, Rows target, int row, Featuriser.Steps<ControlStep> steps) {
        ControlRefusal refusal = refusal(step);
        if (refusal != null) {
            return refusal;
        }
        if (!goesOn(step)) {
            steps.breaks();
        }
        remember(step);
        System.arraycopy(frames, 0, target.floats(), row * frames.length, frames.length);
        steps.step(step, true);
        return null;
    }

    /**
     * As the interface says. The last step is observed as it was; an earlier one as if the episode began with it,
     * because what came before is forgotten.
     */
    @Override
    public @Nullable Refusal observeAgain(ControlStep step, boolean expert, Rows target, int row) {
        ControlRefusal refusal = check.check(step);
        if (refusal == null) {
            boolean isLast = step.episode().equals(episode) && step.sequence() == sequence;
            float[] observations = target.floats();
            for (int at = 0; at < frames.length; at += stepSize) {
                System.arraycopy(
                        isLast ? frames : step.observation(),
                        isLast ? at : 0,
                        observations,
                        row * frames.length + at,
                        stepSize);
            }
        }
        return refusal;
    }

    /** Returns whether a step follows the one before without a hole, in the same episode. */
    boolean goesOn(ControlStep step) {
        return isUnderWay(step) && step.sequence() == sequence + 1;
    }

    @Override
    public void begin() {
        episode = "";
        sequence = -1;
        isOver = false;
    }

    private boolean isUnderWay(ControlStep step) {
        return sequence >= 0 && step.episode().equals(episode);
    }

    private @Nullable ControlRefusal refusal(ControlStep step) {
        ControlRefusal refusal = check.check(step);
        if (refusal != null || !isUnderWay(step)) {
            return refusal;
        }
        if (step.sequence() <= sequence || step.timeMs() <= timeMs) {
            return ControlRefusal.OUT_OF_STEP;
        }
        return isOver ? ControlRefusal.AFTER_END : null;
    }

    private void remember(ControlStep step) {
        float[] newest = step.observation();
        if (goesOn(step)) {
            System.arraycopy(frames, stepSize, frames, 0, frames.length - stepSize);
            System.arraycopy(newest, 0, frames, frames.length - stepSize, stepSize);
        } else {
            for (int at = 0; at < frames.length; at += stepSize) {
                System.arraycopy(newest, 0, frames, at, stepSize);
            }
        }
        episode = step.episode();
        sequence = step.sequence();
        timeMs = step.timeMs();
        isOver = step.end() != ControlStep.End.NONE;
    }

    @Override
    public int bytes() {
        return 2 + Integer.BYTES + 2 * Long.BYTES + Float.BYTES * frames.length + name().length;
    }

    @Override
    public void write(ByteBuffer out) {
        out.put(FORMAT).putInt(frames.length);
        out.put((byte) (isOver ? 1 : 0)).putLong(sequence).putLong(timeMs);
        for (float value : frames) {
            out.putFloat(value);
        }
        out.put(name());
    }

    private byte[] name() {
        return episode.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return "ControlFeaturiser[" + episode + "#" + sequence + ": " + Arrays.toString(frames) + "]";
    }
}
