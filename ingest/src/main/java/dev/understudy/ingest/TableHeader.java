package dev.understudy.ingest;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the columns of a CSV file are: found from its first lines, whatever stands between the columns and before the
 * header.
 *
 * @param delimiter between columns; a blank stands for any number of blanks and tabs
 * @param width number of columns
 * @param positions of what is wanted, from 0; -1 for what the file lacks and does not need
 * @param linesBefore lines up to and with the header
 */
record TableHeader(char delimiter, int width, int[] positions, int linesBefore) {
    /**
     * A column that is looked for.
     *
     * @param name in the header; null for one that is never there
     * @param isNeeded whether a file without it cannot be read
     * @param isNumber whether its cells are numbers
     */
    record Wanted(@Nullable String name, boolean isNeeded, boolean isNumber) {}

    private static final List<Character> DELIMITERS = List.of(',', ';', '\t', '|', ' ');

    /**
     * Finds the columns.
     *
     * @param lines the first lines of the file
     * @param place the file, for messages
     * @throws IngestException if no line has all that is needed; the message says what the likeliest lacks
     */
    static TableHeader find(List<String> lines, Layout layout, List<Wanted> wanted, String place) {
        List<Character> delimiters = layout.delimiter() == 0 ? DELIMITERS : List.of(layout.delimiter());
        if (!layout.header().isEmpty()) {
            char delimiter = lines.isEmpty() ? ',' : widest(delimiters, lines.get(0));
            return of(layout.header(), delimiter, wanted, 0, place);
        }
        String nearest = "";
        int most = -1;
        for (int line = 0; line < lines.size(); line++) {
            if (isNoRow(lines.get(line), layout)) {
                continue;
            }
            for (char delimiter : delimiters) {
                List<String> cells = cellsOrNone(lines.get(line), delimiter);
                List<String> missing = missing(cells, wanted);
                if (missing.isEmpty()) {
                    return of(cells, delimiter, wanted, line + 1, place);
                }
                if (wanted.size() - missing.size() > most) {
                    most = wanted.size() - missing.size();
                    nearest = "%s:%d: expected the columns %s, found %s".formatted(place, line + 1, missing, cells);
                }
            }
        }
        throw new IngestException(
                nearest.isEmpty()
                        ? place + ": expected a header with the columns " + missing(List.of(), wanted)
                                + ", found no line of text"
                        : nearest);
    }

    private static TableHeader of(
            List<String> header, char delimiter, List<Wanted> wanted, int linesBefore, String place) {
        int[] positions = new int[wanted.size()];
        List<String> problems = new ArrayList<>();
        for (int i = 0; i < positions.length; i++) {
            String name = wanted.get(i).name();
            if (name == null) {
                positions[i] = -1;
                continue;
            }
            positions[i] = indexOf(header, name);
            if (positions[i] == -2) {
                problems.add("expected the column %s once, found it in cells %s (name one as %s#2)"
                        .formatted(name, cellsOf(header, name), name));
            } else if (positions[i] < 0 && wanted.get(i).isNeeded()) {
                problems.add("expected the column %s, found %s".formatted(name, header));
            }
        }
        if (!problems.isEmpty()) {
            throw new IngestException(place + ":" + Math.max(1, linesBefore) + ": " + String.join("; ", problems));
        }
        return new TableHeader(delimiter, header.size(), positions, linesBefore);
    }

    /** Returns the cells of a line by the delimiter that gives most of them. */
    static List<String> widestCells(String line) {
        return cellsOrNone(line, widest(DELIMITERS.subList(0, DELIMITERS.size() - 1), line));
    }

    private static char widest(List<Character> delimiters, String line) {
        char widest = delimiters.get(0);
        for (char delimiter : delimiters) {
            if (cellsOrNone(line, delimiter).size() > cellsOrNone(line, widest).size()) {
                widest = delimiter;
            }
        }
        return widest;
    }

    private static List<String> missing(List<String> header, List<Wanted> wanted) {
        Set<String> missing = new LinkedHashSet<>();
        for (Wanted column : wanted) {
            String name = column.name();
            if (column.isNeeded() && name != null && indexOf(header, name) == -1) {
                missing.add(name);
            }
        }
        return List.copyOf(missing);
    }

    static boolean isNoRow(String line, Layout layout) {
        return line.isBlank()
                || (!layout.comment().isEmpty() && Lines.strip(line).startsWith(layout.comment()));
    }

    /** Returns where a name is: as it stands, else in any case, else before a unit in brackets; -2 if twice. */
    private static int indexOf(List<String> header, String name) {
        int number = name.lastIndexOf('#');
        if (number > 0 && Numbers.isWhole(name.substring(number + 1))) {
            List<Integer> cells = cellsOf(header, name.substring(0, number));
            int which = Integer.parseInt(name.substring(number + 1));
            return which >= 1 && which <= cells.size() ? cells.get(which - 1) - 1 : -1;
        }
        List<Integer> cells = cellsOf(header, name);
        return cells.size() > 1 ? -2 : cells.isEmpty() ? -1 : cells.get(0) - 1;
    }

    /** Returns the cells of the header, from 1, that a name fits best. */
    private static List<Integer> cellsOf(List<String> header, String name) {
        List<Integer> exact = new ArrayList<>();
        List<Integer> alike = new ArrayList<>();
        List<Integer> before = new ArrayList<>();
        String lower = name.toLowerCase(Locale.ROOT);
        for (int i = 0; i < header.size(); i++) {
            String cell = header.get(i);
            String cellLower = cell.toLowerCase(Locale.ROOT);
            if (cell.equals(name)) {
                exact.add(i + 1);
            } else if (cellLower.equals(lower)) {
                alike.add(i + 1);
            } else if (cellLower.matches("(?s).*[^ ] *(\\([^)]*\\)|\\[[^]]*])")
                    && Lines.strip(cellLower.replaceFirst("(?s) *(\\([^)]*\\)|\\[[^]]*])$", ""))
                            .equals(lower)) {
                before.add(i + 1);
            }
        }
        return !exact.isEmpty() ? exact : !alike.isEmpty() ? alike : before;
    }

    private static List<String> cellsOrNone(String line, char delimiter) {
        try {
            return cells(line, delimiter);
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Returns the cells of a line. */
    static List<String> cells(String line, char delimiter) throws IOException {
        return delimiter == ' ' ? Arrays.asList(Lines.strip(line).split("\\s+")) : Lines.cells(line, delimiter);
    }
}
