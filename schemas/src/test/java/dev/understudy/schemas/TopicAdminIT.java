package dev.understudy.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.schemas.Topics.Topic;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TopicAdminIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    @Test
    void topicsAreCreatedWithTheirSettingsOnceAndEveryDifferenceIsTold(@TempDir Path folder) throws Exception {
        int port = freePort();
        KafkaRaftServer server = broker(folder, port, freePort(), 2);
        String address = "127.0.0.1:" + port;
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
            TopicAdmin topics = new TopicAdmin(admin, address, TIMEOUT);
            topics.ensure(1, 3);
            topics.ensure(1, 3);
            assertThat(admin.listTopics().names().get())
                    .containsAll(Topics.all(3).stream().map(Topic::name).toList());
            assertThat(topics.differences(Topics.all(3))).isEmpty();
            // More partitions than asked for are no difference for what is keyed by vehicle.
            assertThat(topics.differences(Topics.all(2))).isEmpty();

            admin.createTopics(List.of(new NewTopic("a", 2, (short) 1), new NewTopic("b", 1, (short) 1)))
                    .all()
                    .get();
            List<Topic> wanted = List.of(
                    new Topic("a", 1, 1, 1, new TreeMap<>(Map.of("cleanup.policy", "compact"))),
                    new Topic("b", 3, 3, 9, new TreeMap<>()));
            assertThatThrownBy(() -> topics.ensure(1, wanted))
                    .isInstanceOf(TopicsException.class)
                    .hasMessageContaining("3 problems with topics at " + address)
                    .hasMessageContaining("a: expected 1 partition, found 2")
                    .hasMessageContaining("a: expected cleanup.policy=compact, found delete")
                    .hasMessageContaining("b: expected at least 3 partitions, found 1");
            assertThatThrownBy(() -> topics.ensure(2, List.of(new Topic("c", 1, 1, 1, new TreeMap<>()))))
                    .isInstanceOf(TopicsException.class)
                    .hasMessageContaining("c: expected to create it with replication factor 2, found");
            assertThat(topics.differences(List.of(new Topic("none", 1, 1, 1, new TreeMap<>()))))
                    .singleElement()
                    .asString()
                    .startsWith("none: expected to be there, found UnknownTopicOrPartitionException");
        } finally {
            server.shutdown();
            server.awaitShutdown();
        }
    }

    @Test
    void aClusterWithTheOldTransactionProtocolIsRefused(@TempDir Path folder) throws Exception {
        int port = freePort();
        KafkaRaftServer server = broker(folder, port, freePort(), 1);
        String address = "127.0.0.1:" + port;
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
            assertThatThrownBy(() -> new TopicAdmin(admin, address, TIMEOUT).ensure(1, 1))
                    .isInstanceOf(TopicsException.class)
                    .hasMessageContaining("expected transaction.version 2 at " + address + ", found 1");
            assertThat(admin.listTopics().names().get()).isEmpty();
        } finally {
            server.shutdown();
            server.awaitShutdown();
        }
    }

    @Test
    void aBrokerThatIsNotThereIsNamedWithinTheTimeGiven() throws Exception {
        String address = "127.0.0.1:" + freePort();
        long began = System.nanoTime();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
            assertThatThrownBy(() -> new TopicAdmin(admin, address, Duration.ofSeconds(1)).ensure(1, 1))
                    .isInstanceOf(TopicsException.class)
                    .hasMessageContaining("expected a broker at " + address)
                    .hasMessageContaining("got no answer about features in 1.0 s");
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
            admin.close(Duration.ZERO);
        }
    }

    private static KafkaRaftServer broker(Path folder, int port, int controllerPort, int transactionVersion)
            throws Exception {
        new Formatter()
                .setNodeId(1)
                .setClusterId(Uuid.randomUuid().toString())
                .addDirectory(folder.toString())
                .setControllerListenerName("CONTROLLER")
                .setFeatureLevel("transaction.version", (short) transactionVersion)
                .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                .run();
        Map<String, String> settings = new HashMap<>();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", "1");
        settings.put("log.dirs", folder.toString());
        settings.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
        settings.put("listeners", "CLIENTS://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
        settings.put("advertised.listeners", "CLIENTS://127.0.0.1:" + port);
        settings.put("listener.security.protocol.map", "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT");
        settings.put("inter.broker.listener.name", "CLIENTS");
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("controlled.shutdown.enable", "false");
        settings.put("log.cleaner.dedupe.buffer.size", "4194304");
        KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(settings, false), Time.SYSTEM);
        server.startup();
        return server;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
