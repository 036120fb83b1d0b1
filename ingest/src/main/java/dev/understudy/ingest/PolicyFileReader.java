package dev.understudy.ingest;

import dev.understudy.control.Declaration;
import dev.understudy.control.DeclaredAction;
import dev.understudy.control.Signal;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Experts;
import dev.understudy.ingest.LocatedChecks.Member;
import dev.understudy.ingest.Mapping.Column;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns the text of a policy file into what it declares; collects every problem of it. */
final class PolicyFileReader {
    /** Keys of the file and of its parts, as {@code policy-file.schema.json} has them. */
    static final Map<String, Set<String>> KEYS = Map.of(
            "",
                    Set.of(
                            "$schema",
                            "name",
                            "domain",
                            "stepMs",
                            "source",
                            "entity",
                            "episode",
                            "time",
                            "sequence",
                            "actor",
                            "label",
                            "observations",
                            "actions",
                            "experts",
                            "sampling",
                            "gate"),
            "source", Set.of("format", "delimiter", "decimal", "comment", "header", "zone", "sort"),
            "field", Set.of("column", "default", "values"),
            "time", Set.of("column", "unit", "origin", "pattern", "rate"),
            "observation",
                    Set.of(
                            "name",
                            "column",
                            "unit",
                            "scale",
                            "range",
                            "missing",
                            "values",
                            "maxAgeMs",
                            "sampling",
                            "lags",
                            "differences"),
            "number", Set.of("name", "column", "unit", "scale", "range", "perSecond", "neutral", "values"),
            "choice", Set.of("name", "column", "choices", "neutral", "values"),
            "sampling", Set.of("method", "maxAgeMs"),
            "gate", Set.of("firstEpisodes", "episodes", "steps"));

    private static final int MOST_STEP_MS = 3_600_000;
    private static final int MOST_SIGNALS = 256;

    /** What a file says. */
    record Result(Declaration declaration, Layout layout) {}

    private final String place;
    private final LocatedChecks checks = new LocatedChecks();

    /**
     * A reader.
     *
     * @param place what the file is called in messages
     */
    PolicyFileReader(String place) {
        this.place = place;
    }

    /** @throws IngestException with all problems, each with its place */
    Result read(String text, boolean isYaml) {
        Located root = Located.read(text, isYaml, checks::add);
        Result result = root == null ? null : read(root);
        if (result == null || !checks.isFine()) {
            throw new IngestException(checks.describe(place));
        }
        return result;
    }

    private @Nullable Result read(Located root) {
        if (!checks.isObject(root, "a policy file")) {
            return null;
        }
        checks.keys(root, KEYS.get(""));
        Member file = new Member(root, "");
        String name = name(file);
        String domain = checks.text(file, "domain", "control");
        if (!domain.equals("control")) {
            checks.at(file, "domain", "expected the domain control, found '" + domain + "'");
        }
        int stepMs = checks.whole(file, "stepMs", 1, MOST_STEP_MS, null);
        Sampling sampling = sampling(file, stepMs);
        List<Signal> signals = new ArrayList<>();
        List<Layout.Measured> columns = new ArrayList<>();
        observations(file, sampling, signals, columns);
        PolicyActions actions = PolicyActions.read(file, checks);
        actionsAreNotSeen(file, signals, columns, actions);
        Layout layout = new PolicyLayout(checks).read(file, columns, actions.columns());
        Set<Actor> experts = experts(file);
        Declaration.Gate gate = gate(file);
        if (!checks.isFine()) {
            return null;
        }
        return new Result(
                new Declaration(
                        name,
                        stepMs,
                        Math.max(stepMs, sampling.maxAgeMs),
                        signals,
                        actions.numbers(),
                        actions.choices(),
                        actions.neutralChoice(),
                        sampling.isLinear && actions.choices().isEmpty(),
                        experts,
                        gate),
                layout);
    }

    private String name(Member file) {
        String name = checks.text(file, "name", null);
        String bare = name.startsWith("control/") ? name.substring("control/".length()) : name;
        if (!name.isEmpty() && !bare.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
            checks.at(
                    file,
                    "name",
                    "expected a name of letters, digits, dots, dashes and underscores such as steering, found '" + name
                            + "'");
        }
        return bare;
    }

    /** How signals come to steps where their own column says nothing else. */
    private record Sampling(boolean isLinear, int maxAgeMs) {}

    private Sampling sampling(Member file, int stepMs) {
        Member sampling = checks.object(file, "sampling", KEYS.get("sampling"));
        int otherwise = Math.max(1, 2 * Math.max(1, stepMs));
        return new Sampling(
                isLinear(sampling, "method", "hold"),
                checks.whole(sampling, "maxAgeMs", Math.max(1, stepMs), 86_400_000, otherwise));
    }

    private boolean isLinear(Member of, String key, String otherwise) {
        String method = checks.word(of, key, List.of("hold", "linear"), otherwise);
        return method.equals("linear");
    }

    private void observations(Member file, Sampling sampling, List<Signal> signals, List<Layout.Measured> columns) {
        List<Member> all = checks.array(file, "observations", true);
        if (all.size() > MOST_SIGNALS) {
            checks.at(file, "observations", "expected at most " + MOST_SIGNALS + " observations, found " + all.size());
            return;
        }
        Set<String> names = new HashSet<>();
        for (Member each : all) {
            if (!checks.isObject(each.value(), "an observation")) {
                continue;
            }
            checks.keys(each.value(), KEYS.get("observation"));
            String column = checks.text(each, "column", null);
            String name = checks.text(each, "name", column);
            if (!column.isEmpty() && !names.add(name)) {
                checks.at(
                        each,
                        each.has("name") ? "name" : "column",
                        "expected observations of different names, found '" + name
                                + "' twice (give lags to see a column" + " at several times)");
            }
            double[] range = checks.range(each, "range", false);
            Missing missing = missing(each);
            List<Integer> lags = checks.wholes(each, "lags", 0, Signal.MOST_STEPS_BACK);
            List<Integer> differences = checks.wholes(each, "differences", 1, Signal.MOST_STEPS_BACK);
            if (lags.isEmpty() && !(each.has("lags") && !differences.isEmpty())) {
                lags = List.of(0);
            }
            int maxAgeMs = checks.whole(each, "maxAgeMs", 1, Integer.MAX_VALUE, sampling.maxAgeMs);
            boolean isLinear = isLinear(each, "sampling", sampling.isLinear ? "linear" : "hold");
            String unit = checks.text(each, "unit", "");
            columns.add(new Layout.Measured(
                    PolicyLayout.column(column, unit, checks.words(each, "values")), checks.scale(each)));
            if (checks.isFine()) {
                Signal signal = signal(each, name, unit, range, missing, maxAgeMs, isLinear, lags, differences);
                if (signal != null) {
                    signals.add(signal);
                }
            }
        }
    }

    private @Nullable Signal signal(
            Member each,
            String name,
            String unit,
            double[] range,
            Missing missing,
            int maxAgeMs,
            boolean isLinear,
            List<Integer> lags,
            List<Integer> differences) {
        try {
            return new Signal(
                    name, unit, range[0], range[1], missing.rule, missing.fill, maxAgeMs, isLinear, lags, differences);
        } catch (IllegalArgumentException e) {
            checks.add(each.value().line(), each.value().column(), String.valueOf(e.getMessage()));
            return null;
        }
    }

    private record Missing(Signal.Missing rule, float fill) {}

    private Missing missing(Member each) {
        Located value = each.value().members().get("missing");
        if (value == null) {
            return new Missing(Signal.Missing.REFUSE, 0);
        }
        if (value.kind() == Located.Kind.NUMBER) {
            return new Missing(Signal.Missing.FILL, Float.parseFloat(value.text()));
        }
        if (value.kind() == Located.Kind.TEXT && Set.of("refuse", "hold").contains(value.text())) {
            return new Missing(value.text().equals("hold") ? Signal.Missing.HOLD : Signal.Missing.REFUSE, 0);
        }
        checks.at(
                each,
                "missing",
                "expected refuse, hold, or a number that stands for a missing one, found " + value.found());
        return new Missing(Signal.Missing.REFUSE, 0);
    }

    /** What is done now must not be among what is seen. */
    private void actionsAreNotSeen(
            Member file, List<Signal> signals, List<Layout.Measured> columns, PolicyActions actions) {
        Map<String, Signal> byColumn = new HashMap<>();
        for (int i = 0; i < Math.min(signals.size(), columns.size()); i++) {
            byColumn.put(String.valueOf(columns.get(i).column().name()), signals.get(i));
        }
        for (Layout.Measured action : actions.columns()) {
            Column column = action.column();
            Signal seen = byColumn.get(String.valueOf(column.name()));
            if (seen != null && seen.newestLag() == 0) {
                checks.at(
                        file,
                        "observations",
                        "expected the action's column " + column.name()
                                + " to be observed with lags from 1 alone, found lag 0: what is done would be seen before"
                                + " it is done");
            }
        }
    }

    private Set<Actor> experts(Member file) {
        List<Member> all = checks.array(file, "experts", false);
        if (all.isEmpty()) {
            return Experts.DEFAULT;
        }
        Set<Actor> experts = EnumSet.noneOf(Actor.class);
        for (Member each : all) {
            checks.actor(each.value(), "experts").ifPresent(experts::add);
        }
        return experts;
    }

    private Declaration.Gate gate(Member file) {
        Member gate = checks.object(file, "gate", KEYS.get("gate"));
        return new Declaration.Gate(
                checks.whole(gate, "firstEpisodes", 2, 1_000_000, 2),
                checks.whole(gate, "episodes", 2, 1_000_000, 8),
                checks.whole(gate, "steps", 1, Integer.MAX_VALUE, 100));
    }

    /** What can be done. */
    record PolicyActions(
            List<DeclaredAction> numbers, List<String> choices, int neutralChoice, List<Layout.Measured> columns) {
        static PolicyActions read(Member file, LocatedChecks checks) {
            List<DeclaredAction> numbers = new ArrayList<>();
            List<String> choices = new ArrayList<>();
            List<Layout.Measured> columns = new ArrayList<>();
            int neutral = 0;
            List<Member> all = checks.array(file, "actions", true);
            for (Member each : all) {
                if (!checks.isObject(each.value(), "an action")) {
                    continue;
                }
                boolean isChoice = each.has("choices");
                checks.keys(each.value(), KEYS.get(isChoice ? "choice" : "number"));
                String column = checks.text(each, "column", null);
                String unit = isChoice ? "" : checks.text(each, "unit", "");
                columns.add(new Layout.Measured(
                        PolicyLayout.column(column, unit, checks.words(each, "values")),
                        isChoice ? 1 : checks.scale(each)));
                if (isChoice) {
                    choices.addAll(checks.names(each, "choices"));
                    neutral = choices.indexOf(checks.text(each, "neutral", choices.isEmpty() ? "" : choices.get(0)));
                    if (all.size() > 1) {
                        checks.at(each, "choices", "expected a choice to be the only action, found " + all.size());
                    }
                    if (neutral < 0) {
                        checks.at(each, "neutral", "expected one of the choices " + choices);
                    }
                } else {
                    number(each, checks, column, unit).ifPresent(numbers::add);
                }
            }
            return new PolicyActions(numbers, choices, neutral, columns);
        }

        private static java.util.Optional<DeclaredAction> number(
                Member each, LocatedChecks checks, String column, String unit) {
            double[] range = checks.range(each, "range", true);
            double perSecond = checks.number(each, "perSecond", Double.POSITIVE_INFINITY);
            double middle = Math.max(range[0], Math.min(range[1], 0));
            double neutral = checks.number(each, "neutral", middle);
            if (!(perSecond > 0)) {
                checks.at(each, "perSecond", "expected a rate above 0, found " + perSecond);
            }
            if (neutral < range[0] || neutral > range[1]) {
                checks.at(each, "neutral", "expected a value in the range, found " + neutral);
            }
            return checks.isFine()
                    ? java.util.Optional.of(new DeclaredAction(
                            checks.text(each, "name", column),
                            unit,
                            (float) range[0],
                            (float) range[1],
                            perSecond,
                            (float) neutral))
                    : java.util.Optional.empty();
        }
    }
}
