package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Failures;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Table;
import dev.understudy.app.console.Tool;
import dev.understudy.app.console.Versions;
import dev.understudy.app.kafka.Connection;
import dev.understudy.catalogue.Catalogue;
import dev.understudy.domain.Domain;
import dev.understudy.graph.OnnxRuntime;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.TopicAdmin;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.TopicsException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.utils.AppInfoParser;
import picocli.CommandLine.Command;

/** Checks the machine, the brokers and the topics, and says what is amiss. */
@Command(
        name = "doctor",
        description = {
            "Check the machine, the brokers, the topics, their settings and the versions.",
            "With --acls also what each program is allowed to do in the cluster."
        })
public final class DoctorCommand implements Tool {
    private static final Setting<Boolean> CREATE =
            Setting.off("doctor.create", "Create the topics that are missing.").as("--create");
    private static final Setting<String> POLICIES = Setting.text(
            "policy",
            "",
            "Policies whose topics are checked, by comma; those of all domains without --policy and --domain.");
    private static final Setting<String> DOMAINS = Setting.text(
            "domain",
            "",
            "Domains whose topics are checked, by comma: "
                    + Catalogue.domains().stream().map(Domain::name).collect(Collectors.joining(", ")) + ".");
    /** What the difference of a topic says that is not there. */
    private static final String MISSING = "expected to be there";

    private static final int LEAST_JDK = 17;
    private static final int LEAST_CORES = 2;
    private static final long LEAST_HEAP = 1L << 30;
    private static final long LEAST_DISK = 1L << 30;

    /** How one check went. */
    enum Health {
        OK,
        WARNING,
        FAILED
    }

    record Finding(String check, Health health, String detail) {}

    @Override
    public List<Setting<?>> settings() {
        List<Setting<?>> settings = new ArrayList<>(Connection.SETTINGS);
        settings.addAll(Connection.TOPIC_SETTINGS);
        settings.addAll(List.of(POLICIES, DOMAINS, CREATE));
        settings.addAll(AccessCheck.SETTINGS);
        return settings;
    }

    @Override
    public boolean announcesSettings() {
        return false;
    }

    @Override
    public int run(Settings settings, Console console) {
        Set<Domain<?>> domains = domains(settings);
        List<Finding> findings = new ArrayList<>(machine());
        findings.addAll(cluster(settings, domains));
        if (settings.get(AccessCheck.ACLS)) {
            findings.addAll(AccessCheck.run(settings, domains, settings.get(CREATE)));
        }
        boolean healthy = findings.stream().noneMatch(finding -> finding.health() == Health.FAILED);
        Table table = new Table("check", "", "found");
        findings.forEach(finding -> table.row(finding.check(), word(finding.health()), finding.detail()));
        console.result(json(findings, healthy), table::toString);
        return healthy ? 0 : 1;
    }

    private static Set<Domain<?>> domains(Settings settings) {
        Set<Domain<?>> domains = new LinkedHashSet<>();
        List<String> problems = new ArrayList<>();
        named(POLICIES, settings, name -> Catalogue.policy(name).domain(), domains, problems);
        named(DOMAINS, settings, Catalogue::domain, domains, problems);
        if (!problems.isEmpty()) {
            throw new BadSettingsException(problems);
        }
        return domains.isEmpty() ? new LinkedHashSet<>(Catalogue.domains()) : domains;
    }

    private static void named(
            Setting<String> setting,
            Settings settings,
            Function<String, Domain<?>> find,
            Set<Domain<?>> domains,
            List<String> problems) {
        for (String name : Arrays.asList(settings.get(setting).split(",", -1))) {
            try {
                if (!name.isBlank()) {
                    domains.add(find.apply(name.strip()));
                }
            } catch (IllegalArgumentException e) {
                problems.add(setting.key() + ": " + e.getMessage());
            }
        }
    }

    private static Map<String, Object> json(List<Finding> findings, boolean healthy) {
        List<Map<String, String>> checks = new ArrayList<>();
        for (Finding finding : findings) {
            Map<String, String> check = new LinkedHashMap<>();
            check.put("check", finding.check());
            check.put("health", word(finding.health()));
            check.put("found", finding.detail());
            checks.add(check);
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("healthy", healthy);
        json.put("checks", checks);
        return json;
    }

    private static String word(Health health) {
        return switch (health) {
            case OK -> "ok";
            case WARNING -> "warning";
            case FAILED -> "FAILED";
        };
    }

    private static List<Finding> machine() {
        List<Finding> findings = new ArrayList<>();
        int jdk = Runtime.version().feature();
        findings.add(new Finding(
                "Java",
                jdk >= LEAST_JDK ? Health.OK : Health.FAILED,
                "%s %s, expected %d or later"
                        .formatted(System.getProperty("java.vendor"), Runtime.version(), LEAST_JDK)));
        int cores = Runtime.getRuntime().availableProcessors();
        findings.add(new Finding(
                "cores",
                cores >= LEAST_CORES ? Health.OK : Health.WARNING,
                "%d, expected %d or more".formatted(cores, LEAST_CORES)));
        long heap = Runtime.getRuntime().maxMemory();
        long memory =
                ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                        ? os.getTotalMemorySize()
                        : 0;
        findings.add(new Finding(
                "memory",
                heap >= LEAST_HEAP ? Health.OK : Health.WARNING,
                "heap up to %d MiB of %d MiB, expected a heap of %d MiB or more"
                        .formatted(heap >> 20, memory >> 20, LEAST_HEAP >> 20)));
        findings.add(disk());
        findings.add(runtime());
        findings.addAll(ListeningCheck.run());
        Properties versions = Versions.read();
        findings.add(new Finding(
                "versions",
                AppInfoParser.getVersion().equals(versions.getProperty("kafka")) ? Health.OK : Health.FAILED,
                "understudy %s, Kafka client %s (built with %s), Flink %s, Avro %s"
                        .formatted(
                                versions.getProperty("understudy"),
                                AppInfoParser.getVersion(),
                                versions.getProperty("kafka"),
                                versions.getProperty("flink"),
                                versions.getProperty("avro"))));
        return findings;
    }

    private static Finding disk() {
        Path folder = Path.of(System.getProperty("java.io.tmpdir"));
        if (!Files.isWritable(folder)) {
            return new Finding("disk", Health.FAILED, "expected a directory that can be written, found " + folder);
        }
        try {
            FileStore store = Files.getFileStore(folder);
            return new Finding(
                    "disk",
                    store.getUsableSpace() >= LEAST_DISK ? Health.OK : Health.WARNING,
                    "%d MiB free in %s, expected %d MiB or more"
                            .formatted(store.getUsableSpace() >> 20, folder, LEAST_DISK >> 20));
        } catch (IOException e) {
            return new Finding("disk", Health.FAILED, "cannot ask %s: %s".formatted(folder, Failures.describe(e)));
        }
    }

    private static Finding runtime() {
        try {
            return new Finding(
                    "ONNX Runtime", Health.OK, OnnxRuntime.environment().getVersion());
        } catch (UnsatisfiedLinkError | ExceptionInInitializerError | NoClassDefFoundError | IllegalStateException e) {
            return new Finding("ONNX Runtime", Health.FAILED, "cannot load its library: " + Failures.describe(e));
        }
    }

    private static List<Finding> cluster(Settings settings, Set<Domain<?>> domains) {
        Connection connection = Connection.of(settings);
        try (Admin admin = connection.admin()) {
            List<Finding> findings = new ArrayList<>();
            findings.add(new Finding(
                    "brokers",
                    Health.OK,
                    "%d at %s".formatted(admin.describeCluster().nodes().get().size(), connection.bootstrapServers())));
            TopicAdmin topics = connection.topicAdmin(admin);
            try {
                topics.checkFeatures();
                findings.add(new Finding("transaction.version", Health.OK, "2"));
            } catch (TopicsException e) {
                findings.add(new Finding("transaction.version", Health.FAILED, Failures.describe(e)));
            }
            int partitions = settings.get(Connection.PARTITIONS);
            Map<String, Topics.Topic> wanted = new LinkedHashMap<>();
            Topics.all(partitions).forEach(topic -> wanted.put(topic.name(), topic));
            domains.forEach(domain ->
                    DomainTopics.of(domain).all(partitions).forEach(topic -> wanted.put(topic.name(), topic)));
            List<Topics.Topic> all = List.copyOf(wanted.values());
            if (settings.get(CREATE)) {
                topics.checkFeatures();
                topics.ensure(settings.get(Connection.REPLICATION), all);
            }
            List<String> differences = topics.differences(all);
            if (differences.isEmpty()) {
                findings.add(new Finding(
                        "topics",
                        Health.OK,
                        "%d, with their settings, of %s"
                                .formatted(
                                        all.size(),
                                        domains.stream().map(Domain::name).toList())));
            }
            differences.forEach(difference -> findings.add(new Finding("topics", Health.FAILED, difference)));
            if (differences.stream().anyMatch(difference -> difference.contains(MISSING))) {
                findings.add(new Finding(
                        "topics", Health.WARNING, "'understudy doctor --create' creates those that are missing"));
            }
            return findings;
        } catch (CommandFailedException | TopicsException | ExecutionException e) {
            return List.of(new Finding("brokers", Health.FAILED, Failures.describe(e)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of(new Finding("brokers", Health.FAILED, "interrupted"));
        }
    }
}
