package dev.understudy.dialogue;

import dev.understudy.domain.Envelope;
import dev.understudy.environment.ActionSpace;
import org.jspecify.annotations.Nullable;

/**
 * The last step after any policy of acts: what is no list of acts is replaced by none.
 *
 * @param texts what acts are written as
 */
record ActsEnvelope(ActionSpace.Text texts) implements Envelope<Turn> {
    private static final String ACT = "[^|\\p{Cntrl}]+\\|[^|\\p{Cntrl}]+\\|[^|\\p{Cntrl}]*";

    @Override
    public @Nullable String judge(Turn turn, float[] action, float[] previous, long millisSincePrevious) {
        boolean isText = texts.contains(action, 0);
        if (isText && Acts.split(texts.read(action, 0)).stream().allMatch(act -> act.matches(ACT))) {
            return null;
        }
        fallback(turn, action);
        return isText
                ? "expected acts as domain|act|slot, got something else"
                : "expected acts, got numbers that are no text";
    }

    @Override
    public void fallback(Turn turn, float[] action) {
        texts.write("", action, 0);
    }
}
