package dev.understudy.ingest;

import dev.understudy.ingest.Layout.Role;
import dev.understudy.ingest.LocatedChecks.Member;
import dev.understudy.ingest.Mapping.Column;
import dev.understudy.ingest.Mapping.TimePattern;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatterBuilder;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads the part of a policy file that says which columns hold what. */
final class PolicyLayout {
    private final LocatedChecks checks;

    PolicyLayout(LocatedChecks checks) {
        this.checks = checks;
    }

    /** A column of numbers or words. */
    static Column column(String name, String unit, Map<String, String> values) {
        return new Column(Lines.strip(name), unit, null, values, Instant.EPOCH, null, 0);
    }

    Layout read(Member file, List<Layout.Measured> signals, List<Layout.Measured> actions) {
        Member source = checks.object(file, "source", PolicyFileReader.KEYS.get("source"));
        String format = checks.word(source, "format", List.of("auto", "csv", "jsonl"), "auto");
        Map<Role, Column> fields = new EnumMap<>(Role.class);
        for (Role role : Role.values()) {
            if (role == Role.TIME) {
                fields.put(role, time(file));
            } else if (file.has(role.word())) {
                fields.put(role, field(role, file));
            }
        }
        List<String> header = new ArrayList<>();
        checks.array(source, "header", false)
                .forEach(name -> header.add(name.value().text()));
        return new Layout(
                Layout.Format.valueOf(format.toUpperCase(Locale.ROOT)),
                sign(source, "delimiter", ""),
                sign(source, "decimal", ".,"),
                checks.text(source, "comment", "#"),
                header,
                zone(source),
                checks.truth(source, "sort"),
                fields,
                signals,
                actions);
    }

    private char sign(Member source, String key, String allowed) {
        String text = checks.text(source, key, "auto");
        if (text.equals("auto")) {
            return 0;
        }
        if (text.length() != 1 || (!allowed.isEmpty() && allowed.indexOf(text.charAt(0)) < 0)) {
            checks.at(
                    source,
                    key,
                    "expected one character%s for source.%s, or auto, found '%s'"
                            .formatted(allowed.isEmpty() ? "" : " of " + allowed, key, text));
            return 0;
        }
        return text.charAt(0);
    }

    private ZoneId zone(Member source) {
        String text = checks.text(source, "zone", "UTC");
        try {
            return ZoneId.of(text);
        } catch (DateTimeException e) {
            checks.at(source, "zone", "expected a zone like Europe/Budapest or +02:00, found '" + text + "'");
            return ZoneOffset.UTC;
        }
    }

    private Column field(Role role, Member file) {
        Member field = checks.object(file, role.word(), PolicyFileReader.KEYS.get("field"));
        String column = checks.text(field, "column", "");
        String otherwise = field.has("default") ? checks.text(field, "default", "") : null;
        if (column.isEmpty() && (otherwise == null || role == Role.SEQUENCE)) {
            checks.at(
                    file,
                    role.word(),
                    "expected a column%s for %s, found neither"
                            .formatted(role == Role.SEQUENCE ? "" : " or a default", role.word()));
        }
        if (role == Role.ACTOR) {
            Located values = field.value().members().get("values");
            if (values != null) {
                values.members().values().forEach(value -> checks.actor(value, "actor.values"));
            }
            Located actor = field.value().members().get("default");
            if (actor != null) {
                checks.actor(actor, "actor.default");
            }
        }
        return new Column(
                column.isEmpty() ? null : Lines.strip(column),
                "",
                otherwise,
                checks.words(field, "values"),
                Instant.EPOCH,
                null,
                0);
    }

    /** A time has a column, or is counted in rows at a rate. */
    private Column time(Member file) {
        if (!file.has("time")) {
            checks.at(file, "time", "expected time, with a column, or with a rate where rows come at a constant one");
        }
        Member time = checks.object(file, "time", PolicyFileReader.KEYS.get("time"));
        String name = checks.text(time, "column", "");
        boolean isRows = name.isEmpty();
        TimePattern pattern = pattern(time);
        String unit = isRows ? Field.FRAME : checks.text(time, "unit", pattern == null ? "" : Field.ISO_8601);
        Set<String> units = new TreeSet<>(Field.TIME.units().keySet());
        units.add(Field.ISO_8601);
        units.add(Field.FRAME);
        if (!units.contains(unit)) {
            checks.at(
                    time,
                    "unit",
                    "expected time.unit of %s, found %s".formatted(units, unit.isEmpty() ? "none" : "'" + unit + "'"));
        }
        double rate = checks.number(time, "rate", 0);
        boolean needsRate = unit.equals(Field.FRAME);
        if (file.has("time") && (needsRate ? !(rate > 0) : time.has("rate"))) {
            checks.at(
                    time,
                    "rate",
                    needsRate
                            ? "expected time.rate above 0, rows or frames a second, found "
                                    + (time.has("rate") ? rate : "none")
                            : "expected time.rate with the unit frame or without a column alone, found " + rate);
        }
        return new Column(isRows ? null : Lines.strip(name), unit, null, Map.of(), origin(time), pattern, rate);
    }

    private Instant origin(Member time) {
        String text = checks.text(time, "origin", "1970-01-01T00:00:00Z");
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            checks.at(time, "origin", "expected time.origin like 2019-10-08T00:00:00Z, found '" + text + "'");
            return Instant.EPOCH;
        }
    }

    private @Nullable TimePattern pattern(Member time) {
        if (!time.has("pattern")) {
            return null;
        }
        String text = checks.text(time, "pattern", "");
        try {
            return new TimePattern(
                    text,
                    new DateTimeFormatterBuilder()
                            .parseCaseInsensitive()
                            .appendPattern(text)
                            .toFormatter(Locale.ENGLISH));
        } catch (IllegalArgumentException e) {
            checks.at(
                    time,
                    "pattern",
                    "expected time.pattern like dd.MM.yyyy HH:mm:ss.SSS, found '" + text + "' (" + e.getMessage()
                            + ")");
            return null;
        }
    }
}
