package dev.understudy.dialogue;

import dev.understudy.data.ByteRows;
import dev.understudy.data.Rows;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.domain.Refusal;
import dev.understudy.environment.ActionSpace;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one conversation partner to make observations: the newest turns of the conversation under way,
 * never anything of a model. The same class in training and serving; for one thread at a time.
 *
 * <p>What the policy answered is a turn of the side that answers, whether or not it is logged too. A turn that is
 * missing leaves no trace. Another conversation begins afresh.
 */
public final class DialogueFeaturiser implements Featuriser<Turn> {
    private static final byte FORMAT = 1;

    private final ActionSpace.Text replies;
    private final DialogueContext context = new DialogueContext();
    private String episode = "";
    /** Number of the newest turn; -1 before the first. */
    private long sequence = -1;

    private Role role = Role.USER;
    /** What was answered to that turn; empty if nothing was. */
    private String answer = "";

    /** @param replies what answers are written as */
    public DialogueFeaturiser(ActionSpace.Text replies) {
        this.replies = replies;
    }

    /** Reads what {@link #write} wrote; a memory of another version starts afresh. */
    public static DialogueFeaturiser read(ActionSpace.Text replies, ByteBuffer saved) {
        DialogueFeaturiser featuriser = new DialogueFeaturiser(replies);
        if (saved.hasRemaining() && saved.get() == FORMAT) {
            featuriser.sequence = saved.getLong();
            Role known = Role.ofCode(saved.get());
            featuriser.role = known == null ? Role.USER : known;
            featuriser.episode = text(saved);
            featuriser.answer = text(saved);
            byte[] used = new byte[saved.getInt()];
            saved.get(used);
            featuriser.context.read(used);
        }
        return featuriser;
    }

    private static String text(ByteBuffer saved) {
        byte[] bytes = new byte[saved.getInt()];
        saved.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public @Nullable Refusal observe(Turn turn, boolean expert, Rows target, int row, Featuriser.Steps<Turn> steps) {
        TurnRefusal refusal = TurnCheck.check(turn);
        if (refusal != null) {
            return refusal;
        }
        boolean isUnderWay = sequence >= 0 && turn.episode().equals(episode);
        if (isUnderWay && turn.sequence() <= sequence) {
            return GeneralRefusal.OUT_OF_STEP;
        }
        boolean isAnswer = turn.role() == DialogueContext.replying(role); // which was logged then
        if (!isUnderWay) {
            steps.breaks();
            context.clear();
        } else if (!answer.isEmpty() && !isAnswer) {
            context.add(DialogueContext.replying(role), false, answer);
        }
        answer = "";
        episode = turn.episode();
        sequence = turn.sequence();
        role = turn.role();
        context.add(role, expert && turn.isDemonstration(), turn.text());
        context.copyTo((ByteRows) target, row);
        steps.step(turn, true);
        return null;
    }

    /**
     * As the interface says. The last turn is observed as it was; an earlier one as if the conversation began with it,
     * because what came before is forgotten.
     */
    @Override
    public @Nullable Refusal observeAgain(Turn turn, boolean expert, Rows target, int row) {
        TurnRefusal refusal = TurnCheck.check(turn);
        if (refusal == null) {
            DialogueContext seen = context;
            if (turn.sequence() != sequence || !turn.episode().equals(episode)) {
                seen = new DialogueContext();
                seen.add(turn.role(), expert && turn.isDemonstration(), turn.text());
            }
            seen.copyTo((ByteRows) target, row);
        }
        return refusal;
    }

    @Override
    public void begin() {
        episode = "";
        sequence = -1;
        answer = "";
        context.clear();
    }

    @Override
    public void acted(float[] action) {
        answer = replies.read(action, 0);
    }

    @Override
    public int bytes() {
        return 2 + Long.BYTES + 3 * Integer.BYTES + utf8(episode).length + utf8(answer).length + context.used().length;
    }

    @Override
    public void write(ByteBuffer out) {
        out.put(FORMAT).putLong(sequence).put(role.code());
        for (byte[] part : new byte[][] {utf8(episode), utf8(answer), context.used()}) {
            out.putInt(part.length).put(part);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
