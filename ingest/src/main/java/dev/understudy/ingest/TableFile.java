package dev.understudy.ingest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.understudy.ingest.Row.Problem;
import dev.understudy.ingest.TableHeader.Wanted;
import java.io.IOException;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one file, CSV or JSON lines, as the texts of the columns that are wanted. What was found out about the
 * file instead of being told is in {@link #notes}.
 */
final class TableFile implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS) // as Python writes what is missing
            .build();
    private static final int PEEKED_LINES = 60;
    private static final Pattern WITH_COMMA = Pattern.compile("[+-]?[0-9]+,[0-9]+([eE][+-]?[0-9]+)?");
    private static final Pattern WITH_POINT = Pattern.compile("[+-]?[0-9]*\\.[0-9]+([eE][+-]?[0-9]+)?");

    private final Lines lines;
    private final Layout layout;
    private final List<Wanted> wanted;
    private final boolean isJson;
    private final @Nullable TableHeader header;
    private final List<String> notes = new ArrayList<>();
    private final Deque<String> peeked = new ArrayDeque<>();
    /** Elements of an array on one line that are still to come. */
    private final Deque<JsonNode> elements = new ArrayDeque<>();

    private long line;
    private char decimal = '.';
    private String text = "";

    /**
     * Opens a file and looks at its beginning.
     *
     * @throws IngestException if it cannot be read or lacks columns
     */
    TableFile(Path file, Layout layout, List<Wanted> wanted) {
        this.layout = layout;
        this.wanted = wanted;
        lines = new Lines(file);
        try {
            for (int i = 0; i < PEEKED_LINES; i++) {
                String next = lines.next();
                if (next == null) {
                    break;
                }
                peeked.add(next);
            }
            isJson = layout.format() == Layout.Format.JSONL
                    || (layout.format() == Layout.Format.AUTO
                            && peeked.stream()
                                    .filter(each -> !each.isBlank())
                                    .findFirst()
                                    .filter(each -> each.matches("(?s)\\s*[\\[{].*"))
                                    .isPresent());
            header = isJson ? null : TableHeader.find(List.copyOf(peeked), layout, wanted, file.toString());
            decimal = layout.decimal() == 0 ? '.' : layout.decimal();
            if (header != null) {
                beginTable(header);
            }
        } catch (IOException e) {
            lines.close();
            throw new IngestException("expected to read " + file + ", found " + Lines.describe(e), e);
        } catch (IngestException e) {
            lines.close();
            throw e;
        }
    }

    /** Returns the layout of a file that nothing is known of. */
    static Layout anyLayout() {
        return new Layout(
                Layout.Format.AUTO,
                (char) 0,
                (char) 0,
                "#",
                List.of(),
                ZoneOffset.UTC,
                false,
                Map.of(),
                List.of(),
                List.of());
    }

    /**
     * Returns the names of the columns of a file that nothing is known of: the widest of its first lines, or the
     * members of its first object that are no objects themselves.
     *
     * @throws IngestException if it cannot be read or has none
     */
    static List<String> header(Path file) {
        try (Lines lines = new Lines(file)) {
            List<String> names = List.of();
            for (int i = 0; i < PEEKED_LINES; i++) {
                String line = lines.next();
                if (line == null) {
                    break;
                }
                if (line.matches("(?s)\\s*\\[?\\s*\\{.*")) {
                    return members(line);
                }
                List<String> cells = TableHeader.isNoRow(line, anyLayout()) ? List.of() : TableHeader.widestCells(line);
                names = cells.size() > names.size() ? cells : names;
            }
            List<String> found = names.stream().filter(name -> !name.isEmpty()).toList();
            if (found.size() < 2 || found.stream().anyMatch(name -> !Double.isNaN(Numbers.parse(name)))) {
                throw new IngestException(
                        file + ": expected a first row that names two columns or more, found " + names);
            }
            return found;
        } catch (IOException e) {
            throw new IngestException("expected to read " + file + ", found " + Lines.describe(e), e);
        }
    }

    private static List<String> members(String line) throws IOException {
        String stripped = Lines.strip(line);
        JsonNode root = JSON.readTree(stripped.endsWith(",") ? stripped.substring(0, stripped.length() - 1) : stripped);
        List<String> names = new ArrayList<>();
        (root.isArray() ? root.path(0) : root).properties().forEach(entry -> {
            if (!entry.getValue().isContainerNode()) {
                names.add(entry.getKey());
            }
        });
        return names;
    }

    private void beginTable(TableHeader found) throws IOException {
        int skipped = 0;
        for (int i = 0; i < found.linesBefore(); i++) {
            skipped += i + 1 < found.linesBefore() && !TableHeader.isNoRow(peeked.getFirst(), layout) ? 1 : 0;
            peeked.removeFirst();
            line++;
        }
        if (skipped > 0) {
            notes.add("%s: passed over %s before the header".formatted(name(), Remarks.count(skipped, "line")));
        }
        if (layout.delimiter() == 0 && found.delimiter() != ',') {
            notes.add("%s: columns are separated by %s".formatted(name(), word(found.delimiter())));
        }
        List<List<String>> rows = new ArrayList<>();
        for (String each : peeked) {
            if (!TableHeader.isNoRow(each, layout) && each.indexOf('"') < 0) {
                rows.add(numbers(TableHeader.cells(each, found.delimiter()), found));
            }
        }
        if (layout.decimal() == 0
                && found.delimiter() != ','
                && rows.stream().anyMatch(row -> any(row, WITH_COMMA))
                && rows.stream().noneMatch(row -> any(row, WITH_POINT))) {
            decimal = ',';
            notes.add(name() + ": numbers have a decimal comma");
        }
        if (rows.size() > 1 && isOfUnits(rows.get(0)) && !isOfUnits(rows.get(1))) {
            notes.add("%s: passed over a row of units, %s".formatted(name(), rows.get(0)));
            while (TableHeader.isNoRow(peeked.getFirst(), layout)) {
                peeked.removeFirst();
                line++;
            }
            peeked.removeFirst();
            line++;
        }
    }

    private static String word(char delimiter) {
        return delimiter == '\t' ? "tabs" : delimiter == ' ' ? "blanks" : "'" + delimiter + "'";
    }

    /** The cells of a row that are to be numbers. */
    private List<String> numbers(List<String> cells, TableHeader found) {
        List<String> numbers = new ArrayList<>();
        for (int i = 0; i < wanted.size(); i++) {
            int at = found.positions()[i];
            if (wanted.get(i).isNumber() && at >= 0 && at < cells.size()) {
                numbers.add(cells.get(at));
            }
        }
        return numbers;
    }

    private static boolean any(List<String> cells, Pattern pattern) {
        return cells.stream().anyMatch(cell -> pattern.matcher(cell).matches());
    }

    private static boolean isOfUnits(List<String> cells) {
        return cells.stream().anyMatch(cell -> !Numbers.isMissing(cell))
                && cells.stream().noneMatch(cell -> cell.matches("(?s).*[0-9].*"));
    }

    /** Returns what was found out about the file, in plain words. */
    List<String> notes() {
        return notes;
    }

    String name() {
        return lines.name();
    }

    /** Number of the last line, from 1. */
    long line() {
        return line;
    }

    /** The last line as it stands in the file. */
    String text() {
        return text;
    }

    /** Returns a number's text with a point before its fraction; text that is no number stays none. */
    String pointed(String number) {
        return decimal == '.' ? number : number.indexOf('.') >= 0 ? number + decimal : number.replace(decimal, '.');
    }

    /** Returns the number of the cell of a column, from 1, for messages; 0 where cells have none. */
    int place(int column) {
        return header == null ? 0 : header.positions()[column] + 1;
    }

    /**
     * Returns the texts of the next row, empty where there is nothing, null for a column that the file lacks; null
     * after the last row.
     *
     * @throws BadRow if the next line is no row; those after it can be read
     * @throws IOException if the rest of the file cannot be read
     */
    @Nullable
    String @Nullable [] next() throws BadRow, IOException {
        if (!elements.isEmpty()) {
            return texts(elements.removeFirst());
        }
        do {
            String next = peeked.isEmpty() ? lines.next() : peeked.removeFirst();
            if (next == null) {
                return null;
            }
            line++;
            text = next;
        } while (TableHeader.isNoRow(text, layout) || (isJson && text.matches("\\s*[\\[\\]],?\\s*")));
        if (lines.wasCut() && peeked.isEmpty()) {
            throw new BadRow(
                    0, Problem.TOO_LONG, "expected a row of at most " + Lines.MAX_CHARS + " characters, found more");
        }
        return isJson ? json() : csv();
    }

    private @Nullable String[] csv() throws BadRow {
        if (header == null) {
            throw new IllegalStateException("expected the header of a table, found none");
        }
        List<String> cells;
        try {
            cells = TableHeader.cells(text, header.delimiter());
        } catch (IOException e) {
            throw new BadRow(0, Problem.QUOTES, "expected quotes that match on the line, found " + Lines.describe(e));
        }
        for (int i = header.width(); i < cells.size(); i++) {
            if (!cells.get(i).isEmpty()) {
                throw new BadRow(
                        i + 1,
                        Problem.COLUMNS,
                        "expected " + header.width() + " columns as in the header, found " + cells.size()
                                + " (is the delimiter part of a number?)");
            }
        }
        @Nullable String[] texts = new @Nullable String[wanted.size()];
        for (int i = 0; i < texts.length; i++) {
            int at = header.positions()[i];
            if (at >= cells.size()) {
                throw new BadRow(
                        0, Problem.COLUMNS, "expected at least " + (at + 1) + " columns, found " + cells.size());
            }
            texts[i] = at < 0 ? null : cells.get(at);
        }
        return texts;
    }

    private @Nullable String @Nullable [] json() throws BadRow, IOException {
        String stripped = Lines.strip(text);
        JsonNode root;
        try {
            root = JSON.readTree(stripped.endsWith(",") ? stripped.substring(0, stripped.length() - 1) : stripped);
        } catch (JsonProcessingException e) {
            int column = e.getLocation() == null ? 0 : e.getLocation().getColumnNr();
            throw new BadRow(column, Problem.JSON, "expected a JSON object, found " + e.getOriginalMessage());
        }
        if (root.isArray()) {
            root.forEach(elements::add);
            return next();
        }
        return texts(root);
    }

    private @Nullable String[] texts(JsonNode root) throws BadRow {
        if (!root.isObject()) {
            throw new BadRow(0, Problem.JSON, "expected a JSON object, found " + root.getNodeType());
        }
        @Nullable String[] texts = new @Nullable String[wanted.size()];
        for (int i = 0; i < texts.length; i++) {
            String name = wanted.get(i).name();
            if (name == null) {
                continue;
            }
            JsonNode node = name.startsWith("/") ? root.at(name) : root.path(name);
            if (node.isContainerNode()) {
                throw new BadRow(0, Problem.JSON, "expected a value at " + name + ", found " + node.getNodeType());
            }
            texts[i] = node.isMissingNode() ? null : node.isNull() ? "" : Lines.strip(node.asText());
        }
        return texts;
    }

    @Override
    public void close() {
        lines.close();
    }
}
