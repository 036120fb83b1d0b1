package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Failures;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Tool;
import dev.understudy.app.console.Versions;
import dev.understudy.app.kafka.BrokerWatch;
import dev.understudy.app.kafka.Connection;
import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicyName;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.FollowingBaselines;
import dev.understudy.flink.LearningJob;
import dev.understudy.flink.LearningJobConfig;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.flink.train.TrainingConfig;
import dev.understudy.model.ModelMetadata;
import dev.understudy.schemas.Role;
import dev.understudy.schemas.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import picocli.CommandLine.Command;

/** The learning job. */
@Command(
        name = "learn",
        description = {
            "Run the learning job: retrain policies on event-time windows of the logs and publish candidates.",
            "Tells of each window and candidate, every minute what became of the records that it read, and when learning is slower than windows come.",
            "Runs on the Flink cluster it is submitted to, otherwise in this JVM."
        })
public final class LearnCommand implements Tool {
    private static final String GROUP = "understudy-learning";

    private static final Setting<Integer> WINDOW_SECONDS =
            Setting.integer("window.seconds", 300, 1, 604_800, "Length of a window in event time, seconds.");
    private static final Setting<Integer> SLIDE_SECONDS = Setting.integer(
            "slide.seconds", 0, 0, 604_800, "Event time from window to window, seconds; 0 for windows that tumble.");
    private static final Setting<Integer> STEPS = Setting.integer(
                    "learn.steps",
                    0,
                    0,
                    1_000_000,
                    "Optimiser steps of bc and bco on each window; 0 for the algorithm's own number.")
            .as("--steps");
    private static final Setting<String> LEARNER = Pipeline.learner("learn.learner");
    private static final Setting<Integer> ITERATIONS = Setting.integer(
                    "learn.iterations",
                    0,
                    0,
                    1_000_000,
                    "Iterations of gail on each window; 0 for the algorithm's own number.")
            .as("--iterations");
    private static final Setting<Boolean> ROLLOUTS = Setting.off(
                    "learn.rollouts",
                    "Let gail learn from what policies in service did, in place of an environment, or bco"
                            + " learn from it what was done; needs gail, both or bco.")
            .as("--rollouts");
    private static final Setting<Integer> REHEARSAL_PIECES = Setting.integer(
                    "learn.rehearsal.pieces",
                    600,
                    1,
                    100_000,
                    "Pieces of older logs, of a minute at 10 Hz each, that every policy keeps to rehearse.")
            .as("--rehearsal-pieces");
    private static final Setting<Integer> SEED = Setting.integer(
                    "learn.seed", 1, 0, Integer.MAX_VALUE, "What every draw follows from.")
            .as("--seed");
    private static final Setting<String> LICENCE = Setting.text(
            "data.licence", ModelMetadata.UNKNOWN_LICENCE, "Licence of the logs, written into every model.");
    private static final Setting<String> IDM = Pipeline.intelligentDriverModel();

    @Override
    public List<Setting<?>> settings() {
        return Pipeline.settings(
                WINDOW_SECONDS,
                SLIDE_SECONDS,
                LEARNER,
                STEPS,
                ITERATIONS,
                ROLLOUTS,
                REHEARSAL_PIECES,
                SEED,
                LICENCE,
                IDM,
                SigningSettings.SIGN_TRAINER);
    }

    @Override
    public Set<String> meaningless(Settings settings) {
        boolean isDriving = Pipeline.policies(settings)
                .domain()
                .name()
                .equals(PolicyName.parse(CarFollowing.POLICY).domain());
        return isDriving ? Set.of() : Set.of(IDM.key());
    }

    @Override
    public int run(Settings settings, Console console) throws Exception {
        Policies<?> policies = Pipeline.policies(settings);
        TrainingConfig training = training(settings);
        List<LearningBranch> branches = branches(settings);
        SigningSettings.tell(SigningSettings.signing(settings, Role.TRAINER).trust(), console);
        Connection connection = Connection.of(settings);
        connection.ensureTopics(settings, policies.domain());
        String group = Pipeline.named(GROUP, List.of(policies));
        SortedMap<String, String> options = new TreeMap<>();
        options.put(WINDOW_SECONDS.key(), Long.toString(training.window().toSeconds()));
        options.put(SLIDE_SECONDS.key(), Long.toString(training.slide().toSeconds()));
        options.put("learners", branches.stream().map(LearningBranch::uid).collect(Collectors.joining(",")));
        try (AutoCloseable claims = Pipeline.claim("understudy-learn", connection, policies, console)) {
            Objects.requireNonNull(claims);
            Pipeline.checkState(settings, connection, group, options);
            BrokerWatch brokers = BrokerWatch.start(connection, group, console);
            TotalsWatch.start(connection, policies, brokers::lag, console);
            ModelWatch.start(connection, policies, List.of(Topics.CANDIDATES, Topics.REPORTS), console);
            return Pipeline.run(
                    "understudy learn", settings, environment -> build(environment, settings, connection), console);
        }
    }

    /** Builds the job. */
    public static void build(StreamExecutionEnvironment environment, Settings settings, Connection connection) {
        LearningJobConfig config = new LearningJobConfig(
                Pipeline.runtime(
                        settings,
                        connection,
                        Pipeline.named(GROUP, List.of(Pipeline.policies(settings))),
                        SigningSettings.signing(settings, Role.TRAINER)),
                Pipeline.reading(settings),
                training(settings));
        LearningJob.build(environment, config, branches(settings));
    }

    private static List<LearningBranch> branches(Settings settings) {
        String learner = settings.get(LEARNER);
        Policies<?> policies = Pipeline.policies(settings);
        int steps = settings.get(STEPS);
        int iterations = settings.get(ITERATIONS);
        try {
            return settings.get(ROLLOUTS)
                    ? LearningBranch.fromRollouts(learner, policies, steps, iterations)
                    : LearningBranch.of(learner, policies, steps, iterations);
        } catch (IllegalArgumentException e) {
            throw new BadSettingsException(List.of(Failures.describe(e)));
        }
    }

    private static Map<String, String> baselines(Settings settings, TrainingConfig defaults) {
        return defaults.baselines().containsKey(FollowingBaselines.key(FollowingBaselines.IDM))
                ? Map.of(FollowingBaselines.key(FollowingBaselines.IDM), settings.get(IDM))
                : defaults.baselines();
    }

    private static TrainingConfig training(Settings settings) {
        TrainingConfig defaults = TrainingConfig.defaults(Pipeline.policies(settings));
        int window = settings.get(WINDOW_SECONDS);
        int slide = settings.get(SLIDE_SECONDS) == 0 ? window : settings.get(SLIDE_SECONDS);
        try {
            return new TrainingConfig(
                    defaults.policies(),
                    Duration.ofSeconds(window),
                    Duration.ofSeconds(slide),
                    defaults.slice(),
                    settings.get(SEED),
                    settings.get(REHEARSAL_PIECES),
                    defaults.replayPieceSteps(),
                    defaults.replayRecency(),
                    baselines(settings, defaults),
                    Versions.own(),
                    settings.get(LICENCE),
                    defaults.apart());
        } catch (IllegalArgumentException e) {
            throw new BadSettingsException(List.of(Failures.describe(e)));
        }
    }
}
