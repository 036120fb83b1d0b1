package dev.understudy.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.understudy.dialogue.PersonalData;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.dialogue.TurnCheck;
import dev.understudy.dialogue.TurnRefusal;
import dev.understudy.domain.Actor;
import dev.understudy.ingest.Row.Problem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The rows of a reading of conversations: checks and masks each turn, and knows what came before. */
final class DialogueRows {
    /** Time between turns where nothing says it, ms. */
    static final long TURN_MS = 1000;

    private static final int SHOWN_CHARS = 4096;

    private final List<Row> rows = new ArrayList<>();
    private final Map<String, String> places = new HashMap<>();
    private String source = "";
    private long line;
    private String text = "";
    private long clockMs;
    private long maskedTurns;

    /** Begins a line. */
    void at(String newSource, long newLine, String newText) {
        source = newSource;
        line = newLine;
        text = newText;
    }

    /**
     * Notes something that may be there once only, such as a conversation.
     *
     * @param what it in words
     * @throws BadRow if it was there before
     */
    void once(String what) throws BadRow {
        String before = places.putIfAbsent(what, place());
        if (before != null) {
            throw new BadRow(0, Problem.DUPLICATE, "expected " + what + " once, found it at " + before + " too");
        }
    }

    /** Returns where the line is, as {@code file:line}. */
    String place() {
        return source + ":" + line;
    }

    /** Returns the time of the next turn of a format without times, from 0. */
    long nextTimeMs() {
        clockMs += TURN_MS;
        return clockMs - TURN_MS;
    }

    /** Adds a turn with its personal data masked, or what is wrong with it. */
    void add(Turn turn) {
        TurnRefusal refusal = TurnCheck.check(turn);
        if (refusal != null) {
            bad(new BadRow(0, problem(refusal), TurnCheck.describe(refusal, turn)), turn.text());
            return;
        }
        Turn masked = new Turn(
                turn.entity(),
                turn.episode(),
                turn.sequence(),
                turn.timeMs(),
                turn.actor(),
                turn.label(),
                turn.engaged(),
                turn.role(),
                PersonalData.masked(turn.text()),
                turn.acts().stream().map(PersonalData::masked).toList(),
                turn.weight());
        maskedTurns += masked.equals(turn) ? 0 : 1;
        rows.add(new Row.Said(source, line, masked));
    }

    /** Adds what is wrong with the line. */
    void bad(BadRow problem) {
        bad(problem, text);
    }

    /** What is wrong goes to a topic too, so it is masked as well. */
    private void bad(BadRow bad, String found) {
        String message = PersonalData.masked(bad.getMessage());
        rows.add(new Row.Bad(
                source, line, bad.column, bad.problem, message, PersonalData.masked(shown(found, SHOWN_CHARS))));
    }

    /** Returns how many turns had personal data in them. */
    long masked() {
        return maskedTurns;
    }

    List<Row> rows() {
        return rows;
    }

    /**
     * Returns the text of a field.
     *
     * @throws BadRow if it has none
     */
    static String text(JsonNode node, String field) throws BadRow {
        JsonNode value = node.path(field);
        if (!value.isTextual() || value.textValue().isBlank()) {
            throw new BadRow(0, Problem.MISSING, "expected a text as '%s', found %s".formatted(field, found(value)));
        }
        return value.textValue();
    }

    /**
     * Returns the list in a field.
     *
     * @throws BadRow if it has none
     */
    static JsonNode list(JsonNode node, String field) throws BadRow {
        JsonNode value = node.path(field);
        if (!value.isArray() || value.isEmpty()) {
            throw new BadRow(0, Problem.MISSING, "expected a list as '%s', found %s".formatted(field, found(value)));
        }
        return value;
    }

    /** Returns an act as a turn has it: its parts between bars. */
    static String act(Iterable<JsonNode> parts) {
        List<String> texts = new ArrayList<>();
        parts.forEach(part -> texts.add(part.asText().replace('|', '/')));
        return String.join("|", texts);
    }

    /**
     * Returns the weight that is said of a turn, or the usual one.
     *
     * @throws BadRow if it is neither 0 nor 1, or 1 for a policy's own reply
     */
    static int weight(JsonNode weight, Role role, Actor actor) throws BadRow {
        if (weight.isMissingNode() || weight.isNull()) {
            return Turn.usualWeight(role, actor);
        }
        if (!weight.isNumber() || (weight.doubleValue() != 0 && weight.doubleValue() != 1)) {
            throw new BadRow(0, Problem.NUMBER, "expected 0 or 1 as 'weight', found " + found(weight));
        }
        if (weight.intValue() == 1 && actor == Actor.POLICY) {
            throw new BadRow(0, Problem.NUMBER, "expected 0 as 'weight' of a policy's own reply, found 1");
        }
        return weight.intValue();
    }

    /** Returns a value as text for messages. */
    static String found(JsonNode value) {
        if (value.isMissingNode()) {
            return "none";
        }
        return value.isContainerNode() && value.isEmpty() ? "an empty one" : shown(value.toString(), 80);
    }

    private static String shown(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most);
    }

    private static Problem problem(TurnRefusal refusal) {
        return switch (refusal) {
            case EMPTY -> Problem.MISSING;
            case TOO_LONG -> Problem.TOO_LONG;
            case NEGATIVE_SEQUENCE -> Problem.NUMBER;
            case NOT_UNICODE, CONTROL_CHARACTER -> Problem.TEXT;
        };
    }
}
