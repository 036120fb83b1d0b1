package dev.understudy.ingest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.understudy.driving.FollowingSample;
import dev.understudy.ingest.Row.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The rows of files that a mapping explains. */
final class MappedSource implements SampleSource {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS) // as Python writes what is missing
            .build();
    private static final int SHOWN_CHARS = 1000;

    private static final int PEEK_ROWS = 500;
    /** Share of rows at the time of the row before, from which on the unit of time is doubted. */
    private static final double STANDING = 0.6;

    /** Words for a distance that is mostly not from bumper to bumper. */
    private static final Pattern HEADWAY =
            Pattern.compile("head.?way|spacing|dhw|front.?to.?front|cent(er|re)", Pattern.CASE_INSENSITIVE);

    private static final long YEAR_1980_MS = 315_532_800_000L;

    private final Mapping mapping;
    private final Path mappingFile;
    private final List<Path> files;
    private final List<String> notes;
    private final RowMapper mapper;
    private final Map<Path, Long> unitsMs = new HashMap<>();
    private Map<Field, Integer> columns = new EnumMap<>(Field.class);
    private int width;
    private int nextFile;
    private @Nullable Lines lines;
    private @Nullable Row ready;
    /** Numbers the samples; null where a column does. */
    private final @Nullable CountedTrips counted;

    /**
     * Looks into each file: at its header, and at its first rows.
     *
     * @param notes what is already known and a user should know
     * @throws IngestException if files cannot be read or lack columns; all problems are in one message
     */
    MappedSource(Mapping mapping, Path mappingFile, List<Path> files, List<String> notes) {
        this.mapping = mapping;
        this.mappingFile = mappingFile;
        this.files = List.copyOf(files);
        this.notes = new ArrayList<>(notes);
        this.mapper = new RowMapper(mapping);
        this.counted = mapping.columns().containsKey(Field.SEQUENCE) ? null : new CountedTrips(!mapping.sort());
        Mapping.Column speed = mapping.columns().get(Field.SPEED);
        Mapping.Column leader = mapping.columns().get(Field.LEADER_SPEED);
        if (speed != null
                && leader != null
                && speed.name() != null
                && speed.name().equals(leader.name())) {
            this.notes.add("speed and leaderSpeed are both the column " + speed.name() + ", so nobody ever closes in");
        }
        Mapping.Column gap = mapping.columns().get(Field.GAP);
        if (gap != null && gap.name() != null && HEADWAY.matcher(gap.name()).find()) {
            this.notes.add("gap is the column " + gap.name()
                    + ": a headway or spacing is mostly measured from front to front; the gap has to be from bumper to"
                    + " bumper, a car's length less");
        }
        List<String> problems = new ArrayList<>();
        for (Path file : files) {
            try {
                peek(file);
            } catch (IngestException e) {
                problems.add(String.valueOf(e.getMessage()));
            }
        }
        if (!problems.isEmpty()) {
            throw new IngestException(String.join("; ", problems));
        }
    }

    /** Finds from the first rows of a file how far apart its samples are, and whether its times make sense. */
    private void peek(Path file) {
        RowMapper scratch = new RowMapper(mapping);
        Map<String, Long> lastMs = new HashMap<>();
        int[] intervals = new int[PEEK_ROWS];
        int found = 0;
        int standing = 0;
        int read = 0;
        long newestMs = Long.MIN_VALUE;
        try (Lines opened = open(file)) {
            for (int i = 0; i < PEEK_ROWS; i++) {
                String line = opened.next();
                if (line == null) {
                    break;
                }
                if (isNoRow(line) || opened.wasCut()) {
                    continue;
                }
                try {
                    FollowingSample sample =
                            scratch.map(opened.name(), i, texts(line), columns).sample();
                    Long before = lastMs.put(sample.trip(), sample.timeMs());
                    long interval = before == null ? -1 : sample.timeMs() - before;
                    standing += interval == 0 ? 1 : 0;
                    if (interval > 0 && interval <= Integer.MAX_VALUE) {
                        intervals[found++] = (int) interval;
                    }
                    newestMs = Math.max(newestMs, sample.timeMs());
                    read++;
                } catch (BadRow e) {
                    // told when it is read
                }
            }
        } catch (IOException e) {
            // told when it is read
        }
        unitsMs.put(file, Numbering.unit(Arrays.copyOf(intervals, found)));
        if (read >= 10 && standing > STANDING * read) {
            notes.add("%s: time does not advance: %d of the first %d rows have the time of the row before (is the unit"
                            .formatted(file, standing, read)
                    + " of time right?)");
        }
        Mapping.Column time = mapping.columns().get(Field.TIME);
        if (newestMs != Long.MIN_VALUE
                && newestMs < YEAR_1980_MS
                && time != null
                && time.origin().equals(Instant.EPOCH)) {
            notes.add("%s: its first times are in %d, up to %s (is the unit of time right, or is there an origin?)"
                    .formatted(
                            file,
                            Instant.ofEpochMilli(newestMs)
                                    .atZone(ZoneOffset.UTC)
                                    .getYear(),
                            Instant.ofEpochMilli(newestMs)));
        }
    }

    @Override
    public List<String> notes() {
        List<String> all = new ArrayList<>(notes);
        String ofTrips = counted == null ? null : counted.note();
        if (ofTrips != null) {
            all.add(ofTrips);
        }
        return List.copyOf(all);
    }

    @Override
    public String describe() {
        return "mapped by " + mappingFile + " (" + mapping.fingerprint() + "): "
                + String.join(",", files.stream().map(Path::toString).toList());
    }

    @Override
    public boolean hasNext() {
        while (ready == null) {
            ready = counted == null ? null : counted.poll();
            if (ready == null && !readOn()) {
                return false;
            }
        }
        return true;
    }

    /** Reads a line, if there is one in this file or the next; false if there is none. */
    private boolean readOn() {
        if (lines == null) {
            if (nextFile >= files.size()) {
                return false;
            }
            Path file = files.get(nextFile++);
            lines = open(file);
            if (counted != null) {
                counted.beginFile(mapping.stepMs() > 0 ? mapping.stepMs() : unitsMs.getOrDefault(file, 100L));
            }
        }
        Row row = readRow(lines);
        if (counted == null) {
            ready = row;
            return true;
        }
        if (row != null) {
            counted.take(row);
        }
        if (lines == null) {
            counted.endFile();
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

    /** Opens a file, behind its header if it has one, and finds its columns. */
    private Lines open(Path file) {
        Lines opened = new Lines(file);
        if (mapping.format() == Mapping.Format.JSONL) {
            return opened;
        }
        try {
            List<String> header = mapping.header();
            if (header.isEmpty()) {
                String first = opened.next();
                while (first != null && isComment(first)) {
                    first = opened.next();
                }
                header = first == null ? List.of() : Lines.cells(first, mapping.delimiter());
            }
            width = opened.wasCut() ? Integer.MAX_VALUE : header.size();
            columns = columns(header, file + ":" + Math.max(1, opened.number()));
            return opened;
        } catch (IOException e) {
            opened.close();
            throw new IngestException("expected to read " + file + ", found " + Lines.describe(e), e);
        } catch (IngestException e) {
            opened.close();
            throw e;
        }
    }

    private Map<Field, Integer> columns(List<String> header, String place) {
        Map<Field, Integer> found = new EnumMap<>(Field.class);
        List<String> missing = new ArrayList<>();
        mapping.columns().forEach((field, column) -> {
            if (column.name() != null) {
                int at = indexOf(header, column.name());
                if (at >= 0) {
                    found.put(field, at);
                } else if (column.otherwise() == null) {
                    missing.add(column.name() + " (" + field.word() + ")");
                }
            }
        });
        if (!missing.isEmpty()) {
            throw new IngestException(
                    place + ": expected the columns " + missing + " that " + mappingFile + " names, found " + header);
        }
        return found;
    }

    /** Returns where a name is; one that differs in capitals alone counts where it is the only one. */
    private static int indexOf(List<String> header, String name) {
        int exact = header.indexOf(name);
        if (exact >= 0) {
            return exact;
        }
        List<String> alike =
                header.stream().filter(each -> each.equalsIgnoreCase(name)).toList();
        return alike.size() == 1 ? header.indexOf(alike.get(0)) : -1;
    }

    private boolean isComment(String line) {
        return !mapping.comment().isEmpty() && Lines.strip(line).startsWith(mapping.comment());
    }

    private boolean isNoRow(String line) {
        return line.isBlank() || isComment(line);
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
        if (isNoRow(line)) {
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
        for (int i = width; i < cells.size(); i++) {
            if (!cells.get(i).isEmpty()) {
                throw new BadRow(
                        i + 1,
                        Problem.COLUMNS,
                        "expected " + width + " columns as in the header, found " + cells.size()
                                + " (is the delimiter part of a number?)");
            }
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
                texts.put(entry.getKey(), node.isMissingNode() || node.isNull() ? "" : Lines.strip(node.asText()));
            }
        }
        return texts;
    }
}
