package dev.understudy.dialogue;

import dev.understudy.domain.Labeller;
import dev.understudy.environment.ActionSpace;
import java.util.List;

/**
 * The expert's reply to a turn: the text of the turn after it, if that is to be imitated and on the other side.
 *
 * @param replies what replies are written as
 */
record NextTurn(ActionSpace.Text replies) implements Labeller<Turn> {
    @Override
    public int reach() {
        return 1;
    }

    @Override
    public int before() {
        return 0;
    }

    @Override
    public Label label(List<Turn> steps, int centre, float[] action) {
        Turn next = steps.get(centre + 1);
        if (!next.isDemonstration()
                || next.role() != DialogueContext.replying(steps.get(centre).role())) {
            return Label.NOT_WANTED;
        }
        replies.write(next.text(), action, 0);
        return Label.GIVEN;
    }
}
