package dev.understudy.dialogue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The turns of one conversation.
 *
 * @param episode its name
 * @param turns in the order of their numbers, at least one
 */
public record Conversation(String episode, List<Turn> turns) {
    /** @throws IllegalArgumentException if there is no turn */
    public Conversation {
        if (turns.isEmpty()) {
            throw new IllegalArgumentException("expected at least one turn of %s, got none".formatted(episode));
        }
        turns = List.copyOf(turns);
    }

    /**
     * Returns the conversations that turns are of, in the order in which they ended. Of two turns with the same number,
     * the first counts.
     */
    public static List<Conversation> of(Iterable<Turn> turns) {
        Map<String, TreeMap<Long, Turn>> byEpisode = new LinkedHashMap<>();
        turns.forEach(turn -> byEpisode
                .computeIfAbsent(turn.episode(), any -> new TreeMap<>())
                .putIfAbsent(turn.sequence(), turn));
        List<Conversation> conversations = new ArrayList<>();
        byEpisode.forEach(
                (episode, ofOne) -> conversations.add(new Conversation(episode, List.copyOf(ofOne.values()))));
        conversations.sort(Comparator.comparingLong(Conversation::endMs));
        return conversations;
    }

    /** Returns the event time of its last turn, milliseconds since 1970. */
    public long endMs() {
        return turns.get(turns.size() - 1).timeMs();
    }
}
