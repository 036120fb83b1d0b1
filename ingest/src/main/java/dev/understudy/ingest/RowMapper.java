package dev.understudy.ingest;

import dev.understudy.driving.Actor;
import dev.understudy.driving.FollowingSample;
import dev.understudy.ingest.Mapping.Column;
import dev.understudy.ingest.Row.Problem;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns the texts of a row into a sample in SI units. */
final class RowMapper {
    private static final long EARLIEST_MS = 0;
    private static final long LATEST_MS = Instant.parse("2200-01-01T00:00:00Z").toEpochMilli();

    private final Mapping mapping;
    /** First time of each trip, where the sequence has to be counted from times. */
    private final Map<String, Long> firstMs = new HashMap<>();

    RowMapper(Mapping mapping) {
        this.mapping = mapping;
    }

    /**
     * Returns the row.
     *
     * @param texts of the fields that have a column
     * @param columns position of each field in its row from 0, for messages; may lack fields
     * @throws BadRow if a value is missing or is not what the mapping says
     */
    Row.Sample map(String source, long line, Map<Field, String> texts, Map<Field, Integer> columns) throws BadRow {
        String vehicle = required(Field.VEHICLE, texts, columns);
        String trip = mapping.columns().containsKey(Field.TRIP) ? required(Field.TRIP, texts, columns) : source;
        trip = trip + "/" + vehicle;
        long timeMs = time(required(Field.TIME, texts, columns), columns);
        String label = text(Field.LABEL, texts);
        return new Row.Sample(
                source,
                line,
                new FollowingSample(
                        vehicle,
                        trip,
                        sequence(trip, timeMs, texts, columns),
                        timeMs,
                        actor(required(Field.ACTOR, texts, columns), columns),
                        label == null ? "" : label,
                        measured(Field.SPEED, texts, columns),
                        measured(Field.GAP, texts, columns),
                        measured(Field.LEADER_SPEED, texts, columns)));
    }

    private long sequence(String trip, long timeMs, Map<Field, String> texts, Map<Field, Integer> columns)
            throws BadRow {
        if (!mapping.columns().containsKey(Field.SEQUENCE)) {
            long first = firstMs.computeIfAbsent(trip, unknown -> timeMs);
            return Math.round((timeMs - first) / (double) mapping.stepMs());
        }
        String text = required(Field.SEQUENCE, texts, columns);
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw bad(
                    Field.SEQUENCE,
                    columns,
                    Problem.NUMBER,
                    "expected a whole number for sequence, found '" + text + "'");
        }
    }

    private double measured(Field field, Map<Field, String> texts, Map<Field, Integer> columns) throws BadRow {
        String text = texts.getOrDefault(field, "");
        Column column = mapping.columns().get(field);
        if (column == null) {
            return Double.NaN;
        }
        if (Numbers.isMissing(text)) {
            if (column.otherwise() == null) {
                return Double.NaN;
            }
            text = column.otherwise();
        }
        double value = Numbers.parse(text);
        if (Numbers.isBad(text, value)) {
            throw bad(
                    field,
                    columns,
                    Problem.NUMBER,
                    "expected a number" + (column.unit().isEmpty() ? "" : " in " + column.unit()) + " for "
                            + field.word() + ", found '" + text + "'");
        }
        return value * field.units().getOrDefault(column.unit(), 1.0);
    }

    private long time(String text, Map<Field, Integer> columns) throws BadRow {
        Column column = column(Field.TIME);
        long ms = column.unit().equals(Field.ISO_8601)
                ? isoTime(text, columns)
                : column.origin().toEpochMilli() + numericTime(text, column.unit(), columns);
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

    private long numericTime(String text, String unit, Map<Field, Integer> columns) throws BadRow {
        double toMs = Field.TIME.units().getOrDefault(unit, 1.0);
        try {
            // Whole numbers apart: nanoseconds since 1970 do not fit into a double.
            long whole = Long.parseLong(text);
            return toMs >= 1 ? Math.multiplyExact(whole, Math.round(toMs)) : Math.floorDiv(whole, Math.round(1 / toMs));
        } catch (NumberFormatException | ArithmeticException e) {
            double value = Numbers.parse(text) * toMs;
            if (!Double.isFinite(value)) {
                throw bad(Field.TIME, columns, Problem.TIME, "expected a time in " + unit + ", found '" + text + "'");
            }
            return Math.round(value);
        }
    }

    private long isoTime(String text, Map<Field, Integer> columns) throws BadRow {
        try {
            TemporalAccessor time = DateTimeFormatter.ISO_DATE_TIME.parseBest(
                    text.replace(' ', 'T'), OffsetDateTime::from, LocalDateTime::from);
            return time instanceof OffsetDateTime withOffset
                    ? withOffset.toInstant().toEpochMilli()
                    : LocalDateTime.from(time)
                            .atZone(mapping.zone())
                            .toInstant()
                            .toEpochMilli();
        } catch (DateTimeException | ArithmeticException e) {
            throw bad(
                    Field.TIME,
                    columns,
                    Problem.TIME,
                    "expected a time like 2019-10-08T12:00:00.1+02:00, found '" + text + "'");
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
        if (text == null || text.isEmpty()) {
            return column == null ? null : column.otherwise();
        }
        return column == null || field == Field.ACTOR ? text : column.values().getOrDefault(text, text);
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
        return new BadRow(column == null ? 0 : column + 1, problem, message);
    }
}
