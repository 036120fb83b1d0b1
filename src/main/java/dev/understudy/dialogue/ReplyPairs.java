package dev.understudy.dialogue;

import dev.understudy.data.ByteRows;
import dev.understudy.data.Trajectory;
import dev.understudy.dialogue.DialogueContext.Said;
import dev.understudy.environment.ActionSpace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The contexts of a window and what was answered to each, in the order in which their conversations began. */
final class ReplyPairs {
    /** Most turns of a context that are looked at. */
    static final int MOST_TURNS = 12;

    private final List<String> texts = new ArrayList<>();
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<int[]> contexts = new ArrayList<>();
    private final Ids replies = new Ids(1024);

    /** Reads the steps of trajectories. */
    static ReplyPairs of(List<Trajectory> trajectories, ActionSpace.Text answers) {
        ReplyPairs pairs = new ReplyPairs();
        ActSteps.ordered(trajectories).forEach(trajectory -> pairs.add(trajectory, answers));
        return pairs;
    }

    private void add(Trajectory trajectory, ActionSpace.Text answers) {
        byte[] rows = ((ByteRows) trajectory.observations()).values();
        float[] actions = trajectory.actions().values();
        for (int row = 0; row < trajectory.steps(); row++) {
            String answer = answers.read(actions, row * answers.size());
            List<String> said = newestFirst(rows, row);
            if (!answer.isEmpty() && !said.isEmpty()) {
                contexts.add(said.stream().mapToInt(this::number).toArray());
                replies.add(number(answer));
            }
        }
    }

    /** Returns the newest turns of a context, at most {@link #MOST_TURNS}. */
    static List<String> newestFirst(byte[] rows, int row) {
        List<Said> said = DialogueContext.said(rows, row);
        List<String> newest = new ArrayList<>();
        for (int i = said.size() - 1; i >= 0 && newest.size() < MOST_TURNS; i--) {
            newest.add(said.get(i).text());
        }
        return newest;
    }

    private int number(String text) {
        return numbers.computeIfAbsent(text, any -> {
            texts.add(text);
            return texts.size() - 1;
        });
    }

    /** Returns how many there are. */
    int size() {
        return contexts.size();
    }

    /** Returns all different texts, by their numbers. */
    List<String> texts() {
        return texts;
    }

    /** Returns the numbers of the turns of a context, the newest first. */
    int[] context(int pair) {
        return contexts.get(pair);
    }

    /** Returns the number of what was answered. */
    int reply(int pair) {
        return replies.get(pair);
    }
}
