package dev.understudy.app.console;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Rows of text in aligned columns. */
public final class Table {
    private final List<List<String>> rows = new ArrayList<>();

    /** A table with these headings. */
    public Table(String... headings) {
        rows.add(List.of(headings));
    }

    /** Returns a table of figures, a row each; those of nested maps have both names. Lists are left out. */
    public static Table ofFigures(Map<String, ? extends @Nullable Object> figures) {
        Table table = new Table("figure", "value");
        table.figures("", figures);
        return table;
    }

    private void figures(String prefix, Map<?, ?> figures) {
        figures.forEach((name, value) -> {
            if (value instanceof Map<?, ?> nested) {
                figures(prefix + name + ".", nested);
            } else if (!(value instanceof List<?>)) {
                row(prefix + name, figure(value));
            }
        });
    }

    /** Returns a figure as text: three digits behind the point of those that have any, a dash for none. */
    public static String figure(@Nullable Object value) {
        if (value instanceof Double figure) {
            return Double.isFinite(figure) ? String.format(Locale.ROOT, "%.3f", figure) : "-";
        }
        return value == null ? "-" : String.valueOf(value);
    }

    /** Adds a row, one cell per heading. */
    public Table row(Object... cells) {
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(String.valueOf(cell));
        }
        rows.add(row);
        return this;
    }

    @Override
    public String toString() {
        int columns = rows.get(0).size();
        int[] widths = IntStream.range(0, columns)
                .map(column -> rows.stream()
                        .mapToInt(row -> row.get(column).length())
                        .max()
                        .orElse(0))
                .toArray();
        return rows.stream()
                .map(row -> IntStream.range(0, columns)
                        .mapToObj(column -> row.get(column)
                                + " ".repeat(widths[column] - row.get(column).length()))
                        .collect(Collectors.joining("  "))
                        .stripTrailing())
                .collect(Collectors.joining(System.lineSeparator()));
    }
}
