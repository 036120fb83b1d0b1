package dev.understudy.ingest;

import dev.understudy.ingest.Mapping.Column;
import dev.understudy.ingest.Row.Problem;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/**
 * Times as the column of a log has them.
 *
 * @param column what the column holds
 * @param zone of times that name none
 */
record TimeColumn(Column column, ZoneId zone) {
    private static final long EARLIEST_MS = 0;
    private static final long LATEST_MS = Instant.parse("2200-01-01T00:00:00Z").toEpochMilli();

    /**
     * Returns the time that a text names, milliseconds since 1970.
     *
     * @param text as it stands in the log
     * @param pointed the same with a point before a fraction
     * @param previousMs the time before in the same log; null if there was none
     * @param place number of the column, for messages
     * @throws BadRow if it names none
     */
    long ms(String text, String pointed, @Nullable Long previousMs, int place) throws BadRow {
        boolean isText = column.pattern() != null || column.unit().equals(Field.ISO_8601);
        long ms = isText ? written(text, previousMs, place) : column.origin().toEpochMilli() + numeric(pointed, place);
        if (ms < EARLIEST_MS || ms > LATEST_MS) {
            throw new BadRow(
                    place,
                    Problem.TIME,
                    "expected a time between 1970 and 2200, found '" + text + "' in " + column.unit()
                            + " (is the unit right?)");
        }
        return ms;
    }

    private long numeric(String text, int place) throws BadRow {
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
                throw new BadRow(place, Problem.TIME, "expected a time in " + unit + ", found '" + text + "'");
            }
        }
        double value = Numbers.parse(text) * toMs;
        if (!Double.isFinite(value)) {
            throw new BadRow(place, Problem.TIME, "expected a time in " + unit + ", found '" + text + "'" + hint(text));
        }
        return Math.round(value);
    }

    /** Returns what may be meant by a text that is no number. */
    static String hint(String text) {
        return text.matches("[+-]?[0-9]+,[0-9]+")
                ? " (decimal commas are read where the mapping says \"decimal\": \",\")"
                : "";
    }

    private long written(String text, @Nullable Long previousMs, int place) throws BadRow {
        try {
            Instant time = column.pattern() == null
                    ? Times.iso(text, zone, previousMs)
                    : Times.patterned(text, column.pattern().formatter(), zone, previousMs);
            return time.toEpochMilli();
        } catch (DateTimeException | ArithmeticException e) {
            String found = String.valueOf(e.getMessage());
            throw new BadRow(
                    place,
                    Problem.TIME,
                    column.pattern() == null
                            ? "expected a time like 2019-10-08T12:00:00.1+02:00, found "
                                    + (found.startsWith("'") ? found : "'" + text + "' (" + found + ")")
                                    + "; for another form, say its 'pattern' in the mapping"
                            : "expected a time like " + column.pattern().text() + ", found '" + text + "'");
        }
    }
}
