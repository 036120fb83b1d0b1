package dev.understudy.dialogue;

import dev.understudy.data.Rows;
import dev.understudy.environment.ActionSpace;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ServedPolicy;
import org.jspecify.annotations.Nullable;

/**
 * What policies have in common that answer the newest turns of a conversation, {@code [rows, DialogueContext.BYTES]}
 * bytes, with a text. Rows of numbers are rows of bytes to them.
 */
abstract class TextPolicy implements ServedPolicy {
    /** What answers are written as. */
    final ActionSpace.Text texts;

    TextPolicy(ActionSpace.Text texts) {
        this.texts = texts;
    }

    @Override
    public final int observationSize() {
        return DialogueContext.BYTES;
    }

    @Override
    public final int actionSize() {
        return texts.size();
    }

    @Override
    public abstract void act(Rows observations, int rows, float[] actions);

    @Override
    public final void act(float[] observations, int rows, float[] actions) {
        act(DialogueContext.bytes(observations, rows), rows, actions);
    }

    @Override
    public final void answer(Rows observations, int rows, LoadedPolicy.Answer answer) {
        float @Nullable [] actions = answer.actions();
        if (actions != null) {
            act(observations, rows, actions);
        }
    }

    @Override
    public abstract void logProbabilities(Rows observations, float[] actions, int rows, double[] result);

    @Override
    public final void logProbabilities(float[] observations, float[] actions, int rows, double[] result) {
        logProbabilities(DialogueContext.bytes(observations, rows), actions, rows, result);
    }
}
