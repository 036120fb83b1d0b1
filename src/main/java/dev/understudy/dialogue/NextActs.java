package dev.understudy.dialogue;

import dev.understudy.domain.Labeller;
import dev.understudy.environment.ActionSpace;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What the expert meant by the turn after one: its acts, if it is to be imitated, on the other side, and the log says
 * what was meant.
 *
 * @param texts what acts are written as; acts for which there is no room, the last by the alphabet, are left out
 */
record NextActs(ActionSpace.Text texts) implements Labeller<Turn> {
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
        SortedSet<String> acts = Acts.of(next.acts());
        if (acts.isEmpty()
                || !next.isDemonstration()
                || next.role() != DialogueContext.replying(steps.get(centre).role())) {
            return Label.NOT_WANTED;
        }
        write(acts, texts, action, 0);
        return Label.GIVEN;
    }

    /** Writes acts; those for which there is no room, the last by the alphabet, are left out. */
    static void write(SortedSet<String> acts, ActionSpace.Text texts, float[] actions, int at) {
        SortedSet<String> written = new TreeSet<>(acts);
        while (written.size() > 1 && Acts.text(written).getBytes(StandardCharsets.UTF_8).length > texts.size()) {
            written.remove(written.last());
        }
        texts.write(Acts.text(written), actions, at);
    }
}
