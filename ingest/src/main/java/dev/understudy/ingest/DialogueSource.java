package dev.understudy.ingest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.understudy.ingest.Row.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/** The turns of files of one format, in the order of their times; what cannot be used comes first. */
final class DialogueSource implements SampleSource {
    /** Far above any conversation; keeps a file without line ends from filling memory. */
    static final int MOST_LINE_CHARS = 4 * 1024 * 1024;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final DialogueFormat format;
    private final List<Path> files;
    private final Iterator<Row> rows;
    private final long masked;

    DialogueSource(DialogueFormat format, List<Path> files, Instant end) {
        this.format = format;
        this.files = List.copyOf(files);
        DialogueLayout layout = format.layout();
        DialogueRows read = new DialogueRows();
        for (Path file : files) {
            read(file, layout, read);
        }
        masked = read.masked();
        List<Row> all = read.rows();
        if (!format.hasTimes()) {
            long startMs = end.toEpochMilli() - Math.max(0, read.nextTimeMs() - DialogueRows.TURN_MS);
            all.replaceAll(row -> row instanceof Row.Said said
                    ? new Row.Said(
                            said.source(),
                            said.line(),
                            said.sample().at(startMs + said.sample().timeMs()))
                    : row);
        }
        all.sort(Comparator.comparingLong(
                row -> row instanceof Row.Said said ? said.sample().timeMs() : Long.MIN_VALUE));
        rows = all.iterator();
    }

    /** Returns the names of the members of a line that is a JSON object; none if it is something else. */
    static Set<String> members(String line) {
        try {
            Set<String> names = new HashSet<>();
            JSON.readTree(line).fieldNames().forEachRemaining(names::add);
            return names;
        } catch (JsonProcessingException e) {
            return Set.of();
        }
    }

    private static void read(Path file, DialogueLayout layout, DialogueRows out) {
        try (Lines lines = new Lines(file, MOST_LINE_CHARS)) {
            for (String line = lines.next(); line != null; line = lines.next()) {
                out.at(lines.name(), lines.number(), line);
                if (lines.wasCut()) {
                    out.bad(new BadRow(
                            0,
                            Problem.TOO_LONG,
                            "expected a line of at most %,d characters".formatted(MOST_LINE_CHARS)));
                } else if (!line.isBlank()) {
                    read(line, layout, out);
                }
            }
        } catch (IOException e) {
            throw new IngestException("expected to read all of %s, found %s".formatted(file, Lines.describe(e)), e);
        }
    }

    private static void read(String line, DialogueLayout layout, DialogueRows out) {
        try {
            JsonNode object = JSON.readTree(line);
            if (!object.isObject()) {
                throw new BadRow(0, Problem.JSON, "expected a JSON object, found " + DialogueRows.found(object));
            }
            layout.read(object, out);
        } catch (JsonProcessingException e) {
            out.bad(new BadRow(0, Problem.JSON, "expected a JSON object, found " + e.getOriginalMessage()));
        } catch (BadRow e) {
            out.bad(e);
        }
    }

    @Override
    public String describe() {
        return "conversations as %s in %s".formatted(format, files);
    }

    @Override
    public List<String> notes() {
        return masked == 0 ? List.of() : List.of("personal data was masked in " + Remarks.count(masked, "turn"));
    }

    @Override
    public boolean hasNext() {
        return rows.hasNext();
    }

    @Override
    public Row next() {
        return rows.next();
    }

    @Override
    public void close() {}
}
