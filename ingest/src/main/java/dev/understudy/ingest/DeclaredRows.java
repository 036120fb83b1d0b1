package dev.understudy.ingest;

import dev.understudy.control.ControlStep;
import dev.understudy.control.Declaration;
import dev.understudy.domain.Actor;
import dev.understudy.ingest.Layout.Measured;
import dev.understudy.ingest.Layout.Role;
import dev.understudy.ingest.Mapping.Column;
import dev.understudy.ingest.Row.Problem;
import dev.understudy.ingest.TableHeader.Wanted;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns the texts of a row into a sample of a declared policy. Numbers no samples. */
final class DeclaredRows {
    private static final int ROLES = Role.values().length;

    private final Declaration declaration;
    private final Layout layout;
    private final TimeColumn time;
    /** Names of the episodes that are named after their file, by file and entity. */
    private final Map<String, String> episodesOfFiles = new HashMap<>();

    private final Map<String, Long> lastMs = new HashMap<>();
    private final Map<String, Long> rowsOfFiles = new HashMap<>();

    DeclaredRows(Declaration declaration, Layout layout) {
        this.declaration = declaration;
        this.layout = layout;
        time = new TimeColumn(column(Role.TIME), layout.zone());
    }

    /** Returns what is looked for in a file: the roles, the signals, and the numbers of the action. */
    List<Wanted> wanted() {
        List<Wanted> wanted = new ArrayList<>();
        for (Role role : Role.values()) {
            Column column = layout.fields().get(role);
            wanted.add(
                    column == null
                            ? new Wanted(null, false, false)
                            : new Wanted(
                                    column.name(),
                                    column.otherwise() == null && column.name() != null,
                                    role == Role.TIME && isNumeric(column)));
        }
        layout.signals().forEach(signal -> wanted.add(new Wanted(signal.column().name(), true, true)));
        boolean isNumber = declaration.choices().isEmpty();
        layout.actions().forEach(action -> wanted.add(new Wanted(action.column().name(), true, isNumber)));
        return wanted;
    }

    private static boolean isNumeric(Column time) {
        return time.pattern() == null && !time.unit().equals(Field.ISO_8601);
    }

    /**
     * Returns a row with the sequence that its column says, 0 where there is none.
     *
     * @throws BadRow if a value is missing or is not what the policy file says
     */
    ControlStep map(TableFile file, @Nullable String[] texts) throws BadRow {
        String name = fileName(file.name());
        String entity = text(Role.ENTITY, texts);
        entity = entity == null ? stem(name) : entity;
        long timeMs = time(file, texts, entity);
        String named = text(Role.EPISODE, texts);
        String episode = named == null
                ? ofFile(file.name(), name, entity, timeMs)
                : named.equals(entity) ? named : named + "/" + entity;
        String label = text(Role.LABEL, texts);
        float[] signals = new float[layout.signals().size()];
        for (int i = 0; i < signals.length; i++) {
            signals[i] = (float) number(file, layout.signals().get(i), texts, ROLES + i);
        }
        float[] action = action(file, texts);
        lastMs.put(entity, timeMs);
        return new ControlStep(
                entity,
                episode,
                sequence(file, texts),
                timeMs,
                actor(file, texts),
                label == null ? "" : label,
                false,
                signals,
                action,
                Double.NaN,
                ControlStep.End.NONE);
    }

    private static String fileName(String path) {
        return path.substring(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
    }

    private static String stem(String name) {
        return name.replaceFirst("(?i)(\\.(csv|tsv|txt|jsonl|ndjson|json))?(\\.(gz|zst|zip))?$", "");
    }

    /** A file's name comes again the next day, so the episode is named after its beginning too. */
    private String ofFile(String path, String name, String entity, long timeMs) {
        return episodesOfFiles.computeIfAbsent(
                path + "\n" + entity, any -> name + "@" + Instant.ofEpochMilli(timeMs) + "/" + entity);
    }

    private long time(TableFile file, @Nullable String[] texts, String entity) throws BadRow {
        int at = Arrays.asList(Role.values()).indexOf(Role.TIME);
        if (column(Role.TIME).name() == null) {
            long row = rowsOfFiles.merge(file.name(), 1L, Long::sum) - 1;
            return time.ms(Long.toString(row), Long.toString(row), null, 0);
        }
        String text = texts[at];
        if (text == null || text.isEmpty()) {
            throw new BadRow(file.place(at), Problem.MISSING, "expected a value for time, found none");
        }
        return time.ms(text, file.pointed(text), lastMs.get(entity), file.place(at));
    }

    private float @Nullable [] action(TableFile file, @Nullable String[] texts) throws BadRow {
        float[] action = new float[layout.actions().size()];
        boolean isWhole = true;
        for (int i = 0; i < action.length; i++) {
            Measured measured = layout.actions().get(i);
            int at = ROLES + layout.signals().size() + i;
            action[i] = declaration.choices().isEmpty()
                    ? (float) number(file, measured, texts, at)
                    : choice(file, measured.column(), texts, at);
            isWhole &= !Float.isNaN(action[i]);
        }
        return isWhole ? action : null;
    }

    private float choice(TableFile file, Column column, @Nullable String[] texts, int at) throws BadRow {
        String text = texts[at] == null ? "" : texts[at];
        String word = column.values().getOrDefault(text, text);
        int choice = declaration.choices().indexOf(word);
        if (choice < 0 && !Numbers.isMissing(word)) {
            throw new BadRow(
                    file.place(at),
                    Problem.WORD,
                    "expected one of %s for %s, found '%s'".formatted(declaration.choices(), column.name(), text));
        }
        return choice < 0 ? Float.NaN : choice;
    }

    private double number(TableFile file, Measured measured, @Nullable String[] texts, int at) throws BadRow {
        Column column = measured.column();
        String found = texts[at] == null ? "" : texts[at];
        String text = withoutUnit(column.values().getOrDefault(found, found), column.unit());
        if (Numbers.isMissing(text)) {
            return Double.NaN;
        }
        text = switch (text) {
            case "true" -> "1";
            case "false" -> "0";
            default -> file.pointed(text);
        };
        double value = Numbers.parse(text);
        if (Numbers.isBad(text, value)) {
            throw new BadRow(
                    file.place(at),
                    Problem.NUMBER,
                    "expected a number%s for %s, found '%s'%s"
                            .formatted(
                                    column.unit().isEmpty() ? "" : " in " + column.unit(),
                                    column.name(),
                                    found,
                                    TimeColumn.hint(text)));
        }
        return value * measured.scale();
    }

    /** Some loggers write the unit into each cell. */
    private static String withoutUnit(String text, String unit) {
        boolean hasUnit = !unit.isEmpty()
                && text.length() > unit.length()
                && text.toLowerCase(Locale.ROOT).endsWith(unit.toLowerCase(Locale.ROOT));
        return hasUnit ? Lines.strip(text.substring(0, text.length() - unit.length())) : text;
    }

    private long sequence(TableFile file, @Nullable String[] texts) throws BadRow {
        int at = Arrays.asList(Role.values()).indexOf(Role.SEQUENCE);
        String text = texts[at];
        if (layout.fields().get(Role.SEQUENCE) == null) {
            return 0;
        }
        double value = text == null ? Double.NaN : Numbers.parse(file.pointed(text));
        if (value != Math.rint(value) || Math.abs(value) > 1L << 53) {
            throw new BadRow(
                    file.place(at), Problem.NUMBER, "expected a whole number for sequence, found '" + text + "'");
        }
        return (long) value;
    }

    private Actor actor(TableFile file, @Nullable String[] texts) throws BadRow {
        String word = text(Role.ACTOR, texts);
        for (Actor actor : Actor.values()) {
            if (word == null || actor.name().equals(word)) {
                return word == null ? Actor.HUMAN : actor;
            }
        }
        throw new BadRow(
                file.place(Arrays.asList(Role.values()).indexOf(Role.ACTOR)),
                Problem.WORD,
                "expected one of %s for actor, or a word that values translates, found '%s'"
                        .formatted(Arrays.toString(Actor.values()), word));
    }

    private @Nullable String text(Role role, @Nullable String[] texts) {
        Column column = layout.fields().get(role);
        String text = texts[Arrays.asList(Role.values()).indexOf(role)];
        if (column == null) {
            return null;
        }
        String word = text == null ? "" : column.values().getOrDefault(text, text);
        return word.isEmpty() ? column.otherwise() : word;
    }

    private Column column(Role role) {
        Column column = layout.fields().get(role);
        if (column == null) {
            throw new IllegalStateException("expected a checked policy file, found none for " + role.word());
        }
        return column;
    }
}
