package dev.understudy.dialogue;

import dev.understudy.domain.Envelope;
import dev.understudy.environment.ActionSpace;
import org.jspecify.annotations.Nullable;

/**
 * The last step after any policy that replies: a reply that is no text, or has personal data in it, is replaced.
 *
 * @param replies what replies are written as
 */
record ReplyEnvelope(ActionSpace.Text replies) implements Envelope<Turn> {
    /** What is said where there is no reply. */
    static final String NOTHING_TO_SAY = "I do not know what to say.";

    @Override
    public @Nullable String judge(Turn turn, float[] action, float[] previous, long millisSincePrevious) {
        if (!replies.contains(action, 0)) {
            fallback(turn, action);
            return "expected a reply in UTF-8, got numbers that are none";
        }
        String reply = replies.read(action, 0);
        TurnRefusal refusal = TurnCheck.check(reply);
        if (refusal != null) {
            fallback(turn, action);
            return "expected a reply, got one that is " + refusal;
        }
        String masked = PersonalData.masked(reply);
        if (!masked.equals(reply)) {
            replies.write(masked, action, 0);
            return "expected a reply without personal data, got some, which was masked";
        }
        return null;
    }

    @Override
    public void fallback(Turn turn, float[] action) {
        replies.write(NOTHING_TO_SAY, action, 0);
    }
}
