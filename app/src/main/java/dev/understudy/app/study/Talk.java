package dev.understudy.app.study;

import dev.understudy.data.Rows;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Envelope;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Refusal;
import dev.understudy.environment.ActionSpace;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ServedPolicy;
import org.jspecify.annotations.Nullable;

/**
 * One conversation partner with models that are loaded here: remembers what was said, and replies, by the featuriser
 * and the envelope that serving uses. For one thread.
 */
public final class Talk {
    private final PolicySpec<Turn> spec;
    private final ActionSpace.Text texts;
    private final Featuriser<Turn> featuriser;
    private final Envelope<Turn> envelope;
    private final Rows context;

    /** @param spec a policy whose actions are {@link ActionSpace.Text} */
    public Talk(PolicySpec<Turn> spec) {
        this.spec = spec;
        texts = (ActionSpace.Text) spec.actions();
        featuriser = spec.featuriser();
        envelope = spec.envelope();
        context = spec.observationType().room(1, spec.observationSize());
    }

    /** Takes note of a turn of the partner; returns why it cannot be answered, null if it can. */
    public @Nullable Refusal hear(Turn turn) {
        return featuriser.observe(turn, true, context, 0, Featuriser.Steps.none());
    }

    /**
     * Returns what a model replies to the turn that was heard last.
     *
     * @param seed what its draws follow from
     */
    public String reply(ServedPolicy policy, Turn turn, long seed) {
        float[] reply = new float[spec.actionSize()];
        policy.answer(context, 1, new long[] {seed}, new LoadedPolicy.Answer(reply, null, null, null, null));
        envelope.judge(turn, reply, reply, 0);
        return texts.read(reply, 0);
    }

    /** Takes note of what was replied to the turn that was heard last. */
    public void said(String text) {
        float[] reply = new float[spec.actionSize()];
        texts.write(text, reply, 0);
        featuriser.acted(reply);
    }
}
