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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rows of a reading of conversations: checks and masks each turn, and knows what came before. */
final class DialogueRows {
    /** Time between turns where nothing says it, ms. */
    static final long TURN_MS = 1000;

    private static final int SHOWN_CHARS = 4096;
    /** Longest name of a conversation, of who takes part, and longest label, characters. */
    private static final int MOST_NAME_CHARS = 512;
    /** So many problems of a line are shown with the line, as it may hold millions. */
    private static final int SHOWN_PROBLEMS = 10;

    private static final Pattern ESCAPE = Pattern.compile("\\\\(u[0-9a-fA-F]{4}|[nrtbf\"/\\\\])");

    private final List<Row> rows = new ArrayList<>();
    private final Map<String, String> places = new HashMap<>();
    private String source = "";
    private long line;
    private String text = "";
    /** The line as dead letters show it; empty before the first, or where enough of them do. */
    private String shownLine = "";

    private int lineProblems;
    private long clockMs;
    private long maskedTurns;

    /** Begins a line. */
    void at(String newSource, long newLine, String newText) {
        source = newSource;
        line = newLine;
        text = newText;
        shownLine = "";
        lineProblems = 0;
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
            bad(
                    new BadRow(0, problem(refusal), TurnCheck.describe(refusal, turn)),
                    PersonalData.masked(cut(turn.text())));
            return;
        }
        int acts = turn.acts().stream().mapToInt(String::length).sum();
        if (longestName(turn) > MOST_NAME_CHARS || acts > TurnCheck.MOST_CHARS) {
            bad(new BadRow(
                    0,
                    Problem.TOO_LONG,
                    "expected names and labels of at most %,d characters and acts of %,d, found %,d and %,d"
                            .formatted(MOST_NAME_CHARS, TurnCheck.MOST_CHARS, longestName(turn), acts)));
            return;
        }
        Turn masked = new Turn(
                PersonalData.pseudonym(turn.entity()),
                PersonalData.pseudonym(turn.episode()),
                turn.sequence(),
                turn.timeMs(),
                turn.actor(),
                PersonalData.masked(turn.label()),
                turn.engaged(),
                turn.role(),
                PersonalData.masked(turn.text()),
                turn.acts().stream().map(PersonalData::masked).toList(),
                turn.weight());
        maskedTurns += masked.equals(turn) ? 0 : 1;
        rows.add(new Row.Said(source, line, masked));
    }

    private static int longestName(Turn turn) {
        return Math.max(
                turn.label().length(),
                Math.max(turn.entity().length(), turn.episode().length()));
    }

    /** Adds what is wrong with the line. */
    void bad(BadRow problem) {
        if (lineProblems == 0) {
            shownLine = shownLine();
        }
        lineProblems++;
        bad(problem, lineProblems > SHOWN_PROBLEMS ? "" : shownLine);
    }

    /** What is wrong goes to a topic too, so it is masked as well. */
    private void bad(BadRow bad, String found) {
        rows.add(new Row.Bad(
                source,
                line,
                bad.column,
                bad.problem,
                PersonalData.masked(bad.getMessage()),
                shown(found, SHOWN_CHARS)));
    }

    /** Returns the line; with what its escapes stand for if personal data is then found in it, which is masked. */
    private String shownLine() {
        String read = unescaped(cut(text));
        String masked = PersonalData.masked(read);
        return masked.equals(read) ? cut(text) : masked;
    }

    /** Returns a text without what is not shown, so that little is looked at; a number at the cut is not shown. */
    private static String cut(String text) {
        if (text.length() <= SHOWN_CHARS) {
            return text;
        }
        int end = SHOWN_CHARS;
        while (end > 0 && !Character.isLetter(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end == 0 ? SHOWN_CHARS : end);
    }

    /** Returns a text of JSON with characters in the place of escapes. */
    private static String unescaped(String json) {
        return ESCAPE.matcher(json).replaceAll(escape -> Matcher.quoteReplacement(character(escape.group(1))));
    }

    private static String character(String escape) {
        return switch (escape.charAt(0)) {
            case 'u' -> String.valueOf((char) Integer.parseInt(escape.substring(1), 16));
            case 'n', 'r', 't', 'b', 'f' -> " ";
            default -> escape;
        };
    }

    /** Returns how many turns had personal data in them. */
    long masked() {
        return maskedTurns;
    }

    List<Row> rows() {
        return rows;
    }

    /**
     * Returns the text of a field, or its whole number as text.
     *
     * @throws BadRow if it has none
     */
    static String text(JsonNode node, String field) throws BadRow {
        JsonNode value = node.path(field);
        if (value.isIntegralNumber()) {
            return value.asText();
        }
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
