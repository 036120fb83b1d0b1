package dev.understudy.dialogue;

import dev.understudy.data.ByteRows;
import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.dialogue.DialogueContext.Said;
import dev.understudy.environment.ActionSpace;
import dev.understudy.learn.sequence.TokenSequence;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Steps of conversations as the sequences of tokens that a network reads: each turn once, although the context of each
 * step repeats those before it.
 *
 * <pre>
 * context, reply                  what is read
 * [U0]           -> A1            U0 A1
 * [U0 A1 U2]     -> A3      =>    U0 A1 U2 A3
 * </pre>
 *
 * <p>Replies are imitated, and the first turn of a conversation if it is a demonstration; the mark of a role is given.
 */
final class TurnSequences {
    private final Tokeniser tokeniser;
    private final ActionSpace.Text replies;
    private final List<TokenSequence> sequences = new ArrayList<>();
    private final List<int[]> steps = new ArrayList<>();

    private final Ids tokens = new Ids(256);
    private final Ids owners = new Ids(256);
    private int turns;
    private Said last = new Said(Role.SYSTEM, false, "");

    /** No token of a context belongs to a step. */
    private static final int NOBODY = -1;

    /** The first turn of a conversation, which is learned and belongs to no step. */
    private static final int OPENING = -2;

    private TurnSequences(Tokeniser tokeniser, ActionSpace.Text replies) {
        this.tokeniser = tokeniser;
        this.replies = replies;
    }

    /** Returns what a window's trajectories are to a network, conversation by conversation. */
    static TurnSequences of(List<Trajectory> trajectories, Tokeniser tokeniser, ActionSpace.Text replies) {
        Map<String, List<Trajectory>> byConversation = new TreeMap<>();
        trajectories.forEach(trajectory -> byConversation
                .computeIfAbsent(trajectory.trip() + "|" + trajectory.entity(), any -> new ArrayList<>())
                .add(trajectory));
        List<List<Trajectory>> conversations = new ArrayList<>(byConversation.values());
        conversations.forEach(pieces -> pieces.sort(Comparator.comparingInt(TurnSequences::turnsAtFirst)));
        conversations.sort(Comparator.comparingLong(pieces -> pieces.get(0).startMs()));
        TurnSequences all = new TurnSequences(tokeniser, replies);
        int step = 0;
        for (List<Trajectory> pieces : conversations) {
            for (Trajectory piece : pieces) {
                Matrix actions = piece.actions();
                for (int row = 0; row < piece.steps(); row++) {
                    all.add(((ByteRows) piece.observations()).values(), row, actions.values(), step++);
                }
            }
            all.end();
        }
        return all;
    }

    /** Returns the rows of a batch, in which a row may go on from the one before. */
    static TurnSequences of(
            ByteRows contexts, float[] actions, int rows, Tokeniser tokeniser, ActionSpace.Text replies) {
        TurnSequences all = new TurnSequences(tokeniser, replies);
        for (int row = 0; row < rows; row++) {
            all.add(contexts.values(), row, actions, row);
        }
        all.end();
        return all;
    }

    private static int turnsAtFirst(Trajectory trajectory) {
        return DialogueContext.turns(((ByteRows) trajectory.observations()).values(), 0);
    }

    /** Returns the texts of conversations, each turn as often as it is there as the newest of a context or a reply. */
    static List<String> texts(List<Trajectory> trajectories, ActionSpace.Text replies) {
        List<String> texts = new ArrayList<>();
        for (Trajectory trajectory : trajectories) {
            byte[] rows = ((ByteRows) trajectory.observations()).values();
            for (int row = 0; row < trajectory.steps(); row++) {
                List<Said> said = DialogueContext.said(rows, row);
                if (!said.isEmpty() && row == 0) {
                    texts.add(said.get(said.size() - 1).text());
                }
                texts.add(replies.read(trajectory.actions().values(), row * replies.size()));
            }
        }
        return texts;
    }

    private void add(byte[] rows, int row, float[] actions, int step) {
        List<Said> said = DialogueContext.said(rows, row);
        String reply = replies.read(actions, row * replies.size());
        int newTurns = DialogueContext.turns(rows, row) - turns;
        if (!goesOn(said, newTurns)) {
            end();
            newTurns = said.size();
        }
        boolean isWhole = tokens.size() == 0 && DialogueContext.turns(rows, row) == said.size();
        List<Said> added = said.subList(said.size() - newTurns, said.size());
        for (int i = 0; i < added.size(); i++) {
            Said each = added.get(i);
            add(each.role(), each.text(), isWhole && i == 0 && each.isDemonstration() ? OPENING : NOBODY);
        }
        Role role = DialogueContext.replying(said);
        add(role, reply, step);
        turns = DialogueContext.turns(rows, row) + 1;
        last = new Said(role, true, reply);
    }

    /** Returns whether a context goes on from what was read: with its last turn before the new ones. */
    private boolean goesOn(List<Said> said, int newTurns) {
        if (tokens.size() == 0 || newTurns < 0 || newTurns >= said.size()) {
            return false;
        }
        Said known = said.get(said.size() - 1 - newTurns);
        return known.role() == last.role() && cut(known.text()).equals(cut(last.text()));
    }

    /** Returns a text as an action has it. */
    private String cut(String text) {
        if (text.length() <= replies.size() / 4) {
            return text;
        }
        float[] written = new float[replies.size()];
        replies.write(text, written, 0);
        return replies.read(written, 0);
    }

    private void add(Role role, String text, int owner) {
        tokens.add(Tokeniser.mark(role));
        owners.add(NOBODY);
        for (int token : tokeniser.encode(text)) {
            tokens.add(token);
            owners.add(owner);
        }
        tokens.add(Tokeniser.END);
        owners.add(owner);
    }

    private void end() {
        if (tokens.size() > 0) {
            int[] whose = owners.toArray();
            boolean[] learned = new boolean[whose.length];
            IntStream.range(0, whose.length).forEach(i -> learned[i] = whose[i] != NOBODY);
            sequences.add(new TokenSequence(tokens.toArray(), learned));
            steps.add(whose);
            tokens.clear();
            owners.clear();
        }
        turns = 0;
    }

    /** Returns the sequences. */
    List<TokenSequence> sequences() {
        return sequences;
    }

    /** Adds numbers of the tokens to the steps whose replies they are of. */
    void addTo(double[] ofSteps, List<double[]> ofTokens) {
        for (int i = 0; i < steps.size(); i++) {
            int[] whose = steps.get(i);
            for (int token = 0; token < whose.length; token++) {
                if (whose[token] >= 0) {
                    ofSteps[whose[token]] += ofTokens.get(i)[token];
                }
            }
        }
    }
}
