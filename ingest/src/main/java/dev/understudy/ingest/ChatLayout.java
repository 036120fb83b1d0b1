package dev.understudy.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.ingest.Row.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Chat in JSON lines, as OpenAI's fine-tuning takes it: {@code {"messages":[{"role","content","weight"}]}}. Optional
 * keys of the line are {@code id} (the conversation; without it, file and line), {@code user} (who is answered; without
 * it, the conversation) and {@code label}; of a message {@code actor}, who wrote it, HUMAN where nothing is said.
 *
 * <p>What the assistant says is a demonstration unless its weight is 0, what others say is one only if its weight is 1.
 * A policy's own reply with weight 1 is refused.
 */
final class ChatLayout implements DialogueLayout {
    @Override
    public void read(JsonNode line, DialogueRows out) throws BadRow {
        String id = line.hasNonNull("id") ? DialogueRows.text(line, "id") : out.place();
        out.once("conversation " + id);
        JsonNode messages = DialogueRows.list(line, "messages");
        String user = line.hasNonNull("user") ? DialogueRows.text(line, "user") : id;
        for (int i = 0; i < messages.size(); i++) {
            JsonNode message = messages.get(i);
            long timeMs = out.nextTimeMs();
            try {
                Role role = role(message.path("role"));
                Actor actor = actor(message.path("actor"));
                out.add(new Turn(
                        user,
                        id,
                        i,
                        timeMs,
                        actor,
                        line.path("label").asText(),
                        false,
                        role,
                        content(message.path("content")),
                        List.of(),
                        DialogueRows.weight(message.path("weight"), role, actor)));
            } catch (BadRow e) {
                out.bad(e);
            }
        }
    }

    private static Role role(JsonNode role) throws BadRow {
        return switch (role.asText()) {
            case "user" -> Role.USER;
            case "assistant" -> Role.ASSISTANT;
            case "system", "developer" -> Role.SYSTEM;
            default ->
                throw new BadRow(
                        0,
                        Problem.WORD,
                        "expected system, developer, user or assistant as 'role', found " + DialogueRows.found(role));
        };
    }

    private static Actor actor(JsonNode actor) throws BadRow {
        if (actor.isMissingNode()) {
            return Actor.HUMAN;
        }
        return Arrays.stream(Actor.values())
                .filter(known -> known.name().equals(actor.asText()))
                .findFirst()
                .orElseThrow(() -> new BadRow(
                        0,
                        Problem.WORD,
                        "expected one of %s as 'actor', found %s"
                                .formatted(Arrays.toString(Actor.values()), DialogueRows.found(actor))));
    }

    /** Returns a text, or the texts among the parts of a message. */
    private static String content(JsonNode content) {
        if (!content.isArray()) {
            return content.isTextual() ? content.textValue() : "";
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode part : content) {
            if (part.path("type").asText().equals("text")) {
                texts.add(part.path("text").asText());
            }
        }
        return String.join("\n", texts);
    }
}
