package dev.understudy.ingest;

import dev.understudy.ingest.Row.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The first rows of a file, column by column. */
record GuessedTable(List<Column> columns, int rows) {
    /**
     * One column.
     *
     * @param isNumber whether every cell that is not missing is a number
     * @param isWritten whether every cell is a time in words
     * @param values numbers, or times in ms, in the order of the rows; NaN where one is missing
     * @param distinct texts, up to one more than a choice may have
     * @param first its first cell
     */
    record Column(
            String name, boolean isNumber, boolean isWritten, double[] values, Set<String> distinct, String first) {
        boolean rises() {
            int up = 0;
            for (int i = 1; i < values.length; i++) {
                if (!(values[i] >= values[i - 1])) {
                    return false;
                }
                up += values[i] > values[i - 1] ? 1 : 0;
            }
            return values.length > 2 && up > 0.9 * (values.length - 1) && missing() == 0;
        }

        boolean isConstant() {
            return distinct.size() <= 1;
        }

        int missing() {
            return (int) Arrays.stream(values).filter(Double::isNaN).count();
        }

        double low() {
            return Arrays.stream(values)
                    .filter(value -> !Double.isNaN(value))
                    .min()
                    .orElse(0);
        }

        double high() {
            return Arrays.stream(values)
                    .filter(value -> !Double.isNaN(value))
                    .max()
                    .orElse(0);
        }

        double medianInterval() {
            return interval(0.5);
        }

        private double interval(double share) {
            double[] intervals = new double[Math.max(1, values.length - 1)];
            for (int i = 1; i < values.length; i++) {
                intervals[i - 1] = values[i] - values[i - 1];
            }
            Arrays.sort(intervals);
            return intervals[(int) (share * (intervals.length - 1))];
        }

        /** Returns how far the tenths of the intervals lie apart, as a share of the median. */
        double spread() {
            return (interval(0.9) - interval(0.1)) / Math.max(1e-12, medianInterval());
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Column that && name.equals(that.name);
        }

        @Override
        public int hashCode() {
            return name.hashCode();
        }
    }

    List<String> names() {
        return columns.stream().map(Column::name).toList();
    }

    static GuessedTable read(Path file, int mostRows) {
        List<String> header = TableFile.header(file);
        Layout layout = TableFile.anyLayout();
        List<TableHeader.Wanted> wanted = header.stream()
                .map(name -> new TableHeader.Wanted(name, true, true))
                .toList();
        List<List<String>> cells = new ArrayList<>();
        header.forEach(name -> cells.add(new ArrayList<>()));
        TableFile table = new TableFile(file, layout, wanted);
        try (table) {
            for (int row = 0; row < mostRows; ) {
                try {
                    @Nullable String[] texts = table.next();
                    if (texts == null) {
                        break;
                    }
                    for (int i = 0; i < texts.length; i++) {
                        cells.get(i).add(texts[i] == null ? "" : table.pointed(texts[i]));
                    }
                    row++;
                } catch (BadRow e) {
                    if (e.problem == Problem.TOO_LONG) {
                        break;
                    }
                }
            }
        } catch (IOException e) {
            throw new IngestException("expected to read " + file + ", found " + Lines.describe(e), e);
        }
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < header.size(); i++) {
            columns.add(column(header.get(i), cells.get(i)));
        }
        int rows = cells.isEmpty() ? 0 : cells.get(0).size();
        if (rows < 3) {
            throw new IngestException(file + ": expected at least three rows under a header, found " + rows);
        }
        return new GuessedTable(columns, rows);
    }

    private static Column column(String name, List<String> cells) {
        Set<String> distinct = new LinkedHashSet<>();
        double[] values = new double[cells.size()];
        boolean isNumber = true;
        boolean isWritten = !cells.isEmpty();
        Long before = null;
        for (int i = 0; i < values.length; i++) {
            String cell = cells.get(i);
            if (distinct.size() <= PolicyGuess.MOST_CHOICES && !Numbers.isMissing(cell)) {
                distinct.add(cell);
            }
            values[i] = Numbers.parse(cell);
            isNumber &= !Double.isNaN(values[i]) || Numbers.isMissing(cell);
            if (isWritten) {
                try {
                    Instant time = Times.iso(cell, ZoneOffset.UTC, before);
                    before = time.toEpochMilli();
                    values[i] = before;
                } catch (DateTimeException e) {
                    isWritten = false;
                }
            }
        }
        boolean hasNumbers = Arrays.stream(values).anyMatch(value -> !Double.isNaN(value));
        return new Column(
                name,
                isNumber && hasNumbers && !isWritten,
                isWritten,
                values,
                distinct,
                cells.isEmpty() ? "" : cells.get(0));
    }
}
