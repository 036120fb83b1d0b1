package dev.understudy.app.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka broker and its controller in this JVM, on free ports of the loopback interface, with its data in a directory
 * that is deleted when it stops.
 */
public final class EmbeddedBroker implements AutoCloseable {
    private static final int NODE_ID = 1;
    private static final int ATTEMPTS = 3;
    private static final short TRANSACTION_VERSION = 2;

    private final Path directory;
    private final int port;
    private final int controllerPort;
    private final Map<String, String> more;
    private @Nullable KafkaRaftServer server;
    private boolean stopped;

    private EmbeddedBroker(Path directory, int port, int controllerPort, Map<String, String> more) {
        this.directory = directory;
        this.port = port;
        this.controllerPort = controllerPort;
        this.more = Map.copyOf(more);
    }

    /**
     * Starts a broker and returns when it serves clients.
     *
     * @param parent where its data directory is made
     * @throws IOException if the directory cannot be written
     */
    public static EmbeddedBroker start(Path parent) throws IOException {
        return start(parent, 0);
    }

    /** As {@link #start(Path)}, on a given port; 0 for a free one. */
    public static EmbeddedBroker start(Path parent, int wantedPort) throws IOException {
        return start(parent, wantedPort, Map.of());
    }

    /**
     * As {@link #start(Path, int)}, with settings of the broker over its own, such as an authorizer and who may log on;
     * clients reach the listener {@code CLIENTS}.
     */
    public static EmbeddedBroker start(Path parent, int wantedPort, Map<String, String> more) throws IOException {
        for (int attempt = 1; ; attempt++) {
            Path directory = Files.createTempDirectory(parent, "understudy-broker-");
            int port = wantedPort == 0 ? freePort() : wantedPort;
            try {
                return start(directory, port, freePort(), more);
            } catch (RuntimeException e) {
                delete(directory);
                if (attempt == ATTEMPTS || wantedPort != 0) { // another program may have taken a port in between
                    throw e;
                }
            }
        }
    }

    private static EmbeddedBroker start(Path directory, int port, int controllerPort, Map<String, String> more) {
        format(directory);
        EmbeddedBroker broker = new EmbeddedBroker(directory, port, controllerPort, more);
        broker.goOn();
        return broker;
    }

    /** Stops to serve clients and keeps ports and data for {@link #goOn}. */
    public synchronized void pause() {
        KafkaRaftServer running = server;
        server = null;
        if (running != null) {
            running.shutdown();
            running.awaitShutdown();
        }
    }

    /** Serves clients, on the same ports and data as before a {@link #pause}. */
    public synchronized void goOn() {
        if (server != null || stopped) {
            return;
        }
        Map<String, String> settings = settings(directory, port, controllerPort);
        settings.putAll(more);
        KafkaRaftServer starting = new KafkaRaftServer(new KafkaConfig(settings, false), Time.SYSTEM);
        try {
            starting.startup();
        } catch (RuntimeException e) {
            starting.shutdown();
            throw e;
        }
        server = starting;
    }

    private static void format(Path directory) {
        try {
            new Formatter()
                    .setNodeId(NODE_ID)
                    .setClusterId(Uuid.randomUuid().toString())
                    .addDirectory(directory.toString())
                    .setControllerListenerName("CONTROLLER")
                    .setFeatureLevel("transaction.version", TRANSACTION_VERSION)
                    .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                    .run();
        } catch (Exception e) {
            throw new IllegalStateException("cannot format the broker's directory %s".formatted(directory), e);
        }
    }

    private static Map<String, String> settings(Path directory, int port, int controllerPort) {
        Map<String, String> settings = new HashMap<>();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", Integer.toString(NODE_ID));
        settings.put("log.dirs", directory.toString());
        settings.put("controller.quorum.voters", "%d@127.0.0.1:%d".formatted(NODE_ID, controllerPort));
        settings.put("listeners", "CLIENTS://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d".formatted(port, controllerPort));
        settings.put("advertised.listeners", "CLIENTS://127.0.0.1:%d".formatted(port));
        settings.put("listener.security.protocol.map", "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT");
        settings.put("inter.broker.listener.name", "CLIENTS");
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("auto.create.topics.enable", "false");
        settings.put("offsets.topic.num.partitions", "2");
        settings.put("offsets.topic.replication.factor", "1");
        settings.put("transaction.state.log.num.partitions", "2");
        settings.put("transaction.state.log.replication.factor", "1");
        settings.put("transaction.state.log.min.isr", "1");
        settings.put("group.initial.rebalance.delay.ms", "0");
        settings.put("broker.heartbeat.interval.ms", "500");
        settings.put("controlled.shutdown.enable", "false"); // there is nobody to hand over to
        // One machine for everything: few threads, and no buffers sized for a server of its own.
        settings.put("num.network.threads", "1");
        settings.put("num.io.threads", "2");
        settings.put("background.threads", "1");
        settings.put("num.recovery.threads.per.data.dir", "1");
        settings.put("log.cleaner.dedupe.buffer.size", "4194304");
        settings.put("log.segment.bytes", "67108864");
        settings.put("log.index.size.max.bytes", "1048576");
        return settings;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Returns what a client sets as {@code bootstrap.servers}. */
    public String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /** Stops the broker and deletes its data; the second call does nothing. */
    @Override
    public synchronized void close() {
        if (stopped) {
            return;
        }
        stopped = true;
        pause();
        delete(directory);
    }

    public static void delete(Path directory) {
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    return FileVisitResult.CONTINUE; // gone meanwhile
                }

                @Override
                public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) throws IOException {
                    Files.deleteIfExists(visited);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete %s".formatted(directory), e);
        }
    }
}
