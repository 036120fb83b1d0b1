package dev.understudy.app.kafka;

import dev.understudy.app.console.Console;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Asks the brokers every few seconds how far a consumer group has read, for as long as the process lives. Says when
 * none answers any more, and when one does again.
 */
public final class BrokerWatch {
    private static final long EVERY_MS = 10_000;
    private static final long PATIENCE_SECONDS = 5;

    private final Connection connection;
    private final String group;
    private final Console console;
    private volatile String lag = "";
    private long silentSinceNanos;
    private boolean isSilent;

    private BrokerWatch(Connection connection, String group, Console console) {
        this.connection = connection;
        this.group = group;
        this.console = console;
    }

    /**
     * Starts to ask.
     *
     * @param group the consumer group whose progress is asked for
     */
    public static BrokerWatch start(Connection connection, String group, Console console) {
        BrokerWatch watch = new BrokerWatch(connection, group, console);
        Thread thread = new Thread(watch::run, "broker-watch");
        thread.setDaemon(true);
        thread.start();
        return watch;
    }

    /** Returns what is still to be read, as an end of a line; empty while nobody knows. */
    public String lag() {
        return lag;
    }

    private void run() {
        Map<String, Object> settings = connection.clientSettings();
        settings.put("default.api.timeout.ms", "5000");
        settings.put("request.timeout.ms", "4000");
        try (Admin admin = Admin.create(settings)) {
            while (!Thread.currentThread().isInterrupted()) {
                answered(ask(admin));
                Thread.sleep(Duration.ofMillis(EVERY_MS).toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns whether a broker answered. */
    private boolean ask(Admin admin) throws InterruptedException {
        try {
            Map<TopicPartition, OffsetAndMetadata> read = admin.listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
            read.keySet().forEach(partition -> asked.put(partition, OffsetSpec.latest()));
            long left = 0;
            for (var end : admin.listOffsets(asked)
                    .all()
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .entrySet()) {
                OffsetAndMetadata offset = read.get(end.getKey());
                left += offset == null ? 0 : Math.max(0, end.getValue().offset() - offset.offset());
            }
            lag = read.isEmpty() ? "" : String.format(Locale.ROOT, "; %,d not read or not in a checkpoint yet", left);
            return true;
        } catch (ExecutionException e) {
            return !isOutage(e.getCause());
        } catch (TimeoutException | KafkaException e) {
            return false;
        }
    }

    private static boolean isOutage(@Nullable Throwable cause) {
        return cause instanceof org.apache.kafka.common.errors.TimeoutException
                || cause instanceof org.apache.kafka.common.errors.DisconnectException;
    }

    /** Takes note of whether a broker answered, and says what changed. */
    private void answered(boolean hasAnswered) {
        if (!hasAnswered && !isSilent) {
            isSilent = true;
            silentSinceNanos = System.nanoTime();
            console.note(
                    "outage    no broker answers at %s; it is waited for".formatted(connection.bootstrapServers()));
        } else if (hasAnswered && isSilent) {
            isSilent = false;
            console.note("outage    over: the brokers at %s answer again after about %d s"
                    .formatted(connection.bootstrapServers(), (System.nanoTime() - silentSinceNanos) / 1_000_000_000));
        }
    }
}
