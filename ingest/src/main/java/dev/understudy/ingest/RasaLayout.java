package dev.understudy.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.ingest.Row.Problem;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Events of Rasa's tracker, as its event brokers send them, one a line with {@code sender_id}; or trackers, as its
 * interface shows them, a line each with {@code sender_id} and {@code events}.
 *
 * <p>The entity is the sender, so that the events of one sender stay in order whatever their key was. A session is a
 * conversation, {@code sender#0} the first of a file. {@code user} and {@code bot} events are turns, with the user's
 * intent and the name of the bot's reply as acts; what other events say is not read. The bot is another program
 * (ASSISTANCE), and its turns are demonstrations; {@code "weight"} in the {@code metadata} of an event says otherwise.
 */
final class RasaLayout implements DialogueLayout {
    private final Map<String, Session> sessions = new HashMap<>();

    private static final class Session {
        private int number;
        private int turns;
        private long newestMs = Long.MIN_VALUE;

        void end() {
            if (turns > 0) {
                number++;
                turns = 0;
            }
        }
    }

    @Override
    public void read(JsonNode line, DialogueRows out) throws BadRow {
        String sender = DialogueRows.text(line, "sender_id");
        if (!line.has("events")) {
            event(sender, line, out);
            return;
        }
        for (JsonNode event : DialogueRows.list(line, "events")) {
            try {
                event(sender, event, out);
            } catch (BadRow e) {
                out.bad(e);
            }
        }
    }

    private void event(String sender, JsonNode event, DialogueRows out) throws BadRow {
        String kind = DialogueRows.text(event, "event");
        Session session = sessions.computeIfAbsent(sender, any -> new Session());
        switch (kind) {
            case "session_started", "restart" -> session.end();
            case "user" -> turn(sender, session, event, Role.USER, out);
            case "bot" -> turn(sender, session, event, Role.ASSISTANT, out);
            default -> {} // slots, actions, timers: nothing was said
        }
    }

    private static void turn(String sender, Session session, JsonNode event, Role role, DialogueRows out)
            throws BadRow {
        JsonNode timestamp = event.path("timestamp");
        if (!timestamp.isNumber() || !(Math.abs(timestamp.doubleValue()) < 1e11)) {
            throw new BadRow(
                    0,
                    Problem.TIME,
                    "expected seconds since 1970 as 'timestamp', found " + DialogueRows.found(timestamp));
        }
        String text = event.path("text").isTextual() ? event.path("text").textValue() : "";
        out.once("the %s event of %s at %s with %d characters"
                .formatted(event.path("event").asText(), sender, timestamp.asText(), text.length()));
        long timeMs = Math.round(timestamp.doubleValue() * 1000);
        if (timeMs < session.newestMs) {
            throw new BadRow(
                    0,
                    Problem.TIME_BACKWARDS,
                    "expected the events of %s in the order of their times, found one %,d ms before the newest"
                            .formatted(sender, session.newestMs - timeMs));
        }
        session.newestMs = timeMs;
        Actor actor = role == Role.USER ? Actor.HUMAN : Actor.ASSISTANCE;
        JsonNode metadata = event.path("metadata");
        int weight = DialogueRows.weight(metadata.path("weight"), role, actor);
        String act = role == Role.USER
                ? event.path("parse_data").path("intent").path("name").asText()
                : metadata.path("utter_action").asText();
        out.add(new Turn(
                sender,
                sender + "#" + session.number,
                session.turns++,
                timeMs,
                actor,
                "",
                false,
                role,
                text,
                act.isEmpty() ? List.of() : List.of((role == Role.USER ? "user|" : "bot|") + act.replace('|', '/')),
                weight));
    }
}
