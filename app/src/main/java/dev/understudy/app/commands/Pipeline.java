package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Failures;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.embedded.LocalFlink;
import dev.understudy.app.kafka.Claim;
import dev.understudy.app.kafka.Connection;
import dev.understudy.catalogue.Catalogue;
import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicyName;
import dev.understudy.domain.PolicySpec;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.IntelligentDriverModel;
import dev.understudy.flink.kafka.JobRuntime;
import dev.understudy.flink.kafka.StateOptions;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.learn.Algorithms;
import dev.understudy.schemas.Signing;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.runtime.client.JobExecutionException;
import org.apache.flink.streaming.api.environment.LocalStreamEnvironment;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.StateMigrationException;

/** What the learning and the promotion job have in common on the command line. */
public final class Pipeline {
    /** What is learned, judged or served. */
    static final Setting<List<String>> POLICY = new Setting<>(
            "policy",
            CarFollowing.POLICY,
            "The policies, separated by commas: " + String.join(", ", Catalogue.policies())
                    + ", or variants such as driving/car-following@fleet-7; their domains name the topics.",
            text -> {
                List<String> names = List.of(text.split("\\s*,\\s*"));
                names.forEach(Catalogue::policy);
                return names;
            });

    /** Which policy a sample belongs to. */
    static final Setting<String> MAPPING = Setting.text(
            "policy.mapping",
            "",
            "Which policy an episode belongs to: one, label, entity-prefix, or a file of lines ENTITY = POLICY or"
                    + " PREFIX* = POLICY; one for one policy and label for several, where nothing is said; the same for"
                    + " learn, promote-gate and serve.");

    /** Share of trips held out; both jobs must agree on it. */
    static final Setting<Integer> HELD_OUT_PERCENT = Setting.integer(
            "heldout.percent",
            20,
            1,
            90,
            "Share of trips that are tested on and never learned, percent; the same for learn and promote-gate.");

    static final Setting<TrainCommand.Whose> EXPERTS = Setting.choice(
            "experts",
            TrainCommand.Whose.BOTH,
            TrainCommand.Whose.class,
            "Whose driving to learn from: both, human, assistance; the same for learn and promote-gate.");

    static final Setting<Integer> LATENESS_MILLIS = Setting.integer(
            "lateness.millis", 500, 0, 3_600_000, "How far out of order records may come, event time, milliseconds.");

    static final Setting<Integer> INACTIVITY_MILLIS = Setting.integer(
            "inactivity.millis",
            (int) LogReading.defaults().inactivity().toMillis(),
            1,
            86_400_000,
            "Event time of silence after which a trip, episode or conversation is taken for closed, milliseconds; a window"
                    + " closes so much later; the same for learn and promote-gate.");
    private static final Setting<Integer> PARALLELISM =
            Setting.integer("parallelism", 1, 1, 128, "Parallel instances of each operator.");
    private static final Setting<Integer> CHECKPOINT_MILLIS =
            Setting.integer("checkpoint.millis", 10_000, 100, 3_600_000, "Time between checkpoints, milliseconds.");
    private static final Setting<Integer> RESTARTS = Setting.integer(
            "restarts",
            120,
            0,
            1_000_000,
            "Failures in a row that a job survives, up to a minute apart; ten minutes without one begin a new row.");
    private static final Setting<String> CHECKPOINTS = new Setting<>(
            "checkpoint.directory",
            "understudy-state/checkpoints",
            "Directory for checkpoints, from the newest of which a job goes on: a path, or a URI that Flink can write to.",
            Pipeline::uri);

    private static final Setting<String> FLINK_ADDRESS = Setting.required(
            "flink.address",
            LocalFlink.LOOPBACK,
            "Address at which Flink in this JVM listens, with nobody asked who he is; on a cluster its own settings count.");
    /** How long a claim is waited for: that of a program that died is free after six seconds. */
    private static final Duration CLAIM_PATIENCE = Duration.ofSeconds(15);

    private Pipeline() {}

    private static String uri(String text) {
        if (text.matches("[a-z][a-z0-9+.-]+:.*")) {
            return URI.create(text).toString();
        }
        return Setting.writableDirectory("checkpoint.directory", "", "")
                .parse()
                .apply(text)
                .toUri()
                .toString();
    }

    /**
     * Returns what a job works on, which reads the logs of one domain.
     *
     * @throws BadSettingsException saying what is wrong with the policies or their mapping
     */
    static Policies<?> policies(Settings settings) {
        Optional<Policies<?>> declared = PolicyFiles.policies(settings);
        if (declared.isPresent()) {
            return declared.get();
        }
        try {
            return Catalogue.chosenOfOneDomain(settings.get(POLICY), settings.get(MAPPING));
        } catch (IllegalArgumentException e) {
            throw new BadSettingsException(List.of("policy: " + e.getMessage()));
        }
    }

    /** Returns a policy of the catalogue. */
    static PolicySpec<?> spec(String name) {
        try {
            return Catalogue.policy(name);
        } catch (IllegalArgumentException e) {
            throw new BadSettingsException(List.of("policy: " + e.getMessage()));
        }
    }

    /**
     * Returns the name of a program that works on some policies: what it keeps in a cluster must not be taken for that
     * of another. It has the policy in it, and where there are several, their domains; that of car following is plain.
     */
    static String named(String program, List<Policies<?>> chosen) {
        String policy = chosen.size() == 1 ? chosen.get(0).account() : "";
        String name = chosen.size() == 1
                ? policy
                : chosen.stream().map(each -> each.domain().name()).collect(Collectors.joining("-"));
        return policy.equals(CarFollowing.POLICY) ? program : program + "-" + name.replaceAll("[/@]", "-");
    }

    /** Returns the settings of a job, with those that are its own. */
    static List<Setting<?>> settings(Setting<?>... own) {
        List<Setting<?>> settings = new ArrayList<>(Connection.SETTINGS);
        settings.addAll(Connection.TOPIC_SETTINGS);
        settings.addAll(List.of(
                POLICY,
                PolicyFiles.FILE,
                MAPPING,
                HELD_OUT_PERCENT,
                EXPERTS,
                LATENESS_MILLIS,
                INACTIVITY_MILLIS,
                PARALLELISM,
                CHECKPOINT_MILLIS,
                CHECKPOINTS,
                RESTARTS,
                FLINK_ADDRESS));
        return SigningSettings.with(settings, own);
    }

    /**
     * Returns how a job runs. Its checkpoints lie apart from those of other jobs and of other Kafka clusters, whose
     * offsets mean nothing here.
     */
    static JobRuntime runtime(Settings settings, Connection connection, String group, Signing signing) {
        Map<String, String> client = new HashMap<>();
        connection.clientSettings().forEach((name, value) -> client.put(name, String.valueOf(value)));
        client.remove("bootstrap.servers");
        JobRuntime defaults =
                JobRuntime.defaults(connection.bootstrapServers(), group, directory(settings, connection, group));
        return new JobRuntime(
                defaults.bootstrapServers(),
                defaults.groupId(),
                client,
                settings.get(PARALLELISM),
                defaults.maxParallelism(),
                Duration.ofMillis(settings.get(CHECKPOINT_MILLIS)),
                defaults.checkpointDirectory(),
                settings.get(RESTARTS),
                defaults.restartDelay(),
                defaults.watermarkInterval(),
                defaults.bufferTimeout(),
                signing);
    }

    private static String directory(Settings settings, Connection connection, String group) {
        return "%s/%s/%s".formatted(settings.get(CHECKPOINTS), connection.clusterId(), group);
    }

    /**
     * Finds out, before anything starts, whether the state of a job goes on with these options.
     *
     * @param own options of this job alone that its state depends on, by name
     * @throws BadSettingsException saying of each option that does not go with the state what to do
     */
    static void checkState(Settings settings, Connection connection, String group, SortedMap<String, String> own) {
        SortedMap<String, String> options = new TreeMap<>(own);
        options.put(HELD_OUT_PERCENT.key(), String.valueOf(settings.get(HELD_OUT_PERCENT)));
        options.put(INACTIVITY_MILLIS.key(), String.valueOf(settings.get(INACTIVITY_MILLIS)));
        options.put(EXPERTS.key(), String.valueOf(settings.get(EXPERTS)).toLowerCase(Locale.ROOT));
        List<String> problems = StateOptions.check(directory(settings, connection, group), options);
        if (!problems.isEmpty()) {
            throw new BadSettingsException(problems);
        }
    }

    /**
     * Claims policies for a job, which then is the only one of its kind that works on them.
     *
     * @return closes all claims
     * @throws CommandFailedException naming who works on one of them already
     */
    static AutoCloseable claim(String role, Connection connection, Policies<?> policies, Console console) {
        List<Claim> claims = new ArrayList<>();
        AutoCloseable all = () -> claims.forEach(Claim::close);
        // Ctrl-C gives them back too.
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> List.copyOf(claims).forEach(Claim::close), "claims"));
        try {
            for (PolicyName policy : policies.names()) {
                claims.add(Claim.take(connection, role, policy.toString(), CLAIM_PATIENCE, () -> {
                    console.note("understudy: another %s works on %s now; this one ends".formatted(role, policy));
                    System.exit(1);
                }));
            }
            return all;
        } catch (CommandFailedException e) {
            claims.forEach(Claim::close);
            throw e;
        }
    }

    /** Returns how a job reads logs. */
    public static LogReading reading(Settings settings) {
        LogReading defaults = LogReading.defaults();
        return new LogReading(
                Duration.ofMillis(settings.get(LATENESS_MILLIS)),
                defaults.idleness(),
                defaults.futureTolerance(),
                Duration.ofMillis(settings.get(INACTIVITY_MILLIS)),
                settings.get(HELD_OUT_PERCENT),
                PolicyFiles.experts(settings, EXPERTS));
    }

    /**
     * Runs a job until it ends: on the cluster that this program was submitted to, or else in this JVM.
     *
     * @param build builds the job
     */
    static int run(
            String name,
            Settings settings,
            java.util.function.Consumer<StreamExecutionEnvironment> build,
            Console console)
            throws Exception {
        StreamExecutionEnvironment environment = environment(settings.get(FLINK_ADDRESS));
        build.accept(environment);
        console.note(name + ": runs; Ctrl-C stops it");
        try {
            environment.execute(name);
        } catch (JobExecutionException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof StateMigrationException
                        || String.valueOf(cause.getMessage()).contains("Could not restore")) {
                    throw new CommandFailedException(
                            "expected state that this release can read, found other in %s (%s): go on with the release that wrote it, or move that directory away to begin afresh"
                                    .formatted(
                                            environment
                                                    .getConfiguration()
                                                    .getOptional(StateRecoveryOptions.SAVEPOINT_PATH)
                                                    .orElse("the checkpoint"),
                                            Failures.describe(cause)),
                            e);
                }
            }
            throw e;
        }
        return 0;
    }

    /**
     * Returns where a job runs. Flink in this JVM opens ports for its REST interface and for files, which ask nobody
     * who he is: they are open to this machine alone, unless another address is asked for.
     */
    static StreamExecutionEnvironment environment(String address) {
        StreamExecutionEnvironment found = StreamExecutionEnvironment.getExecutionEnvironment();
        return found instanceof LocalStreamEnvironment
                ? StreamExecutionEnvironment.createLocalEnvironment(LocalFlink.listeningAt(address))
                : found;
    }

    /** Which algorithms learn. */
    static Setting<String> learner(String key) {
        return new Setting<>(
                key,
                "--learner",
                Algorithms.CLONING,
                "What learns: %s; or %s for bc and gail, whose candidates then compete."
                        .formatted(String.join(", ", Catalogue.algorithms()), LearningBranch.BOTH),
                text -> {
                    LearningBranch.of(text, Policies.one(new CarFollowingPolicy()), 0, 0);
                    return text;
                });
    }

    /** Parameters of the Intelligent Driver Model, the baseline that windows are scored beside. */
    static Setting<String> intelligentDriverModel() {
        return new Setting<>(
                "baseline.idm",
                IntelligentDriverModel.published().toText(),
                "Parameters of the Intelligent Driver Model beside which windows are scored.",
                text -> IntelligentDriverModel.fromText(text).toText());
    }
}
