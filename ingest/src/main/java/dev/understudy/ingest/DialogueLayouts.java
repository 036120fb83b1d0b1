package dev.understudy.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.ingest.Row.Problem;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The layouts of open data sets, in which a line is a conversation with a {@code dialogue_id}. */
final class DialogueLayouts {
    private DialogueLayouts() {}

    /**
     * The Self-dialogue Corpus (Fainberg et al. 2018). A person writes both sides, so every turn is a demonstration.
     * The last turn has the time at which the conversation was handed in, Pacific time; turns are a second apart.
     */
    static final class SelfDialogue implements DialogueLayout {
        private static final ZoneId PACIFIC = ZoneId.of("America/Los_Angeles");

        private @Nullable Long previousMs;

        @Override
        public void read(JsonNode line, DialogueRows out) throws BadRow {
            String id = id(line, out);
            JsonNode turns = DialogueRows.list(line, "turns");
            long handedInMs = handedIn(DialogueRows.text(line, "submitted_pacific"));
            for (int i = 0; i < turns.size(); i++) {
                out.add(new Turn(
                        id,
                        id,
                        i,
                        handedInMs - (turns.size() - 1 - i) * DialogueRows.TURN_MS,
                        Actor.HUMAN,
                        line.path("topic").asText(),
                        false,
                        i % 2 == 0 ? Role.USER : Role.ASSISTANT,
                        turns.get(i).asText(),
                        List.of(),
                        1));
            }
        }

        private long handedIn(String text) throws BadRow {
            try {
                long handedInMs = Times.iso(text, PACIFIC, previousMs).toEpochMilli();
                previousMs = handedInMs;
                return handedInMs;
            } catch (DateTimeException e) {
                throw new BadRow(
                        0,
                        Problem.TIME,
                        "expected a time such as 2017-05-07T11:23:04 as 'submitted_pacific', found " + e.getMessage());
            }
        }
    }

    /** The Schema-Guided Dialogue set (Rastogi et al. 2020). */
    static final class SchemaGuided extends TwoSides {
        @Override
        String label(JsonNode line) {
            List<String> services = new ArrayList<>();
            line.path("services").forEach(service -> services.add(service.asText()));
            return String.join("+", new TreeSet<>(services));
        }

        @Override
        String act(JsonNode act) {
            return DialogueRows.act(act);
        }
    }

    /** MultiWOZ 2.1 (Budzianowski et al. 2018; Eric et al. 2019). */
    static final class MultiWoz extends TwoSides {
        @Override
        String label(JsonNode line) {
            List<String> domains = new ArrayList<>();
            line.path("goal").fieldNames().forEachRemaining(domains::add);
            return String.join("+", new TreeSet<>(domains));
        }

        /** {@code Hotel-Inform, Area, east} is {@code Hotel|Inform|Area|east}. */
        @Override
        String act(JsonNode act) {
            List<JsonNode> parts = new ArrayList<>();
            Iterator<JsonNode> given = act.iterator();
            if (given.hasNext()) {
                for (String part : given.next().asText().split("-", 2)) {
                    parts.add(new TextNode(part));
                }
            }
            given.forEachRemaining(parts::add);
            return DialogueRows.act(parts);
        }
    }

    /** A user and a system, both played by people; what the system says is a demonstration. */
    private abstract static class TwoSides implements DialogueLayout {
        abstract String label(JsonNode line);

        abstract String act(JsonNode act);

        @Override
        public void read(JsonNode line, DialogueRows out) throws BadRow {
            String id = id(line, out);
            JsonNode turns = DialogueRows.list(line, "turns");
            String label = label(line);
            for (int i = 0; i < turns.size(); i++) {
                JsonNode turn = turns.get(i);
                List<String> acts = new ArrayList<>();
                turn.path("acts").forEach(act -> acts.add(act(act)));
                long timeMs = out.nextTimeMs();
                Role role;
                try {
                    role = role(turn.path("speaker"));
                } catch (BadRow e) {
                    out.bad(e);
                    continue;
                }
                out.add(new Turn(
                        id,
                        id,
                        i,
                        timeMs,
                        Actor.HUMAN,
                        label,
                        false,
                        role,
                        turn.path("text").asText(),
                        acts,
                        Turn.usualWeight(role, Actor.HUMAN)));
            }
        }

        private static Role role(JsonNode speaker) throws BadRow {
            return switch (speaker.asText()) {
                case "user" -> Role.USER;
                case "system" -> Role.ASSISTANT;
                default ->
                    throw new BadRow(
                            0,
                            Problem.WORD,
                            "expected user or system as 'speaker', found " + DialogueRows.found(speaker));
            };
        }
    }

    private static String id(JsonNode line, DialogueRows out) throws BadRow {
        String id = DialogueRows.text(line, "dialogue_id");
        out.once("conversation " + id);
        return id;
    }
}
