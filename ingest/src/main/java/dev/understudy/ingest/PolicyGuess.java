package dev.understudy.ingest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A first policy file for a log: which column may be the time, what may be done and seen, in which ranges, and how
 * often. What it is unsure of stands beside it.
 *
 * @param text of the policy file, JSON with a comment for each thing that is unsure
 * @param unsure in plain words
 */
public record PolicyGuess(String text, List<String> unsure) {
    private static final int MOST_ROWS = 5_000;
    static final int MOST_CHOICES = 10;
    private static final int MOST_OBSERVATIONS = 64;

    private static final Pattern TIME =
            Pattern.compile("(?i).*(time|stamp|date|clock).*|t|ts|sec|secs|seconds|ms|millis");
    private static final Pattern ACTION = Pattern.compile(
            "(?i).*(steer|throttle|brake|pedal|action|command|cmd|control|setpoint|target|output|accel).*|u[0-9]*|a[0-9]*");
    private static final Pattern DONE = Pattern.compile("(?i).*(steer|throttle|action|command|cmd|setpoint).*|u[0-9]*");
    private static final Pattern ENTITY =
            Pattern.compile("(?i).*(vehicle|robot|car|device|entity|agent|unit)(_?id)?|id");
    private static final Pattern EPISODE = Pattern.compile("(?i).*(trip|episode|drive|session|lap|run)(_?id)?");
    private static final Pattern ACTOR = Pattern.compile("(?i).*(actor|driver|mode|pilot).*");
    private static final Pattern UNIT = Pattern.compile("(.*?)[ _]*[(\\[]([^)\\]]+)[)\\]]");

    public PolicyGuess {
        unsure = List.copyOf(unsure);
    }

    /**
     * Looks at the first rows of a file.
     *
     * @throws IngestException if it cannot be read, or has no rows of numbers under a header
     */
    public static PolicyGuess of(Path file) {
        return new Guessing(file, GuessedTable.read(file, MOST_ROWS)).guess();
    }

    /** One file under way. */
    private static final class Guessing {
        private final Path file;
        private final GuessedTable table;
        private final List<String> unsure = new ArrayList<>();

        Guessing(Path file, GuessedTable table) {
            this.file = file;
            this.table = table;
        }

        PolicyGuess guess() {
            GuessedTable.Column time = time();
            long stepMs = 100;
            List<String> lines = new ArrayList<>();
            String timeText = "{\"rate\": 10}";
            if (time == null) {
                unsure.add("time: no column rises like a time; rows are counted at 10 a second, give the right rate");
            } else {
                String unit = unit(time);
                timeText = "{\"column\": %s, \"unit\": \"%s\"}".formatted(quoted(time.name()), unit);
                stepMs = step(time, unit);
            }
            lines.add("  \"name\": %s,".formatted(quoted(name())));
            lines.add("  \"stepMs\": %d,".formatted(stepMs));
            lines.add("  \"time\": %s,".formatted(timeText));
            word("entity", ENTITY, lines);
            word("episode", EPISODE, lines);
            actor(lines);
            List<GuessedTable.Column> actions = actions(time);
            observations(time, actions, lines);
            lines.add("  \"actions\": [");
            for (int i = 0; i < actions.size(); i++) {
                lines.add("    %s%s".formatted(action(actions.get(i)), i + 1 < actions.size() ? "," : ""));
            }
            lines.add("  ]");
            StringBuilder text = new StringBuilder("{\n");
            unsure.forEach(each -> text.append("  // unsure: ").append(each).append('\n'));
            lines.forEach(line -> text.append(line).append('\n'));
            return new PolicyGuess(text.append("}").toString(), unsure);
        }

        private String name() {
            String stem =
                    String.valueOf(file.getFileName()).replaceFirst("\\..*", "").replaceAll("[^A-Za-z0-9_-]", "-");
            return stem.matches("[A-Za-z0-9].{0,63}") ? stem : "policy";
        }

        private GuessedTable.@Nullable Column time() {
            List<GuessedTable.Column> rising =
                    table.columns().stream().filter(GuessedTable.Column::rises).toList();
            List<GuessedTable.Column> named = rising.stream()
                    .filter(column -> TIME.matcher(column.name()).matches())
                    .toList();
            List<GuessedTable.Column> candidates = named.isEmpty() ? rising : named;
            if (candidates.size() > 1 || (named.isEmpty() && !candidates.isEmpty())) {
                unsure.add("time: taken from %s%s"
                        .formatted(
                                candidates.get(0).name(),
                                candidates.size() > 1
                                        ? ", but these rise too: "
                                                + candidates.stream()
                                                        .skip(1)
                                                        .map(GuessedTable.Column::name)
                                                        .toList()
                                        : ", which rises but is not called a time"));
            }
            return candidates.isEmpty() ? null : candidates.get(0);
        }

        private String unit(GuessedTable.Column time) {
            if (time.isWritten()) {
                if (time.first().matches(".*[0-9]{2}:[0-9]{2}(:[0-9.,]+)?$")) {
                    unsure.add("time: names no zone, so it is read as UTC; give source.zone");
                }
                return Field.ISO_8601;
            }
            double first = time.low();
            String unit = first > 1e17 ? "ns" : first > 1e14 ? "us" : first > 1e11 ? "ms" : "s";
            if (first < 1e8) {
                double interval = time.medianInterval();
                unit = interval >= 1e6 ? "ns" : interval >= 1e3 ? "us" : interval >= 5 ? "ms" : "s";
                unsure.add("time: does not count from 1970; its unit is taken to be %s because rows are %s apart"
                        .formatted(unit, short4(interval)));
            }
            return unit;
        }

        private long step(GuessedTable.Column time, String unit) {
            double toMs = time.isWritten() ? 1 : Field.TIME.units().getOrDefault(unit, 1.0);
            double interval = time.medianInterval() * toMs;
            long step = Math.max(1, Math.round(interval));
            if (time.spread() > 0.3) {
                unsure.add("stepMs: rows are irregular, half of them %d ms apart or less".formatted(step));
            }
            if (interval < 1) {
                unsure.add("stepMs: rows are %s ms apart, a step is at least 1 ms".formatted(short4(interval)));
            }
            return step;
        }

        private void word(String key, Pattern names, List<String> lines) {
            table.columns().stream()
                    .filter(column -> names.matcher(column.name()).matches() && !column.rises())
                    .findFirst()
                    .ifPresent(column -> {
                        lines.add("  \"%s\": {\"column\": %s},".formatted(key, quoted(column.name())));
                        unsure.add("%s: taken from %s for its name".formatted(key, column.name()));
                    });
        }

        private void actor(List<String> lines) {
            GuessedTable.Column actor = table.columns().stream()
                    .filter(column ->
                            !column.isNumber() && ACTOR.matcher(column.name()).matches())
                    .findFirst()
                    .orElse(null);
            lines.add("  \"actor\": {\"default\": \"HUMAN\"},");
            unsure.add(
                    actor == null
                            ? "actor: everything is taken to be done by a person"
                            : "actor: %s may say who acted: give its column, and values that translate %s"
                                    .formatted(actor.name(), actor.distinct()));
        }

        private boolean isTaken(GuessedTable.Column column) {
            return column.rises()
                    || ENTITY.matcher(column.name()).matches()
                    || EPISODE.matcher(column.name()).matches();
        }

        private List<GuessedTable.Column> actions(GuessedTable.@Nullable Column time) {
            List<GuessedTable.Column> free = table.columns().stream()
                    .filter(column -> !column.equals(time) && !isTaken(column) && !column.isConstant())
                    .filter(column -> column.isNumber() || column.distinct().size() <= MOST_CHOICES)
                    .toList();
            List<GuessedTable.Column> named = free.stream()
                    .filter(column ->
                            column.isNumber() && DONE.matcher(column.name()).matches())
                    .toList();
            if (named.isEmpty()) {
                named = free.stream()
                        .filter(column -> ACTION.matcher(column.name()).matches())
                        .limit(1)
                        .toList();
            }
            if (named.isEmpty()) {
                named = free.stream()
                        .filter(GuessedTable.Column::isNumber)
                        .reduce((before, last) -> last)
                        .map(List::of)
                        .orElse(List.of());
                if (named.isEmpty()) {
                    throw new IngestException(file
                            + ": expected a column of numbers that change besides the time, found " + table.names());
                }
                unsure.add("actions: no column is called an action; the last, %s, is taken"
                        .formatted(named.get(0).name()));
            } else {
                unsure.add("actions: %s taken for their names; range is what was seen, and a tenth more"
                        .formatted(named.stream().map(GuessedTable.Column::name).toList()));
            }
            if (named.stream().anyMatch(column -> !column.isNumber())) {
                return named.subList(0, 1);
            }
            return named;
        }

        private String action(GuessedTable.Column column) {
            if (!column.isNumber()) {
                return "{\"column\": %s, \"choices\": [%s]}"
                        .formatted(
                                quoted(column.name()),
                                String.join(
                                        ", ",
                                        column.distinct().stream()
                                                .map(Guessing::quoted)
                                                .toList()));
            }
            return "{\"column\": %s%s, \"range\": %s}".formatted(quoted(column.name()), unitOf(column), range(column));
        }

        private void observations(
                GuessedTable.@Nullable Column time, List<GuessedTable.Column> actions, List<String> lines) {
            List<String> seen = new ArrayList<>();
            List<String> left = new ArrayList<>();
            for (GuessedTable.Column column : table.columns()) {
                if (column.equals(time) || isTaken(column) || (!column.isNumber() && !actions.contains(column))) {
                    continue;
                }
                if (column.isConstant() || seen.size() >= MOST_OBSERVATIONS) {
                    left.add(column.name());
                } else if (!actions.contains(column)) {
                    String missing = column.missing() == 0 ? "" : ", \"missing\": \"hold\"";
                    if (column.missing() > 0) {
                        unsure.add("%s: missing in %d of %d rows; its last value is taken"
                                .formatted(column.name(), column.missing(), table.rows()));
                    }
                    seen.add("{\"column\": %s%s, \"range\": %s%s}"
                            .formatted(quoted(column.name()), unitOf(column), range(column), missing));
                } else if (column.isNumber()) {
                    seen.add("{\"column\": %s%s, \"range\": %s, \"lags\": [1, 2, 3]}"
                            .formatted(quoted(column.name()), unitOf(column), range(column)));
                }
            }
            if (seen.isEmpty()) {
                throw new IngestException(
                        file + ": expected a column of numbers to observe besides the action, found " + table.names());
            }
            if (!left.isEmpty()) {
                unsure.add("observations: left out %s, which never change, or are too many".formatted(left));
            }
            lines.add("  \"observations\": [");
            for (int i = 0; i < seen.size(); i++) {
                lines.add("    %s%s".formatted(seen.get(i), i + 1 < seen.size() ? "," : ""));
            }
            lines.add("  ],");
        }

        private static String unitOf(GuessedTable.Column column) {
            var unit = UNIT.matcher(column.name());
            return unit.matches() ? ", \"unit\": " + quoted(unit.group(2)) : "";
        }

        /** What was seen and a tenth more on either side, in two digits. */
        private static String range(GuessedTable.Column column) {
            double margin = 0.1 * Math.max(column.high() - column.low(), 1e-9);
            return "[%s, %s]".formatted(outward(column.low() - margin, -1), outward(column.high() + margin, 1));
        }

        private static String outward(double value, int direction) {
            if (value == 0) {
                return "0";
            }
            double unit = Math.pow(10, Math.floor(Math.log10(Math.abs(value))) - 1);
            double rounded = (direction > 0 ? Math.ceil(value / unit) : Math.floor(value / unit)) * unit;
            return java.math.BigDecimal.valueOf(rounded)
                    .round(new java.math.MathContext(3))
                    .stripTrailingZeros()
                    .toPlainString();
        }

        private static String short4(double value) {
            return String.format(Locale.ROOT, "%.4g", value);
        }

        private static String quoted(String text) {
            return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
        }
    }
}
