package dev.understudy.ingest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.understudy.domain.Actor;
import dev.understudy.schemas.Artifacts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which columns of a file hold what, and in which units: a mapping file (JSON), described in
 * {@code docs/bring-your-own-logs.md}.
 *
 * @param format CSV or JSON lines
 * @param delimiter between the columns of CSV
 * @param decimal before the fraction of a number
 * @param comment what lines that are no rows begin with; empty where there are none
 * @param header names of the columns where no row has them; empty where one does
 * @param zone of times that name none
 * @param stepMs unit in which samples are numbered when no column does; 0 finds it from the log
 * @param sort whether to read everything first and sort it by time
 * @param columns by field
 * @param fingerprint of the text of the mapping file
 */
record Mapping(
        Format format,
        char delimiter,
        char decimal,
        String comment,
        List<String> header,
        ZoneId zone,
        long stepMs,
        boolean sort,
        Map<Field, Column> columns,
        String fingerprint) {

    /** What a file is. */
    enum Format {
        CSV,
        JSONL
    }

    /**
     * Where one field comes from.
     *
     * @param name column of CSV; member of a JSON object, or a JSON pointer when it begins with a slash; null for none
     * @param unit its unit; empty for text
     * @param otherwise what holds where the column is missing or empty; null for nothing
     * @param values words in the file by what they stand for; empty leaves words as they are
     * @param origin what a time counts from
     * @param pattern form of a time that is text; null for those of ISO 8601
     * @param rate frames a second of a time in frames; 0 elsewhere
     */
    record Column(
            @Nullable String name,
            String unit,
            @Nullable String otherwise,
            Map<String, String> values,
            Instant origin,
            @Nullable TimePattern pattern,
            double rate) {
        Column {
            values = Map.copyOf(values);
        }
    }

    /** The form of a time, as {@link DateTimeFormatter} has it. */
    record TimePattern(String text, DateTimeFormatter formatter) {}

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(JsonParser.Feature.ALLOW_COMMENTS)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final Set<String> KEYS =
            Set.of("format", "delimiter", "decimal", "comment", "header", "zone", "stepMs", "sort", "fields");
    private static final Set<String> COLUMN_KEYS =
            Set.of("column", "unit", "default", "values", "origin", "pattern", "rate");

    Mapping {
        header = List.copyOf(header);
        columns = Collections.unmodifiableMap(new EnumMap<>(columns));
    }

    /** Returns the text of a number with a point before its fraction; text that is no number stays none. */
    String pointed(String text) {
        return decimal == '.' ? text : text.indexOf('.') >= 0 ? text + decimal : text.replace(decimal, '.');
    }

    /** @throws IngestException if the file cannot be read or says something wrong; all problems are in one message */
    static Mapping read(Path file) {
        JsonNode root;
        String text;
        try {
            String read = Files.readString(file);
            text = read.startsWith("\uFEFF") ? read.substring(1) : read;
            root = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            var place = e.getLocation();
            throw new IngestException(
                    file + (place == null ? "" : ":" + place.getLineNr() + ":" + place.getColumnNr())
                            + ": expected JSON, found " + e.getOriginalMessage(),
                    e);
        } catch (IOException e) {
            throw new IngestException("expected a readable mapping file " + file + ", found " + Lines.describe(e), e);
        }
        Reading reading = new Reading();
        Mapping mapping = reading.mapping(root, text);
        if (mapping == null || !reading.problems.isEmpty()) {
            throw new IngestException(file + ": " + String.join("; ", reading.problems));
        }
        return mapping;
    }

    /** Collects every problem of one file. */
    private static final class Reading {
        final List<String> problems = new ArrayList<>();

        @Nullable
        Mapping mapping(JsonNode root, String text) {
            if (!root.isObject() || !root.path("fields").isObject()) {
                problems.add("expected an object with an object 'fields', found " + kind(root));
                return null;
            }
            unknownKeys("", root, KEYS);
            String format = text("format", root.path("format"), "csv");
            if (!Set.of("csv", "jsonl").contains(format)) {
                problems.add("expected format csv or jsonl, found '" + format + "'");
            }
            String delimiter = text("delimiter", root.path("delimiter"), ",");
            if (delimiter.length() != 1) {
                problems.add("expected a delimiter of one character, found '" + delimiter + "'");
            }
            String decimal = text("decimal", root.path("decimal"), ".");
            if (!Set.of(".", ",").contains(decimal) || decimal.equals(delimiter)) {
                problems.add("expected decimal . or , and other than the delimiter, found '" + decimal + "'");
            }
            JsonNode step = root.path("stepMs");
            if (!step.isMissingNode() && (!step.isIntegralNumber() || step.asLong() < 1)) {
                problems.add("expected stepMs of 1 or more, found " + step);
            }
            JsonNode sort = root.path("sort");
            if (!sort.isMissingNode() && !sort.isBoolean()) {
                problems.add("expected sort true or false, found " + sort);
            }
            Map<Field, Column> columns = new EnumMap<>(Field.class);
            root.path("fields").properties().forEach(entry -> {
                Optional<Field> field = Field.of(entry.getKey());
                if (field.isEmpty()) {
                    problems.add("expected one of the fields "
                            + Arrays.stream(Field.values()).map(Field::word).toList() + ", found '" + entry.getKey()
                            + "'");
                } else {
                    columns.put(field.get(), column(field.get(), entry.getValue()));
                }
            });
            for (Field field : List.of(Field.VEHICLE, Field.TIME, Field.ACTOR, Field.SPEED)) {
                if (!columns.containsKey(field)) {
                    problems.add("expected the field " + field.word() + ", found none");
                }
            }
            return new Mapping(
                    format.equals("jsonl") ? Format.JSONL : Format.CSV,
                    delimiter.isEmpty() ? ',' : delimiter.charAt(0),
                    decimal.equals(",") ? ',' : '.',
                    text("comment", root.path("comment"), ""),
                    header(root.path("header")),
                    zone(text("zone", root.path("zone"), "UTC")),
                    step.asLong(0),
                    sort.asBoolean(false),
                    columns,
                    Artifacts.sha256(text.getBytes(StandardCharsets.UTF_8)).substring(0, 12));
        }

        private List<String> header(JsonNode node) {
            List<String> names = new ArrayList<>();
            if (!node.isMissingNode() && !node.isArray()) {
                problems.add("expected an array of names for header, found " + node);
            }
            node.forEach(name -> names.add(text("header", name, "")));
            return names;
        }

        private Column column(Field field, JsonNode node) {
            String at = "fields." + field.word();
            if (!node.isObject()) {
                problems.add("expected an object for " + at + ", found " + kind(node));
                return new Column(null, "", null, Map.of(), Instant.EPOCH, null, 0);
            }
            unknownKeys(at + ".", node, COLUMN_KEYS);
            String name = node.has("column") ? Lines.strip(text(at + ".column", node.path("column"), "")) : null;
            String otherwise = node.has("default") ? node.path("default").asText() : null;
            if (name == null && (otherwise == null || field == Field.TIME || field == Field.SEQUENCE)) {
                problems.add(
                        "expected a column" + (field == Field.TIME || field == Field.SEQUENCE ? "" : " or a default")
                                + " for " + at + ", found neither");
            }
            Map<String, String> values = new HashMap<>();
            node.path("values")
                    .properties()
                    .forEach(entry -> values.put(
                            entry.getKey(),
                            entry.getValue().isNull() ? "" : entry.getValue().asText()));
            if (field == Field.ACTOR) {
                values.values().forEach(value -> actor(at + ".values", value));
                if (otherwise != null) {
                    actor(at + ".default", otherwise);
                }
            } else if (otherwise != null
                    && !field.units().isEmpty()
                    && !Double.isFinite(Numbers.parse(otherwise))
                    && field != Field.TIME) {
                problems.add("expected a number for " + at + ".default, found '" + otherwise + "'");
            }
            String unit = unit(field, at, node);
            return new Column(
                    name,
                    unit,
                    otherwise,
                    values,
                    origin(at, node),
                    pattern(field, at, node),
                    rate(unit, at, node.path("rate")));
        }

        private String unit(Field field, String at, JsonNode node) {
            String unit = text(at + ".unit", node.path("unit"), "");
            Set<String> known = new TreeSet<>(field.units().keySet());
            if (field == Field.TIME) {
                known.add(Field.ISO_8601);
                known.add(Field.FRAME);
            }
            if (field == Field.TIME && node.has("pattern")) {
                known.clear();
                known.add(Field.ISO_8601);
            }
            boolean needed = !known.isEmpty() && node.has("column") && !node.has("pattern");
            if (needed ? !known.contains(unit) : !unit.isEmpty() && !known.contains(unit)) {
                problems.add("expected " + at + ".unit " + (known.isEmpty() ? "to be left out" : "of " + known)
                        + ", found " + (unit.isEmpty() ? "none" : "'" + unit + "'"));
            }
            return unit;
        }

        private @Nullable TimePattern pattern(Field field, String at, JsonNode node) {
            if (!node.has("pattern")) {
                return null;
            }
            String text = text(at + ".pattern", node.path("pattern"), "");
            try {
                if (field != Field.TIME) {
                    throw new IllegalArgumentException("only a time has one");
                }
                return new TimePattern(
                        text,
                        new DateTimeFormatterBuilder()
                                .parseCaseInsensitive()
                                .appendPattern(text)
                                .toFormatter(Locale.ENGLISH));
            } catch (IllegalArgumentException e) {
                problems.add("expected " + at + ".pattern like dd.MM.yyyy HH:mm:ss.SSS, found '" + text + "' ("
                        + e.getMessage() + ")");
                return null;
            }
        }

        private double rate(String unit, String at, JsonNode node) {
            boolean isNeeded = unit.equals(Field.FRAME);
            double rate = node.asDouble(0);
            if (isNeeded != node.isNumber() || (isNeeded && !(rate > 0))) {
                problems.add("expected " + at + ".rate " + (isNeeded ? "above 0, frames a second" : "to be left out")
                        + ", found " + (node.isMissingNode() ? "none" : node));
            }
            return rate;
        }

        private void actor(String at, String value) {
            if (Arrays.stream(Actor.values()).noneMatch(actor -> actor.name().equals(value))) {
                problems.add("expected one of " + Arrays.toString(Actor.values()) + " for " + at + ", found '" + value
                        + "'");
            }
        }

        private Instant origin(String at, JsonNode node) {
            String text = text(at + ".origin", node.path("origin"), "1970-01-01T00:00:00Z");
            try {
                return Instant.parse(text);
            } catch (DateTimeException e) {
                problems.add("expected " + at + ".origin like 2019-10-08T00:00:00Z, found '" + text + "'");
                return Instant.EPOCH;
            }
        }

        private ZoneId zone(String text) {
            try {
                return ZoneId.of(text);
            } catch (DateTimeException e) {
                problems.add("expected a zone like Europe/Budapest or +02:00, found '" + text + "'");
                return ZoneOffset.UTC;
            }
        }

        private String text(String at, JsonNode node, String otherwise) {
            if (node.isMissingNode()) {
                return otherwise;
            }
            if (!node.isTextual()) {
                problems.add("expected text for " + at + ", found " + node);
                return otherwise;
            }
            return node.asText();
        }

        private void unknownKeys(String prefix, JsonNode node, Set<String> known) {
            node.properties().forEach(entry -> {
                if (!known.contains(entry.getKey())) {
                    problems.add("expected one of " + new TreeSet<>(known) + ", found the unknown key '" + prefix
                            + entry.getKey() + "'");
                }
            });
        }

        private static String kind(JsonNode node) {
            return node.isObject()
                    ? "an object without it"
                    : "a JSON " + node.getNodeType().name().toLowerCase(Locale.ROOT);
        }
    }
}
