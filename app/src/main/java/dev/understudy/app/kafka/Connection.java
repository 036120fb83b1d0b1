package dev.understudy.app.kafka;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Failures;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.domain.Domain;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.TopicAdmin;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;

/** How the commands reach a Kafka cluster. */
public final class Connection {
    /** The cluster's address. */
    static final Setting<String> BOOTSTRAP_SERVERS = Setting.required(
            "bootstrap.servers", "localhost:9092", "The Kafka cluster: host:port, several separated by commas.");

    /** Security and whatever else every client of that cluster needs. */
    static final Setting<Map<String, String>> CLIENT_SETTINGS = new Setting<>(
            "client.settings",
            "",
            "A properties file handed to every Kafka client as it is: security.protocol, ssl.*, sasl.*.",
            Connection::readFile);

    /** How long to wait for the cluster. */
    public static final Setting<Integer> TIMEOUT_SECONDS = Setting.integer(
            "timeout.seconds", 15, 1, 3600, "How long to wait for the Kafka cluster before giving up, seconds.");

    /** How many copies of each record the cluster keeps. */
    public static final Setting<Integer> REPLICATION = Setting.integer(
            "topics.replication", -1, -1, 100, "Replication factor of topics that are created; -1 as the brokers say.");

    /** How far work by vehicle can be spread. */
    public static final Setting<Integer> PARTITIONS = Setting.integer(
            "topics.partitions", 4, 1, 10_000, "Partitions of the topics keyed by vehicle, where they are created.");

    /** What a program of the pipeline needs to know of its topics. */
    public static final List<Setting<?>> TOPIC_SETTINGS = List.of(REPLICATION, PARTITIONS);

    /** All settings of a connection. */
    public static final List<Setting<?>> SETTINGS = List.of(BOOTSTRAP_SERVERS, CLIENT_SETTINGS, TIMEOUT_SECONDS);

    private final Map<String, String> client;
    private final int timeoutSeconds;

    private Connection(Map<String, String> client, int timeoutSeconds) {
        this.client = Map.copyOf(client);
        this.timeoutSeconds = timeoutSeconds;
    }

    /** Returns the connection that the settings describe; connects to nothing yet. */
    public static Connection of(Settings settings) {
        Map<String, String> client = new HashMap<>(settings.get(CLIENT_SETTINGS));
        client.put("bootstrap.servers", settings.get(BOOTSTRAP_SERVERS));
        return new Connection(client, settings.get(TIMEOUT_SECONDS));
    }

    /** Returns a connection without security to a broker of this machine. */
    public static Connection local(String bootstrapServers) {
        return new Connection(Map.of("bootstrap.servers", bootstrapServers), 30);
    }

    private static Map<String, String> readFile(String file) {
        if (file.isEmpty()) {
            return Map.of();
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(file))) {
            properties.load(reader);
        } catch (IOException e) {
            throw new IllegalArgumentException("expected a readable properties file, found %s".formatted(e), e);
        }
        Map<String, String> entries = new HashMap<>();
        properties.stringPropertyNames().forEach(name -> entries.put(name, properties.getProperty(name)));
        return entries;
    }

    /** Returns the cluster's address. */
    public String bootstrapServers() {
        return client.getOrDefault("bootstrap.servers", "");
    }

    /** Returns how long to wait for the cluster. */
    Duration timeout() {
        return Duration.ofSeconds(timeoutSeconds);
    }

    /** Returns the name that the cluster gave itself when its storage was made, fit for a file name. */
    public String clusterId() {
        try (Admin admin = admin()) {
            return admin.describeCluster()
                    .clusterId()
                    .get(timeoutSeconds, TimeUnit.SECONDS)
                    .replaceAll("[^A-Za-z0-9_-]", "_");
        } catch (ExecutionException | TimeoutException e) {
            throw new CommandFailedException(
                    "expected the id of the cluster at %s, found none (%s)"
                            .formatted(bootstrapServers(), Failures.describe(e)),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailedException("interrupted while connecting to " + bootstrapServers(), e);
        }
    }

    /** Returns what every client of this cluster is configured with. */
    public Map<String, Object> clientSettings() {
        return new HashMap<>(client);
    }

    /**
     * Returns an admin client after the cluster answered.
     *
     * @throws CommandFailedException if nothing answers in time
     */
    public Admin admin() {
        Map<String, Object> settings = clientSettings();
        settings.putIfAbsent("request.timeout.ms", Integer.toString(Math.min(5, timeoutSeconds) * 1000));
        settings.putIfAbsent("default.api.timeout.ms", Integer.toString(timeoutSeconds * 1000));
        Admin admin;
        try {
            admin = Admin.create(settings);
        } catch (org.apache.kafka.common.KafkaException e) {
            throw new CommandFailedException(
                    "cannot use bootstrap.servers=%s: %s".formatted(bootstrapServers(), Failures.describe(e)), e);
        }
        try {
            admin.describeCluster().clusterId().get(timeoutSeconds + 1L, TimeUnit.SECONDS);
            return admin;
        } catch (ExecutionException | TimeoutException e) {
            admin.close(Duration.ZERO);
            throw new CommandFailedException(
                    "expected a Kafka cluster at %s, found none within %d s (%s)"
                            .formatted(bootstrapServers(), timeoutSeconds, Failures.describe(e)),
                    e);
        } catch (InterruptedException e) {
            admin.close(Duration.ZERO);
            Thread.currentThread().interrupt();
            throw new CommandFailedException("interrupted while connecting to " + bootstrapServers(), e);
        }
    }

    /**
     * Creates the topics that are missing and checks the others and the brokers.
     *
     * @throws dev.understudy.schemas.TopicsException naming what is not as it should be
     */
    public void ensureTopics(Settings settings) {
        ensureTopics(settings.get(REPLICATION), settings.get(PARTITIONS));
    }

    /** As {@link #ensureTopics(Settings)}, with those of a domain. */
    public void ensureTopics(Settings settings, Domain<?> domain) {
        ensureTopics(settings.get(REPLICATION), settings.get(PARTITIONS), domain);
    }

    /** As {@link #ensureTopics(Settings)}, with those of a domain. */
    public void ensureTopics(int replication, int partitions, Domain<?> domain) {
        ensureTopics(replication, partitions);
        try (Admin admin = admin()) {
            topicAdmin(admin).ensure(replication, DomainTopics.of(domain).all(partitions));
        }
    }

    /** As {@link #ensureTopics(Settings)}. */
    public void ensureTopics(int replication, int partitions) {
        try (Admin admin = admin()) {
            topicAdmin(admin).ensure(replication, partitions);
        }
    }

    /** Returns an administrator of the topics. */
    public TopicAdmin topicAdmin(Admin admin) {
        return new TopicAdmin(admin, bootstrapServers(), Duration.ofSeconds(timeoutSeconds));
    }
}
