package dev.understudy.app.commands;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Interrupts;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Tool;
import dev.understudy.app.embedded.EmbeddedBroker;
import dev.understudy.app.kafka.Connection;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.Topics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Command;

/** A broker for those who have no Kafka at hand. */
@Command(
        name = "broker",
        description = {
            "Run a Kafka broker on this machine to try things out, with all topics; its data go when it stops.",
            "Ctrl-C stops it."
        })
public final class BrokerCommand implements Tool {
    private static final Setting<Integer> PORT = Setting.integer(
                    "broker.port", 9092, 0, 65_535, "Port on localhost; 0 for a free one.")
            .as("--port");

    @Override
    public List<Setting<?>> settings() {
        return List.of(PORT, Connection.PARTITIONS);
    }

    @Override
    public boolean announcesSettings() {
        return false;
    }

    @Override
    public int run(Settings settings, Console console) throws Exception {
        checkFree(settings.get(PORT));
        CountDownLatch stop = new CountDownLatch(1);
        Interrupts.onFirst(stop::countDown);
        try (EmbeddedBroker broker =
                EmbeddedBroker.start(Path.of(System.getProperty("java.io.tmpdir")), settings.get(PORT))) {
            Connection connection = Connection.local(broker.bootstrapServers());
            try (Admin admin = connection.admin()) {
                connection.topicAdmin(admin).ensure(1, topics(settings.get(Connection.PARTITIONS)));
            }
            console.result(
                    Map.of("bootstrapServers", broker.bootstrapServers()),
                    () -> "Kafka answers at " + broker.bootstrapServers());
            stop.await();
            return 0;
        }
    }

    private static List<Topics.Topic> topics(int partitions) {
        List<Topics.Topic> topics = new ArrayList<>(Topics.all(partitions));
        topics.addAll(DomainTopics.CONTROL.all(partitions));
        return topics;
    }

    private static void checkFree(int port) {
        try {
            new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
        } catch (IOException e) {
            throw new CommandFailedException(
                    "expected port %d of localhost to be free, found it taken; --port 0 takes a free one"
                            .formatted(port),
                    e);
        }
    }
}
