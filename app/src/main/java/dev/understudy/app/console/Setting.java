package dev.understudy.app.console;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One thing that can be configured: {@code window.seconds} in a file is {@code UNDERSTUDY_WINDOW_SECONDS} in the
 * environment and {@code --window-seconds} on the command line.
 *
 * @param key words in lower case, separated by dots
 * @param option the option's name on the command line
 * @param defaultText the default as one would write it in a file; empty where there is none
 * @param description one sentence for {@code --help}
 * @param parse turns the text into the value; throws {@link IllegalArgumentException} saying what it expected and found
 */
public record Setting<T>(String key, String option, String defaultText, String description, Function<String, T> parse) {
    private static final Pattern KEY = Pattern.compile("[a-z0-9]+(\\.[a-z0-9]+)*");

    public Setting {
        if (!KEY.matcher(key).matches()) {
            throw new IllegalArgumentException("expected words in lower case separated by dots, got " + key);
        }
    }

    /** A setting whose option is named after its key. */
    public Setting(String key, String defaultText, String description, Function<String, T> parse) {
        this(key, "--" + key.replace('.', '-'), defaultText, description, parse);
    }

    /** Returns this setting under a shorter option, for the command it belongs to alone. */
    public Setting<T> as(String shorterOption) {
        return new Setting<>(key, shorterOption, defaultText, description, parse);
    }

    /** Returns the environment variable's name. */
    public String variable() {
        return Settings.VARIABLE_PREFIX + key.replace('.', '_').toUpperCase(Locale.ROOT);
    }

    /** Returns whether it is on or off, so that the option alone turns it on. */
    public boolean isSwitch() {
        return defaultText.equals("false");
    }

    /** Something that is off unless asked for. */
    public static Setting<Boolean> off(String key, String description) {
        return new Setting<>(key, "false", description, text -> {
            if (!text.equals("true") && !text.equals("false")) {
                throw new IllegalArgumentException("expected true or false, found \"%s\"".formatted(text));
            }
            return text.equals("true");
        });
    }

    /** A text; where {@code defaultText} is empty it may stay empty. */
    public static Setting<String> text(String key, String defaultText, String description) {
        return new Setting<>(key, defaultText, description, text -> text);
    }

    /** A text that has to be given. */
    public static Setting<String> required(String key, String defaultText, String description) {
        return new Setting<>(key, defaultText, description, text -> {
            if (text.isBlank()) {
                throw new IllegalArgumentException("expected a value, found none");
            }
            return text;
        });
    }

    /** A whole number from {@code least} to {@code most}. */
    public static Setting<Integer> integer(String key, int defaultValue, int least, int most, String description) {
        return new Setting<>(key, Integer.toString(defaultValue), description, text -> {
            int value;
            try {
                value = Integer.parseInt(text);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("expected a whole number, found \"%s\"".formatted(text), e);
            }
            if (value < least || value > most) {
                throw new IllegalArgumentException(
                        "expected a number from %d to %d, found %d".formatted(least, most, value));
            }
            return value;
        });
    }

    /** A number from {@code least} to {@code most}. */
    public static Setting<Double> number(
            String key, double defaultValue, double least, double most, String description) {
        return new Setting<>(key, Double.toString(defaultValue), description, text -> {
            double value;
            try {
                value = Double.parseDouble(text);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("expected a number, found \"%s\"".formatted(text), e);
            }
            if (!(value >= least && value <= most)) {
                throw new IllegalArgumentException(
                        "expected a number from %s to %s, found %s".formatted(least, most, value));
            }
            return value;
        });
    }

    /** One of an enumeration's constants, in any case. */
    public static <E extends Enum<E>> Setting<E> choice(String key, E defaultValue, Class<E> type, String description) {
        return new Setting<>(key, word(defaultValue), description, text -> Arrays.stream(type.getEnumConstants())
                .filter(constant ->
                        word(constant).equals(text.toLowerCase(Locale.ROOT).replace('_', '-')))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("expected one of %s, found \"%s\""
                        .formatted(
                                Arrays.stream(type.getEnumConstants())
                                        .map(Setting::word)
                                        .collect(Collectors.joining(", ")),
                                text))));
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** A directory that exists or can be made, and that this program may write to. */
    public static Setting<Path> writableDirectory(String key, String defaultText, String description) {
        return new Setting<>(key, defaultText, description, text -> {
            Path path = Path.of(text).toAbsolutePath().normalize();
            Path existing = path;
            while (existing != null && !Files.exists(existing)) {
                existing = existing.getParent();
            }
            if (existing == null || !Files.isDirectory(existing)) {
                throw new IllegalArgumentException("expected a directory, found the file %s".formatted(existing));
            }
            if (!Files.isWritable(existing)) {
                throw new IllegalArgumentException(
                        "expected a directory that can be written, found %s, which cannot".formatted(existing));
            }
            return path;
        });
    }
}
