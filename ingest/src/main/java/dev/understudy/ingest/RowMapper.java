package dev.understudy.ingest;

import dev.understudy.domain.Actor;
import dev.understudy.driving.FollowingSample;
import dev.understudy.ingest.Mapping.Column;
import dev.understudy.ingest.Row.Problem;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns the texts of a row into a sample in SI units. */
final class RowMapper {
    /** Whole numbers up to this are exact in a double. */
    private static final double MOST_EXACT = 1L << 53;

    private final Mapping mapping;
    /** Names of the trips that are named after their file, by file and vehicle. */
    private final Map<String, String> tripsOfFiles = new HashMap<>();

    /** The last time of each vehicle, ms. */
    private final Map<String, Long> lastMs = new HashMap<>();

    private final TimeColumn time;

    RowMapper(Mapping mapping) {
        this.mapping = mapping;
        time = new TimeColumn(column(Field.TIME), mapping.zone());
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
                            + field.word() + ", found '" + texts.getOrDefault(field, text) + "'"
                            + TimeColumn.hint(text));
        }
        return value * field.units().getOrDefault(column.unit(), 1.0);
    }

    private long time(String text, String vehicle, Map<Field, Integer> columns) throws BadRow {
        return time.ms(text, mapping.pointed(text), lastMs.get(vehicle), place(Field.TIME, columns));
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
        return new BadRow(place(field, columns), problem, message);
    }

    private static int place(Field field, Map<Field, Integer> columns) {
        Integer column = columns.get(field);
        return column == null || column < 0 ? 0 : column + 1;
    }
}
