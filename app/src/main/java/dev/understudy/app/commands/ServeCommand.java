package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Interrupts;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Tool;
import dev.understudy.app.kafka.BrokerWatch;
import dev.understudy.app.kafka.Connection;
import dev.understudy.catalogue.Catalogue;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Policies;
import dev.understudy.schemas.Role;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.Trust;
import dev.understudy.streams.Guarantee;
import dev.understudy.streams.Recording;
import dev.understudy.streams.Serving;
import dev.understudy.streams.ServingConfig;
import dev.understudy.streams.ServingMetrics;
import dev.understudy.streams.ServingTopology;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/** One serving instance. */
@Command(
        name = "serve",
        description = {
            "Run a serving instance: answer observations with the policy in force, and take over promoted models without a pause.",
            "Start it on several machines to share the work. Ctrl-C stops it and prints its counts."
        })
public final class ServeCommand implements Tool {
    private static final ServingConfig DEFAULTS = ServingConfig.defaults("localhost:9092", Path.of("understudy-state"));

    private static final Setting<String> INSTANCE = Setting.text(
                    "serve.instance",
                    "",
                    "Name of this instance, which stamps its decisions and no other instance may have; the host's name by default.")
            .as("--instance");
    private static final Setting<String> APPLICATION = Setting.required(
                    "serve.application",
                    DEFAULTS.place().applicationId(),
                    "Instances of one application share the work; the name of another policy than car following is added.")
            .as("--application");
    private static final Setting<Path> STATE = Setting.writableDirectory(
                    "serve.state",
                    "understudy-state",
                    "Directory of the stores, by Kafka cluster; each instance needs its own.")
            .as("--state");
    private static final Setting<Guarantee> GUARANTEE = Setting.choice(
                    "serve.guarantee",
                    DEFAULTS.delivery().guarantee(),
                    Guarantee.class,
                    "exactly-once (decisions are visible at commit), or at-least-once (low latency).")
            .as("--guarantee");
    private static final Setting<Integer> COMMIT_MILLIS = Setting.integer(
                    "serve.commit.millis",
                    (int) DEFAULTS.delivery().commitInterval().toMillis(),
                    1,
                    60_000,
                    "Time between commits, milliseconds.")
            .as("--commit-millis");
    private static final Setting<Integer> BATCH = Setting.integer(
                    "serve.batch",
                    DEFAULTS.batching().records(),
                    1,
                    DEFAULTS.intake().rows(),
                    "Most observations scored together.")
            .as("--batch");
    private static final Setting<Integer> WAIT_MILLIS = Setting.integer(
                    "serve.wait.millis",
                    (int) DEFAULTS.batching().longestWait().toMillis(),
                    0,
                    10_000,
                    "How long observations wait for others to be scored with, milliseconds. 0: they are scored with"
                            + " those that were read with them.")
            .as("--wait-millis");
    private static final Setting<Integer> THREADS = Setting.integer(
                    "serve.threads", DEFAULTS.batching().threads(), 1, 256, "Stream threads.")
            .as("--threads");
    private static final Setting<Boolean> ROLLOUTS = Setting.off(
                    "serve.rollouts",
                    "Write what the policy saw and did to the topic of rollouts, for off-policy learning.")
            .as("--rollouts");
    private static final Setting<Boolean> EXPLORE = Setting.off(
                    "serve.explore",
                    "Draw actions from the policy's distribution instead of doing the likeliest; needs serve.rollouts.")
            .as("--explore");
    private static final Setting<Integer> REPORT_SECONDS = Setting.integer(
                    "serve.report.seconds", 10, 1, 86_400, "Time between lines on what was served, seconds.")
            .as("--report-seconds");

    private static final Setting<Integer> MOST_POLICIES = Setting.integer(
            "serve.policies.most",
            1_000,
            1,
            1_000_000,
            "Most policies whose models one instance loads; variants beyond are answered by their parents.");

    @Override
    public List<Setting<?>> settings() {
        List<Setting<?>> settings = new ArrayList<>(Connection.SETTINGS);
        settings.addAll(Connection.TOPIC_SETTINGS);
        settings.addAll(List.of(
                Pipeline.POLICY,
                PolicyFiles.FILE,
                Pipeline.MAPPING,
                MOST_POLICIES,
                INSTANCE,
                APPLICATION,
                STATE,
                GUARANTEE,
                COMMIT_MILLIS,
                BATCH,
                WAIT_MILLIS,
                THREADS,
                ROLLOUTS,
                EXPLORE,
                REPORT_SECONDS));
        settings.addAll(HttpSettings.ALL);
        return SigningSettings.with(settings);
    }

    @Override
    public Set<String> meaningless(Settings settings) {
        boolean isDialogue =
                served(settings).stream().anyMatch(each -> each.domain().equals(Turn.DOMAIN));
        return isDialogue
                ? Set.of()
                : HttpSettings.ALL.stream().map(Setting::key).collect(Collectors.toSet());
    }

    @Override
    public int run(Settings settings, Console console) throws Exception {
        Recording recording = recording(settings);
        List<Policies<?>> served = served(settings);
        HttpSettings http = HttpSettings.of(settings, served);
        Trust trust = SigningSettings.trust(settings, Role.TRAINER, Role.GATE);
        SigningSettings.tell(trust, console);
        Connection connection = Connection.of(settings);
        for (Policies<?> policies : served) {
            connection.ensureTopics(settings, policies.domain());
        }
        // What was stored of one cluster says nothing of another.
        Path state = settings.get(STATE).resolve(connection.clusterId());
        ServingConfig config = ServingConfig.defaults(connection.bootstrapServers(), state)
                .withClient(connection.clientSettings())
                .named(instance(settings), Pipeline.named(settings.get(APPLICATION), served))
                .with(new ServingConfig.Delivery(
                        settings.get(GUARANTEE), Duration.ofMillis(settings.get(COMMIT_MILLIS))))
                .with(new ServingConfig.Batching(
                        settings.get(BATCH), Duration.ofMillis(settings.get(WAIT_MILLIS)), settings.get(THREADS)))
                .with(new ServingConfig.Bounds(DEFAULTS.bounds().entities(), settings.get(MOST_POLICIES)))
                .with(recording)
                .with(trust);
        CountDownLatch stop = new CountDownLatch(1);
        Interrupts.onFirst(stop::countDown);
        try (Serving serving = new Serving(config, served)) {
            serving.start();
            BrokerWatch.start(connection, config.place().applicationId(), console);
            try (HttpSettings.Opened door = http.open(connection, config.instance(), serving, console)) {
                int code = watch(serving, stop, settings.get(REPORT_SECONDS), console);
                Map<String, Object> counts = counts(serving);
                counts.putAll(door.counts());
                console.result(counts, () -> text(serving.metrics().snapshot()));
                return code;
            }
        }
    }

    private static List<Policies<?>> served(Settings settings) {
        Optional<Policies<?>> declared = PolicyFiles.policies(settings);
        if (declared.isPresent()) {
            return List.of(declared.get());
        }
        try {
            List<Policies<?>> served = Catalogue.chosen(settings.get(Pipeline.POLICY), settings.get(Pipeline.MAPPING));
            ServingTopology.checkTogether(served);
            return served;
        } catch (IllegalArgumentException e) {
            throw new BadSettingsException(List.of("policy: " + e.getMessage()));
        }
    }

    private static Recording recording(Settings settings) {
        if (settings.get(EXPLORE)) {
            if (!settings.get(ROLLOUTS)) {
                throw new BadSettingsException(
                        List.of("serve.explore: expected serve.rollouts=true beside it, found false"));
            }
            return Recording.DRAWN;
        }
        return settings.get(ROLLOUTS) ? Recording.MODE : Recording.OFF;
    }

    private static String instance(Settings settings) {
        if (!settings.get(INSTANCE).isEmpty()) {
            return settings.get(INSTANCE);
        }
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "serving-" + ProcessHandle.current().pid();
        }
    }

    /** Reports until told to stop; returns 1 if the instance gave up before. */
    private static int watch(Serving serving, CountDownLatch stop, int everySeconds, Console console)
            throws InterruptedException {
        long last = 0;
        long lastDead = 0;
        while (!stop.await(everySeconds, TimeUnit.SECONDS)) {
            Serving.Health health = serving.health();
            long decided = serving.metrics().snapshot().decisions();
            String models = health.epochs().size() > 1
                    ? "%d policies in service".formatted(health.epochs().size())
                    : "epoch " + health.epoch().map(String::valueOf).orElse("-");
            String state = health.isWithoutWork()
                    ? "RUNNING without partitions: other instances have all of them"
                    : health.state() + " with " + counted(health.partitions(), "partition");
            console.line("%s, %s, %,d decisions, %.0f a second"
                    .formatted(state, models, decided, (double) (decided - last) / everySeconds));
            last = decided;
            long dead = serving.metrics().snapshot().deadLettered();
            if (dead > lastDead) {
                console.line("%,d observations could not be answered, %,d of them new; %s says why"
                        .formatted(dead, dead - lastDead, Topics.DEAD_LETTERS));
                lastDead = dead;
            }
            if (health.state().equals("ERROR") || health.state().equals("NOT_RUNNING")) {
                console.note("understudy: serving gave up; the log says why");
                return 1;
            }
        }
        return 0;
    }

    private static String counted(long count, String what) {
        return "%,d %s%s".formatted(count, what, count == 1 ? "" : "s");
    }

    /** Returns what was served in sentences. */
    private static String text(ServingMetrics.Snapshot counts) {
        return "Read %s: %s (%,d of them fallbacks), %s, %s. %s of models, %s refused, %s of the models topics unreadable."
                .formatted(
                        counted(counts.observed(), "observation"),
                        counted(counts.decisions(), "decision"),
                        counts.fallbacks(),
                        counted(counts.duplicates(), "duplicate"),
                        counted(counts.deadLettered(), "dead letter"),
                        counted(counts.swaps(), "swap"),
                        counted(counts.modelsRejected(), "model"),
                        counted(counts.unreadable(), "record"));
    }

    private static Map<String, Object> counts(Serving serving) {
        ServingMetrics.Snapshot snapshot = serving.metrics().snapshot();
        Map<String, Object> counts = new LinkedHashMap<>();
        counts.put("observed", snapshot.observed());
        counts.put("decided", snapshot.decisions());
        counts.put("fallbacks", snapshot.fallbacks());
        counts.put("duplicates", snapshot.duplicates());
        counts.put("deadLettered", snapshot.deadLettered());
        counts.put("swaps", snapshot.swaps());
        counts.put("modelsRejected", snapshot.modelsRejected());
        counts.put("untrusted", snapshot.untrusted());
        counts.put("unreadable", snapshot.unreadable());
        return counts;
    }
}
