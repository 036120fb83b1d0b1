package dev.understudy.app.demo;

import dev.understudy.dialogue.Conversation;
import dev.understudy.dialogue.Turn;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Conversations laid on one time line in the order in which they ended: one begins each second, and its turns are a
 * second apart, so that many are under way at once.
 *
 * @param turns in the order of their times
 */
record DialogueTimeLine(List<Turn> turns) {
    private static final long STEP_MS = 1000;

    DialogueTimeLine {
        turns = List.copyOf(turns);
    }

    /** Returns the time line that begins at an event time, milliseconds since 1970. */
    static DialogueTimeLine of(List<Conversation> conversations, long startMs) {
        List<Turn> laid = new ArrayList<>();
        Map<String, Long> freeFromMs = new HashMap<>(); // one writer has one conversation at a time
        long nextMs = startMs;
        for (Conversation conversation : conversations) {
            String entity = conversation.turns().get(0).entity();
            long timeMs = Math.max(nextMs, freeFromMs.getOrDefault(entity, startMs));
            for (Turn turn : conversation.turns()) {
                laid.add(turn.at(timeMs));
                timeMs += STEP_MS;
            }
            freeFromMs.put(entity, timeMs);
            nextMs += STEP_MS;
        }
        laid.sort(Comparator.comparingLong(Turn::timeMs));
        return new DialogueTimeLine(laid);
    }

    /** Returns the event time of the last turn, milliseconds since 1970. */
    long endMs() {
        return turns.get(turns.size() - 1).timeMs();
    }
}
