package dev.understudy.ingest;

import dev.understudy.domain.Actor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Takes the values of a file, and collects what is wrong with them, each with its place. */
final class LocatedChecks {
    private record Problem(int line, int column, String text) {}

    /**
     * A part of a file.
     *
     * @param value what stands there
     * @param path the keys that lead to it, for messages
     */
    record Member(Located value, String path) {
        boolean has(String key) {
            return value.members().containsKey(key);
        }

        private String path(String key) {
            return path.isEmpty() ? key : path + "." + key;
        }
    }

    private final List<Problem> problems = new ArrayList<>();

    void add(int line, int column, String text) {
        problems.add(new Problem(line, column, text));
    }

    /** Adds a problem of a member, or of what it is missing in. */
    void at(Member of, String key, String text) {
        Located place = of.value().members().getOrDefault(key, of.value());
        add(place.line(), place.column(), text);
    }

    boolean isFine() {
        return problems.isEmpty();
    }

    /** Returns all problems, a line each, in the order of the file. */
    String describe(String file) {
        return problems.stream()
                .sorted(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column))
                .distinct()
                .map(problem -> file + ":" + problem.line + ":" + problem.column + ": " + problem.text)
                .collect(Collectors.joining("\n"));
    }

    boolean isObject(Located value, String what) {
        if (value.kind() != Located.Kind.OBJECT) {
            add(value.line(), value.column(), "expected " + what + " to be an object, found " + value.found());
        }
        return value.kind() == Located.Kind.OBJECT;
    }

    void keys(Located of, @Nullable Set<String> known) {
        Set<String> sorted = new TreeSet<>(known == null ? Set.of() : known);
        of.members().forEach((key, value) -> {
            if (!sorted.contains(key)) {
                add(value.line(), value.column(), "expected one of the keys " + sorted + ", found '" + key + "'");
            }
        });
    }

    /** Returns a text; one without a default has to be there. */
    String text(Member of, String key, @Nullable String otherwise) {
        Located value = of.value().members().get(key);
        if (value == null) {
            if (otherwise == null) {
                at(of, key, "expected " + of.path(key) + ", found none");
            }
            return otherwise == null ? "" : otherwise;
        }
        if (value.kind() != Located.Kind.TEXT
                || (otherwise == null && value.text().isBlank())) {
            at(of, key, "expected text for " + of.path(key) + ", found " + value.found());
            return "";
        }
        return value.text();
    }

    String word(Member of, String key, List<String> words, String otherwise) {
        String text = text(of, key, otherwise);
        if (!words.contains(text)) {
            at(of, key, "expected one of " + words + " for " + of.path(key) + ", found '" + text + "'");
        }
        return text;
    }

    /** Returns a whole number; one without a default has to be there. */
    int whole(Member of, String key, int least, int most, @Nullable Integer otherwise) {
        Located value = of.value().members().get(key);
        if (value == null) {
            if (otherwise == null) {
                at(of, key, "expected " + of.path(key) + ", found none");
            }
            return otherwise == null ? least : otherwise;
        }
        return whole(value, of.path(key), least, most).orElse(least);
    }

    private Optional<Integer> whole(Located value, String path, int least, int most) {
        try {
            long number = value.kind() == Located.Kind.NUMBER ? Long.parseLong(value.text()) : Long.MIN_VALUE;
            if (number >= least && number <= most) {
                return Optional.of((int) number);
            }
        } catch (NumberFormatException e) {
            // told below
        }
        add(
                value.line(),
                value.column(),
                "expected a whole number from %d to %d for %s, found %s".formatted(least, most, path, value.found()));
        return Optional.empty();
    }

    List<Integer> wholes(Member of, String key, int least, int most) {
        List<Integer> numbers = new ArrayList<>();
        for (Member each : array(of, key, false)) {
            whole(each.value(), of.path(key), least, most).ifPresent(numbers::add);
        }
        if (numbers.stream().distinct().count() < numbers.size()) {
            at(of, key, "expected different numbers for " + of.path(key) + ", found " + numbers);
        }
        return numbers;
    }

    double number(Member of, String key, double otherwise) {
        Located value = of.value().members().get(key);
        return value == null ? otherwise : number(value, of.path(key));
    }

    private double number(Located value, String path) {
        double number = value.kind() == Located.Kind.NUMBER ? Numbers.parse(value.text()) : Double.NaN;
        if (!Double.isFinite(number)) {
            add(value.line(), value.column(), "expected a number for " + path + ", found " + value.found());
        }
        return number;
    }

    /** Returns what numbers are multiplied with. */
    double scale(Member of) {
        double scale = number(of, "scale", 1);
        if (scale == 0) {
            at(of, "scale", "expected a scale other than 0, found 0");
        }
        return scale;
    }

    /** Returns the two ends of a range; infinite where there is none and none is needed. */
    double[] range(Member of, String key, boolean isNeeded) {
        if (!of.has(key) && !isNeeded) {
            return new double[] {Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY};
        }
        List<Member> ends = array(of, key, isNeeded);
        double[] range = {-1, 1};
        if (ends.size() != 2) {
            if (of.has(key)) {
                at(
                        of,
                        key,
                        "expected the lowest and the highest value for " + of.path(key) + ", found " + ends.size()
                                + " values");
            }
            return range;
        }
        range[0] = number(ends.get(0).value(), of.path(key));
        range[1] = number(ends.get(1).value(), of.path(key));
        if (range[0] >= range[1]) {
            at(of, key, "expected the lowest value first for " + of.path(key) + ", found " + Arrays.toString(range));
        }
        return range;
    }

    boolean truth(Member of, String key) {
        Located value = of.value().members().get(key);
        if (value != null && value.kind() != Located.Kind.TRUTH) {
            at(of, key, "expected true or false for " + of.path(key) + ", found " + value.found());
        }
        return value != null && value.text().equals("true");
    }

    /** Returns a part that is an object; an empty one where there is none. */
    Member object(Member of, String key, @Nullable Set<String> known) {
        Located value = of.value().members().get(key);
        Located nothing = new Located(
                Located.Kind.OBJECT,
                "",
                Map.of(),
                List.of(),
                of.value().line(),
                of.value().column());
        if (value == null || !isObject(value, of.path(key))) {
            return new Member(nothing, of.path(key));
        }
        keys(value, known);
        return new Member(value, of.path(key));
    }

    List<Member> array(Member of, String key, boolean isNeeded) {
        Located value = of.value().members().get(key);
        List<Member> elements = new ArrayList<>();
        if (value == null
                ? isNeeded
                : value.kind() != Located.Kind.ARRAY
                        || (isNeeded && value.elements().isEmpty())) {
            at(
                    of,
                    key,
                    "expected an array for %s, found %s"
                            .formatted(
                                    of.path(key),
                                    value == null
                                            ? "none"
                                            : value.kind() == Located.Kind.ARRAY ? "an empty one" : value.found()));
        }
        if (value != null && value.kind() == Located.Kind.ARRAY) {
            for (int i = 0; i < value.elements().size(); i++) {
                elements.add(new Member(value.elements().get(i), of.path(key) + "[" + i + "]"));
            }
        }
        return elements;
    }

    /** Returns an array of different texts, at least two. */
    List<String> names(Member of, String key) {
        List<String> names = new ArrayList<>();
        for (Member each : array(of, key, true)) {
            if (each.value().kind() == Located.Kind.OBJECT || each.value().kind() == Located.Kind.ARRAY) {
                add(
                        each.value().line(),
                        each.value().column(),
                        "expected text for " + each.path() + ", found "
                                + each.value().found());
            }
            names.add(each.value().text());
        }
        if (names.size() < 2 || names.stream().distinct().count() < names.size()) {
            at(of, key, "expected two or more different names for " + of.path(key) + ", found " + names);
        }
        return names;
    }

    /** Returns words in the log by what they stand for. */
    Map<String, String> words(Member of, String key) {
        Map<String, String> words = new HashMap<>();
        Located value = of.value().members().get(key);
        if (value != null && isObject(value, of.path(key))) {
            value.members().forEach((word, meaning) -> words.put(word, meaning.text()));
        }
        return words;
    }

    Optional<Actor> actor(Located value, String path) {
        for (Actor actor : Actor.values()) {
            if (actor.name().equals(value.text())) {
                return Optional.of(actor);
            }
        }
        add(
                value.line(),
                value.column(),
                "expected one of %s for %s, found %s".formatted(Arrays.toString(Actor.values()), path, value.found()));
        return Optional.empty();
    }
}
