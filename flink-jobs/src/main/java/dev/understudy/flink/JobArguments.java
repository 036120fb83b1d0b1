package dev.understudy.flink;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.flink.gate.GateConfig;
import dev.understudy.flink.kafka.JobRuntime;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.flink.train.TrainingConfig;
import dev.understudy.learn.Algorithms;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the command line of {@code flink run} says, on top of the defaults. Durations are ISO 8601, such as PT5M. */
final class JobArguments {
    private static final Set<String> NAMES = Set.of(
            "--bootstrap-servers",
            "--checkpoints",
            "--parallelism",
            "--policy",
            "--window",
            "--slide",
            "--seed",
            "--learner",
            "--steps",
            "--iterations",
            "--held-out",
            "--lateness",
            "--lead",
            "--code-version",
            "--data-licence");

    private final Map<String, String> values = new HashMap<>();
    private final List<String> problems = new ArrayList<>();

    private JobArguments() {}

    /**
     * Reads pairs of name and value.
     *
     * @throws IllegalArgumentException naming everything that is wrong
     */
    static JobArguments parse(String... args) {
        JobArguments arguments = new JobArguments();
        for (int i = 0; i < args.length; i += 2) {
            if (!NAMES.contains(args[i])) {
                arguments.problems.add("expected one of %s, got %s".formatted(new TreeSet<>(NAMES), args[i]));
            }
            if (i + 1 == args.length) {
                arguments.problems.add("expected a value after " + args[i]);
            } else {
                arguments.values.put(args[i], args[i + 1]);
            }
        }
        for (String needed : List.of("--bootstrap-servers", "--checkpoints")) {
            if (!arguments.values.containsKey(needed)) {
                arguments.problems.add("expected " + needed + ", got none");
            }
        }
        try {
            arguments.learning();
            arguments.promotion();
            arguments.branches();
        } catch (IllegalArgumentException e) {
            arguments.problems.add(String.valueOf(e.getMessage()));
        }
        if (!arguments.problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", new TreeSet<>(arguments.problems)));
        }
        return arguments;
    }

    LearningJobConfig learning() {
        TrainingConfig defaults = TrainingConfig.defaults(policy());
        Duration window = value("--window", Duration::parse, defaults.window());
        return new LearningJobConfig(
                runtime("understudy-learning"),
                reading(),
                defaults.withWindow(window, value("--slide", Duration::parse, window))
                        .withSeed(value("--seed", Long::valueOf, defaults.seed()))
                        .withOrigin(
                                value("--code-version", text -> text, defaults.codeVersion()),
                                value("--data-licence", text -> text, defaults.dataLicence())));
    }

    List<LearningBranch> branches() {
        return LearningBranch.of(
                value("--learner", text -> text, Algorithms.CLONING),
                policy(),
                value("--steps", Integer::valueOf, 0),
                value("--iterations", Integer::valueOf, 0));
    }

    PromotionJobConfig promotion() {
        GateConfig defaults = GateConfig.defaults(policy());
        return new PromotionJobConfig(
                runtime("understudy-promotion"),
                reading(),
                defaults.withLead(value("--lead", Duration::parse, defaults.lead())));
    }

    private String policy() {
        return value(
                "--policy",
                text -> Catalogue.policy(text).name(),
                Catalogue.policies().get(0));
    }

    private LogReading reading() {
        LogReading defaults = LogReading.defaults();
        return new LogReading(
                value("--lateness", Duration::parse, defaults.lateness()),
                defaults.idleness(),
                defaults.futureTolerance(),
                defaults.inactivity(),
                value("--held-out", Integer::valueOf, defaults.heldOutPercent()),
                defaults.experts());
    }

    private JobRuntime runtime(String group) {
        JobRuntime defaults = JobRuntime.defaults(
                value("--bootstrap-servers", text -> text, ""), group, value("--checkpoints", text -> text, ""));
        return defaults.withParallelism(value("--parallelism", Integer::valueOf, defaults.parallelism()));
    }

    private <T> T value(String name, Function<String, T> parse, T otherwise) {
        @Nullable String text = values.get(name);
        if (text == null) {
            return otherwise;
        }
        try {
            return parse.apply(text);
        } catch (NumberFormatException | DateTimeParseException e) {
            problems.add("expected a %s for %s, got %s"
                    .formatted(otherwise instanceof Duration ? "duration such as PT5M" : "number", name, text));
            return otherwise;
        }
    }
}
