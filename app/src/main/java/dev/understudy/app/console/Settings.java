package dev.understudy.app.console;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The effective configuration of one command: defaults, over them a file, over that the environment, over that the
 * command line.
 */
public final class Settings {
    /** What the environment variables of this program begin with. */
    public static final String VARIABLE_PREFIX = "UNDERSTUDY_";

    /** Variables that the launcher reads. */
    private static final Set<String> LAUNCHER_VARIABLES = Set.of("UNDERSTUDY_JAVA_OPTS", "UNDERSTUDY_HEAP");

    private final Map<String, Object> values;
    private final Map<String, String> texts;

    private Settings(Map<String, Object> values, Map<String, String> texts) {
        this.values = values;
        this.texts = texts;
    }

    /**
     * Puts the configuration together.
     *
     * @param used the settings of the command that runs
     * @param known the keys of every command, which a shared file may hold
     * @param file a properties file, or null
     * @param environment the process's environment
     * @param options what the command line says, by key
     * @throws BadSettingsException naming every problem there is
     */
    public static Settings resolve(
            Collection<Setting<?>> used,
            Set<String> known,
            @Nullable Path file,
            Map<String, String> environment,
            Map<String, String> options) {
        List<String> problems = new ArrayList<>();
        Map<String, String> fromFile = file == null ? Map.of() : read(file, known, problems);
        for (String variable : new TreeSet<>(environment.keySet())) {
            String key = key(variable);
            if (variable.startsWith(VARIABLE_PREFIX)
                    && !LAUNCHER_VARIABLES.contains(variable)
                    && !known.contains(key)) {
                problems.add("%s: unknown setting %s%s".formatted(variable, key, suggestion(key, known)));
            }
        }
        Map<String, Object> values = new LinkedHashMap<>();
        Map<String, String> texts = new LinkedHashMap<>();
        for (Setting<?> setting : used) {
            String text = setting.defaultText();
            String source = setting.option();
            if (fromFile.containsKey(setting.key())) {
                text = fromFile.get(setting.key());
                source = "%s in %s".formatted(setting.key(), file);
            }
            if (environment.containsKey(setting.variable())) {
                text = environment.get(setting.variable());
                source = setting.variable();
            }
            if (options.containsKey(setting.key())) {
                text = options.get(setting.key());
                source = setting.option();
            }
            try {
                values.put(setting.key(), setting.parse().apply(text));
                texts.put(setting.key(), text);
            } catch (IllegalArgumentException e) {
                problems.add("%s: %s".formatted(source, e.getMessage()));
            }
        }
        if (!problems.isEmpty()) {
            throw new BadSettingsException(problems);
        }
        return new Settings(values, texts);
    }

    private static Map<String, String> read(Path file, Set<String> known, List<String> problems) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            problems.add("--config %s: expected a readable properties file, found %s"
                    .formatted(file, Files.exists(file) ? e.toString() : "none"));
        }
        Map<String, String> entries = new TreeMap<>();
        for (String key : new TreeSet<>(properties.stringPropertyNames())) {
            if (known.contains(key)) {
                entries.put(key, properties.getProperty(key).strip());
            } else {
                problems.add("%s: unknown setting %s%s".formatted(file, key, suggestion(key, known)));
            }
        }
        return entries;
    }

    private static String key(String variable) {
        return variable.startsWith(VARIABLE_PREFIX)
                ? variable.substring(VARIABLE_PREFIX.length())
                        .toLowerCase(java.util.Locale.ROOT)
                        .replace('_', '.')
                : variable;
    }

    private static String suggestion(String key, Set<String> known) {
        Optional<String> nearest = known.stream()
                .filter(candidate -> distance(key, candidate) <= 2 + key.length() / 6)
                .min(java.util.Comparator.comparingInt(candidate -> distance(key, candidate)));
        return nearest.map(candidate -> "; did you mean %s?".formatted(candidate))
                .orElse("");
    }

    /** Returns the Levenshtein distance: insertions, deletions and substitutions from {@code a} to {@code b}. */
    static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(substituted, 1 + Math.min(previous[j], row[j - 1]));
            }
            previous = row;
        }
        return previous[b.length()];
    }

    /** Returns the value of a setting that this command uses. */
    @SuppressWarnings("unchecked") // what is stored under a setting's key came from that setting's parse
    public <T> T get(Setting<T> setting) {
        Object value = values.get(setting.key());
        if (value == null) {
            throw new NoSuchElementException("expected one of %s, got %s".formatted(values.keySet(), setting.key()));
        }
        return (T) value;
    }

    /** Returns the effective configuration on one line. */
    @Override
    public String toString() {
        return without(Set.of());
    }

    /** Returns the effective configuration on one line, without some keys. */
    public String without(Set<String> keys) {
        return texts.entrySet().stream()
                .filter(entry -> !keys.contains(entry.getKey()))
                .map(entry -> entry.getKey() + "=" + (entry.getValue().isEmpty() ? "-" : entry.getValue()))
                .collect(Collectors.joining(" "));
    }
}
