package dev.understudy.control;

import dev.understudy.environment.ActionSpace;
import dev.understudy.environment.Task;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * What a task of control is: what one step observes and what can be done.
 *
 * @param name such as {@code cartpole-v0}
 * @param observationNames what each number of a step's observation is, at least one
 * @param actions what can be done
 * @param frames how many of the newest observations of an episode a policy sees, 1 for the newest alone
 * @param neutral what is done where no policy's action can be: every number of an action, or the index of the choice
 */
public record ControlTask(String name, List<String> observationNames, ActionSpace actions, int frames, float neutral)
        implements Serializable {
    /** Most observations that a policy may see at once. */
    public static final int MOST_FRAMES = 64;

    /** Rises whenever {@link ControlFeaturiser} computes another number for the same input. */
    private static final int FEATURISER_VERSION = 1;

    public ControlTask {
        observationNames = List.copyOf(observationNames);
        if (name.isBlank() || observationNames.isEmpty()) {
            throw new IllegalArgumentException("expected a name and at least one number to observe, got '%s' %s"
                    .formatted(name, observationNames));
        }
        if (frames < 1 || frames > MOST_FRAMES) {
            throw new IllegalArgumentException(
                    "expected 1 to %d frames of %s, got %d".formatted(MOST_FRAMES, name, frames));
        }
        float[] action = new float[actions.size()];
        Arrays.fill(action, neutral);
        if (!actions.contains(action, 0)) {
            throw new IllegalArgumentException(
                    "expected a neutral action of %s in %s, got %s".formatted(name, actions, neutral));
        }
    }

    /**
     * Returns a built-in environment as a task. Its neutral action is to push with nothing, where that is one of the
     * actions: 0 for numbers, the middle choice of an odd number of choices; otherwise the first choice.
     */
    public static ControlTask of(Task task) {
        int choices = task.actions() instanceof ActionSpace.Discrete discrete ? discrete.count() : 0;
        int neutral = choices % 2 == 1 ? choices / 2 : 0;
        return new ControlTask(task.name(), task.observationNames(), task.actions(), 1, neutral);
    }

    /** Returns the number of values that one step observes. */
    public int stepSize() {
        return observationNames.size();
    }

    /** Returns n, the length of what a policy observes. */
    public int observationSize() {
        return frames * stepSize();
    }

    /**
     * Returns 16 hexadecimal digits that change whenever observations or actions change their meaning: the start of the
     * SHA-256 of the names, the action space, the frames and the featuriser's version. The neutral action is not part
     * of it: no policy sees it.
     */
    public String fingerprint() {
        String text = String.join("\n", observationNames) + "\nframes " + frames + "\naction " + actions + "\nversion "
                + FEATURISER_VERSION;
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
