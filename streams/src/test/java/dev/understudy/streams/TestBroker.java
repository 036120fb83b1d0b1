package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.model.ModelFile;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.TopicAdmin;
import dev.understudy.schemas.UnderstudySerdes;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/** A broker and its controller in this JVM, with the system's topics. */
final class TestBroker implements AutoCloseable {
    private final KafkaRaftServer server;
    private final String address;

    TestBroker(Path folder, int partitions) throws Exception {
        int port = freePort();
        int controllerPort = freePort();
        new Formatter()
                .setNodeId(1)
                .setClusterId(Uuid.randomUuid().toString())
                .addDirectory(folder.toString())
                .setControllerListenerName("CONTROLLER")
                .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                .run();
        address = "127.0.0.1:" + port;
        Map<String, String> settings = new HashMap<>();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", "1");
        settings.put("log.dirs", folder.toString());
        settings.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
        settings.put("listeners", "CLIENTS://%s,CONTROLLER://127.0.0.1:%d".formatted(address, controllerPort));
        settings.put("advertised.listeners", "CLIENTS://" + address);
        settings.put("listener.security.protocol.map", "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT");
        settings.put("inter.broker.listener.name", "CLIENTS");
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("auto.create.topics.enable", "false");
        settings.put("offsets.topic.num.partitions", "1");
        settings.put("offsets.topic.replication.factor", "1");
        settings.put("transaction.state.log.num.partitions", "1");
        settings.put("transaction.state.log.replication.factor", "1");
        settings.put("transaction.state.log.min.isr", "1");
        settings.put("group.initial.rebalance.delay.ms", "0");
        settings.put("controlled.shutdown.enable", "false");
        settings.put("log.cleaner.dedupe.buffer.size", "4194304");
        server = new KafkaRaftServer(new KafkaConfig(settings, false), Time.SYSTEM);
        server.startup();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", address))) {
            new TopicAdmin(admin, address, Duration.ofSeconds(30)).ensure(1, partitions);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    String address() {
        return address;
    }

    /** Publishes a model file. */
    void send(ModelFile model) {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", address),
                UnderstudySerdes.artifactKey().serializer(),
                UnderstudySerdes.artifactChunk().serializer())) {
            for (var chunk : Artifacts.chunks(model.metadata().policy(), model.bytes())) {
                var sent = producer.send(chunk);
                assertThat(sent).isNotNull();
            }
        }
    }

    /** Publishes verdicts. */
    void publish(String topic, Promotion... promotions) {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", address),
                new StringSerializer(),
                UnderstudySerdes.promotion().serializer())) {
            for (Promotion promotion : promotions) {
                var sent = producer.send(new ProducerRecord<>(topic, promotion.policy(), promotion));
                assertThat(sent).isNotNull();
            }
        }
    }

    /** Waits for a condition, for a minute at most. */
    static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline of 60 s").isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }
}
