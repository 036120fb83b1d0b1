package dev.understudy.ingest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.understudy.ingest.Row.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** The rows of files that a mapping explains. */
final class MappedSource implements SampleSource {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final int SHOWN_CHARS = 1000;

    private final Mapping mapping;
    private final Path mappingFile;
    private final List<Path> files;
    private final RowMapper mapper;
    private final Map<Field, Integer> columns = new EnumMap<>(Field.class);
    private int nextFile;
    private @Nullable Lines lines;
    private @Nullable Row ready;

    MappedSource(Mapping mapping, Path mappingFile, List<Path> files) {
        this.mapping = mapping;
        this.mappingFile = mappingFile;
        this.files = List.copyOf(files);
        this.mapper = new RowMapper(mapping);
    }

    @Override
    public String describe() {
        return "mapped by " + mappingFile + " (" + mapping.fingerprint() + "): "
                + String.join(",", files.stream().map(Path::toString).toList());
    }

    @Override
    public boolean hasNext() {
        while (ready == null) {
            if (lines == null) {
                if (nextFile >= files.size()) {
                    return false;
                }
                lines = open(files.get(nextFile++));
            }
            ready = readRow(lines);
        }
        return true;
    }

    @Override
    public Row next() {
        if (!hasNext() || ready == null) {
            throw new NoSuchElementException();
        }
        Row row = ready;
        ready = null;
        return row;
    }

    @Override
    public void close() {
        if (lines != null) {
            lines.close();
            lines = null;
        }
    }

    private Lines open(Path file) {
        Lines opened = new Lines(file);
        if (mapping.format() == Mapping.Format.JSONL) {
            return opened;
        }
        try {
            String first = opened.next();
            List<String> header = first == null ? List.of() : Lines.cells(first, mapping.delimiter());
            List<String> missing = new ArrayList<>();
            columns.clear();
            mapping.columns().forEach((field, column) -> {
                if (column.name() != null) {
                    int at = header.indexOf(column.name());
                    columns.put(field, at);
                    if (at < 0) {
                        missing.add(column.name() + " (" + field.word() + ")");
                    }
                }
            });
            if (!missing.isEmpty()) {
                opened.close();
                throw new IngestException(file + ":1: expected the columns " + missing + " that " + mappingFile
                        + " names, found " + header);
            }
            return opened;
        } catch (IOException e) {
            opened.close();
            throw new IngestException("expected to read " + file + ", found " + Lines.describe(e), e);
        }
    }

    /** Returns the next row; null at the end of the file (which is then closed) and for a blank line. */
    private @Nullable Row readRow(Lines from) {
        String line;
        try {
            line = from.next();
        } catch (IOException e) {
            close();
            return new Row.Bad(
                    from.name(),
                    from.number() + 1,
                    0,
                    Problem.UNREADABLE,
                    "expected the file to go on, found " + Lines.describe(e),
                    "");
        }
        if (line == null) {
            close();
            return null;
        }
        if (line.isBlank()) {
            return null;
        }
        String shown = line.substring(0, Math.min(SHOWN_CHARS, line.length()));
        if (from.wasCut()) {
            return new Row.Bad(
                    from.name(),
                    from.number(),
                    0,
                    Problem.TOO_LONG,
                    "expected a row of at most " + Lines.MAX_CHARS + " characters, found more",
                    shown);
        }
        try {
            return mapper.map(from.name(), from.number(), texts(line), columns);
        } catch (BadRow e) {
            return new Row.Bad(from.name(), from.number(), e.column, e.problem, e.getMessage(), shown);
        }
    }

    private Map<Field, String> texts(String line) throws BadRow {
        return mapping.format() == Mapping.Format.CSV ? csv(line) : json(line);
    }

    private Map<Field, String> csv(String line) throws BadRow {
        List<String> cells;
        try {
            cells = Lines.cells(line, mapping.delimiter());
        } catch (IOException e) {
            throw new BadRow(0, Problem.QUOTES, "expected quotes that match on the line, found " + Lines.describe(e));
        }
        Map<Field, String> texts = new EnumMap<>(Field.class);
        for (Map.Entry<Field, Integer> column : columns.entrySet()) {
            if (column.getValue() >= cells.size()) {
                throw new BadRow(
                        0,
                        Problem.COLUMNS,
                        "expected at least " + (column.getValue() + 1) + " columns, found " + cells.size());
            }
            texts.put(column.getKey(), cells.get(column.getValue()));
        }
        return texts;
    }

    private Map<Field, String> json(String line) throws BadRow {
        JsonNode root;
        try {
            root = JSON.readTree(line);
        } catch (JsonProcessingException e) {
            int column = e.getLocation() == null ? 0 : e.getLocation().getColumnNr();
            throw new BadRow(column, Problem.JSON, "expected a JSON object, found " + e.getOriginalMessage());
        }
        if (!root.isObject()) {
            throw new BadRow(0, Problem.JSON, "expected a JSON object, found " + root.getNodeType());
        }
        Map<Field, String> texts = new EnumMap<>(Field.class);
        for (Map.Entry<Field, Mapping.Column> entry : mapping.columns().entrySet()) {
            String name = entry.getValue().name();
            if (name != null) {
                JsonNode node = name.startsWith("/") ? root.at(name) : root.path(name);
                if (node.isContainerNode()) {
                    throw new BadRow(
                            0,
                            Problem.JSON,
                            "expected a value for " + entry.getKey().word() + " at " + name + ", found "
                                    + node.getNodeType());
                }
                texts.put(
                        entry.getKey(),
                        node.isMissingNode() || node.isNull()
                                ? ""
                                : node.asText().strip());
            }
        }
        return texts;
    }
}
