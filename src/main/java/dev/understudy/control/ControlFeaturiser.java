package dev.understudy.control;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one entity to make its observations: the newest steps of its episode. The same class in
 * training, serving and closed loop; for one thread at a time.
 *
 * <p>An observation is the newest {@code frames} steps, the oldest first. At the beginning of an episode, and after a
 * hole in the sequence numbers, the first step stands for those before it.
 */
public final class ControlFeaturiser {
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

    /**
     * The memory that {@link #toBytes} wrote.
     *
     * @throws IllegalArgumentException if it is of another format or another task
     */
    public ControlFeaturiser(ControlTask task, byte[] saved) {
        this(task);
        ByteBuffer in = ByteBuffer.wrap(saved);
        int fixed = 2 + 2 * Long.BYTES + Float.BYTES * frames.length;
        if (saved.length < fixed || in.get() != FORMAT) {
            throw new IllegalArgumentException(
                    "expected a memory of %s of format %d and at least %d bytes, got %d bytes"
                            .formatted(task.name(), FORMAT, fixed, saved.length));
        }
        isOver = in.get() != 0;
        sequence = in.getLong();
        timeMs = in.getLong();
        for (int i = 0; i < frames.length; i++) {
            frames[i] = in.getFloat();
        }
        episode = new String(saved, fixed, saved.length - fixed, StandardCharsets.UTF_8);
    }

    /**
     * Checks a step, remembers it and writes the observation. A step that is refused is not remembered.
     *
     * @param expert whether an expert acts; does not matter here
     * @param observations receives {@code [frames * n]} from {@code offset} on
     * @return why no policy may be asked, null if one may
     */
    public @Nullable ControlRefusal observe(ControlStep step, boolean expert, float[] observations, int offset) {
        ControlRefusal refusal = check.check(step);
        if (refusal != null) {
            return refusal;
        }
        boolean isSameEpisode = sequence >= 0 && step.episode().equals(episode);
        if (isSameEpisode && (step.sequence() <= sequence || step.timeMs() <= timeMs)) {
            return ControlRefusal.OUT_OF_STEP;
        }
        if (isSameEpisode && isOver) {
            return ControlRefusal.AFTER_END;
        }
        remember(step, isSameEpisode && step.sequence() == sequence + 1);
        System.arraycopy(frames, 0, observations, offset, frames.length);
        return null;
    }

    private void remember(ControlStep step, boolean goesOn) {
        float[] newest = step.observation();
        if (goesOn) {
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

    /** Returns a memory of its own that goes on from here. */
    public ControlFeaturiser copy() {
        return new ControlFeaturiser(check.task(), toBytes());
    }

    /** Returns the memory as bytes; equal memories give equal bytes. */
    public byte[] toBytes() {
        byte[] name = episode.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(2 + 2 * Long.BYTES + Float.BYTES * frames.length + name.length);
        out.put(FORMAT).put((byte) (isOver ? 1 : 0)).putLong(sequence).putLong(timeMs);
        for (float value : frames) {
            out.putFloat(value);
        }
        return out.put(name).array();
    }

    @Override
    public String toString() {
        return "ControlFeaturiser[" + episode + "#" + sequence + ": " + Arrays.toString(frames) + "]";
    }
}
