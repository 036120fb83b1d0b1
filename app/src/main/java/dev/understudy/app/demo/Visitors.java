package dev.understudy.app.demo;

import dev.understudy.dialogue.Conversation;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.schemas.Decision;
import java.util.ArrayList;
import java.util.List;

/**
 * Visitors who say live what the users of conversations said, one turn after the other, whatever is replied. Each goes
 * through conversations of its own, again from the beginning when it is through.
 */
final class Visitors {
    /** Turns of a conversation that are said, at most: then another is begun. */
    private static final int MOST_TURNS = 6;

    /**
     * A turn and what was decided on it.
     *
     * @param asked what the visitor said
     * @param decided the reply
     */
    record Exchange(Turn asked, Decision decided) {}

    /** One of them. */
    private static final class Visitor {
        private final String name;
        private final List<List<String>> conversations = new ArrayList<>();
        private int conversation;
        private int turn;

        Visitor(String name) {
            this.name = name;
        }

        Turn next(long timeMs) {
            List<String> texts = conversations.get(conversation % conversations.size());
            Turn said = new Turn(
                    name,
                    name + "#" + conversation,
                    2L * turn,
                    timeMs,
                    Actor.HUMAN,
                    "",
                    false,
                    Role.USER,
                    texts.get(turn),
                    List.of(),
                    0);
            turn++;
            if (turn == texts.size()) {
                turn = 0;
                conversation++;
            }
            return said;
        }
    }

    private final List<Visitor> visitors = new ArrayList<>();
    private final List<Exchange> exchanges = new ArrayList<>();
    private long asked;

    /**
     * Visitors, each of whom has some of the conversations.
     *
     * @param most how many there are, unless there are fewer conversations
     */
    Visitors(List<Conversation> conversations, int most) {
        int next = 0;
        for (Conversation conversation : conversations) {
            List<String> texts = conversation.turns().stream()
                    .filter(turn -> turn.role() == Role.USER)
                    .map(Turn::text)
                    .limit(MOST_TURNS)
                    .toList();
            if (!texts.isEmpty()) {
                if (visitors.size() < most) {
                    visitors.add(new Visitor("visitor-" + (visitors.size() + 1)));
                }
                visitors.get(next++ % visitors.size()).conversations.add(texts);
            }
        }
    }

    /** Returns what each of them says next, all at one event time, milliseconds since 1970. */
    List<Turn> next(long timeMs) {
        List<Turn> said = visitors.stream().map(visitor -> visitor.next(timeMs)).toList();
        asked += said.size();
        return said;
    }

    /** Enters what was decided on a turn. */
    Exchange enter(Turn turn, Decision decision) {
        Exchange exchange = new Exchange(turn, decision);
        exchanges.add(exchange);
        return exchange;
    }

    /** Returns how many turns were asked. */
    long asked() {
        return asked;
    }

    /** Returns all exchanges in the order in which they were made. */
    List<Exchange> exchanges() {
        return List.copyOf(exchanges);
    }
}
