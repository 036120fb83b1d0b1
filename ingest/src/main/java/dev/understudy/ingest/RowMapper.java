package dev.understudy.ingest;

import dev.understudy.domain.Actor;
import dev.understudy.driving.FollowingSample;
import dev.understudy.ingest.Mapping.Column;
import dev.understudy.ingest.Row.Problem;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns the texts of a row into a sample in SI units. */
final class RowMapper {
    private static final long EARLIEST_MS = 0;
    private static final long LATEST_MS = Instant.parse("2200-01-01T00:00:00Z").toEpochMilli();
    /** Whole numbers up to this are exact in a double. */
    private static final double MOST_EXACT = 1L << 53;

    private final Mapping mapping;
    /** Names of the trips that are named after their file, by file and vehicle. */
    private final Map<String, String> tripsOfFiles = new HashMap<>();

    /** The last time of each vehicle, ms. */
    private final Map<String, Long> lastMs = new HashMap<>();

    RowMapper(Mapping mapping) {
        this.mapping = mapping;
    }

    /**
     * Returns the row, with the sequence 0 where the log has none.
     *
     * @param texts of the fields that have a column
     * @param columns position of each field in its row from 0, for messages; may lack fields
     * @throws BadRow if a value is missing or is not what the mapping says
     */
    Row.Sample map(String source, long line, Map<Field, String> texts, Map<Field, Integer> columns) throws BadRow {
        String vehicle = required(Field.VEHICLE, texts, columns);
        String named = mapping.columns().containsKey(Field.TRIP) ? required(Field.TRIP, texts, columns) : null;
        long timeMs = time(required(Field.TIME, texts, columns), vehicle, columns);
        String label = text(Field.LABEL, texts);
        Actor actor = actor(required(Field.ACTOR, texts, columns), columns);
        boolean engaged = engaged(text(Field.ENGAGED, texts), columns);
        double speed = measured(Field.SPEED, texts, columns);
        double gap = measured(Field.GAP, texts, columns);
        double leaderSpeed = measured(Field.LEADER_SPEED, texts, columns);
        long sequence = mapping.columns().containsKey(Field.SEQUENCE)
                ? whole(required(Field.SEQUENCE, texts, columns), columns)
                : 0;
        String trip = named == null ? ofFile(source, vehicle, timeMs) : named + "/" + vehicle;
        lastMs.put(vehicle, timeMs);
        return new Row.Sample(
                source,
                line,
                new FollowingSample(
                        vehicle,
                        trip,
                        sequence,
                        timeMs,
                        actor,
                        label == null ? "" : label,
                        engaged,
                        speed,
                        gap,
                        leaderSpeed));
    }

    /** A file's name comes again the next day, so the trip is named after its beginning too. */
    private String ofFile(String source, String vehicle, long timeMs) {
        return tripsOfFiles.computeIfAbsent(
                source + "\n" + vehicle, any -> source + "@" + Instant.ofEpochMilli(timeMs) + "/" + vehicle);
    }

    /** Whole numbers are also read as spreadsheets write them, with a point and zeros. */
    private static long whole(String text, Map<Field, Integer> columns) throws BadRow {
        try {
            if (Numbers.isWhole(text)) {
                return Long.parseLong(text);
            }
            double value = Numbers.parse(text);
            if (value == Math.rint(value) && Math.abs(value) <= MOST_EXACT) {
                return (long) value;
            }
        } catch (NumberFormatException e) {
            // more than a long: told below
        }
        throw bad(
                Field.SEQUENCE, columns, Problem.NUMBER, "expected a whole number for sequence, found '" + text + "'");
    }

    private double measured(Field field, Map<Field, String> texts, Map<Field, Integer> columns) throws BadRow {
        Column column = mapping.columns().get(field);
        if (column == null) {
            return Double.NaN;
        }
        String text = texts.getOrDefault(field, "");
        text = column.values().getOrDefault(text, text);
        if (Numbers.isMissing(text)) {
            if (column.otherwise() == null) {
                return Double.NaN;
            }
            text = column.otherwise();
        } else {
            text = mapping.pointed(text);
        }
        double value = Numbers.parse(text);
        if (Numbers.isBad(text, value)) {
            throw bad(
                    field,
                    columns,
                    Problem.NUMBER,
                    "expected a number" + (column.unit().isEmpty() ? "" : " in " + column.unit()) + " for "
                            + field.word() + ", found '" + texts.getOrDefault(field, text) + "'" + hint(text));
        }
        return value * field.units().getOrDefault(column.unit(), 1.0);
    }

    private long time(String text, String vehicle, Map<Field, Integer> columns) throws BadRow {
        Column column = column(Field.TIME);
        boolean isText = column.pattern() != null || column.unit().equals(Field.ISO_8601);
        long ms = isText
                ? writtenTime(text, column, lastMs.get(vehicle), columns)
                : column.origin().toEpochMilli() + numericTime(mapping.pointed(text), column, columns);
        if (ms < EARLIEST_MS || ms > LATEST_MS) {
            throw bad(
                    Field.TIME,
                    columns,
                    Problem.TIME,
                    "expected a time between 1970 and 2200, found '" + text + "' in " + column.unit()
                            + " (is the unit right?)");
        }
        return ms;
    }

    private static long numericTime(String text, Column column, Map<Field, Integer> columns) throws BadRow {
        String unit = column.unit();
        double toMs = unit.equals(Field.FRAME)
                ? 1000 / column.rate()
                : Field.TIME.units().getOrDefault(unit, 1.0);
        if (Numbers.isWhole(text) && !unit.equals(Field.FRAME)) {
            try {
                // Whole numbers apart: nanoseconds since 1970 do not fit into a double.
                long whole = Long.parseLong(text);
                return toMs >= 1
                        ? Math.multiplyExact(whole, Math.round(toMs))
                        : Math.floorDiv(whole, Math.round(1 / toMs));
            } catch (NumberFormatException | ArithmeticException e) {
                throw bad(Field.TIME, columns, Problem.TIME, "expected a time in " + unit + ", found '" + text + "'");
            }
        }
        double value = Numbers.parse(text) * toMs;
        if (!Double.isFinite(value)) {
            throw bad(
                    Field.TIME,
                    columns,
                    Problem.TIME,
                    "expected a time in " + unit + ", found '" + text + "'" + hint(text));
        }
        return Math.round(value);
    }

    private static String hint(String text) {
        return text.matches("[+-]?[0-9]+,[0-9]+")
                ? " (decimal commas are read where the mapping says \"decimal\": \",\")"
                : "";
    }

    private long writtenTime(String text, Column column, @Nullable Long previousMs, Map<Field, Integer> columns)
            throws BadRow {
        try {
            Instant time = column.pattern() == null
                    ? Times.iso(text, mapping.zone(), previousMs)
                    : Times.patterned(text, column.pattern().formatter(), mapping.zone(), previousMs);
            return time.toEpochMilli();
        } catch (DateTimeException | ArithmeticException e) {
            String found = String.valueOf(e.getMessage());
            throw bad(
                    Field.TIME,
                    columns,
                    Problem.TIME,
                    column.pattern() == null
                            ? "expected a time like 2019-10-08T12:00:00.1+02:00, found "
                                    + (found.startsWith("'") ? found : "'" + text + "' (" + found + ")")
                                    + "; for another form, say its 'pattern' in the mapping"
                            : "expected a time like " + column.pattern().text() + ", found '" + text + "'");
        }
    }

    private Actor actor(String text, Map<Field, Integer> columns) throws BadRow {
        Map<String, String> values = column(Field.ACTOR).values();
        String word = values.isEmpty() ? text : values.getOrDefault(text, text);
        for (Actor actor : Actor.values()) {
            if (actor.name().equals(word)) {
                return actor;
            }
        }
        throw bad(
                Field.ACTOR,
                columns,
                Problem.WORD,
                "expected one of " + (values.isEmpty() ? List.of(Actor.values()) : values.keySet())
                        + " for actor, found '" + text + "'");
    }

    private static boolean engaged(@Nullable String text, Map<Field, Integer> columns) throws BadRow {
        if (text == null || text.equals("false")) {
            return false;
        }
        if (text.equals("true")) {
            return true;
        }
        throw bad(Field.ENGAGED, columns, Problem.WORD, "expected true or false for engaged, found '" + text + "'");
    }

    private String required(Field field, Map<Field, String> texts, Map<Field, Integer> columns) throws BadRow {
        String text = text(field, texts);
        if (text == null || text.isEmpty()) {
            throw bad(field, columns, Problem.MISSING, "expected a value for " + field.word() + ", found none");
        }
        return text;
    }

    private @Nullable String text(Field field, Map<Field, String> texts) {
        String text = texts.get(field);
        Column column = mapping.columns().get(field);
        if (text != null && column != null && field != Field.ACTOR) {
            text = column.values().getOrDefault(text, text);
        }
        if (text == null || text.isEmpty()) {
            return column == null ? null : column.otherwise();
        }
        return text;
    }

    private Column column(Field field) {
        Column column = mapping.columns().get(field);
        if (column == null) {
            throw new IllegalStateException("expected a checked mapping, found none for " + field.word());
        }
        return column;
    }

    private static BadRow bad(Field field, Map<Field, Integer> columns, Problem problem, String message) {
        Integer column = columns.get(field);
        return new BadRow(column == null || column < 0 ? 0 : column + 1, problem, message);
    }
}
