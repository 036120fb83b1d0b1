package dev.understudy.app.kafka;

import dev.understudy.app.console.Failures;
import dev.understudy.schemas.UndecodableException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads topics as they grow, committed records only and in no consumer group, in a separate thread that does not keep
 * the process alive.
 */
public final class TopicFollower implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TopicFollower.class);

    /** Where it begins. */
    public enum From {
        BEGINNING,
        /** What was there when it started is left out. */
        NOW
    }

    /** Takes what is read, in the follower's thread. */
    public interface Reader {
        /** Takes a record whose value is not null. */
        void read(String topic, byte[] value) throws UndecodableException;

        /** Called after each look for records, whether there were any or not. */
        default void looked() {}
    }

    private final String name;
    private final Duration poll;
    private final Reader reader;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean stopped;

    private TopicFollower(String name, Duration poll, Reader reader, KafkaConsumer<byte[], byte[]> consumer) {
        this.name = name;
        this.poll = poll;
        this.reader = reader;
        this.consumer = consumer;
    }

    /**
     * Starts to follow topics.
     *
     * @param name of the thread
     * @param poll longest wait of one look for records
     */
    public static TopicFollower start(
            Connection connection, String name, List<String> topics, From from, Duration poll, Reader reader) {
        Map<String, Object> settings = new HashMap<>(connection.clientSettings());
        settings.put("isolation.level", "read_committed");
        settings.put("enable.auto.commit", "false");
        settings.put("auto.offset.reset", "earliest");
        settings.put("max.poll.records", "5000");
        KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        List<TopicPartition> partitions = topics.stream()
                .flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        consumer.assign(partitions);
        if (from == From.NOW) {
            consumer.seekToEnd(partitions);
            partitions.forEach(consumer::position); // or it would seek later
        } else {
            consumer.seekToBeginning(partitions);
        }
        TopicFollower follower = new TopicFollower(name, poll, reader, consumer);
        Thread thread = new Thread(follower::follow, name);
        thread.setDaemon(true);
        thread.start();
        return follower;
    }

    private void follow() {
        try (consumer) {
            while (!stopped) {
                consumer.poll(poll).forEach(this::read);
                reader.looked();
            }
        } catch (WakeupException e) {
            LOG.debug("woken to stop", e);
        } catch (InterruptException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.error("{}: no longer reads: {}", name, Failures.describe(e), e);
        } finally {
            ended.countDown();
        }
    }

    private void read(ConsumerRecord<byte[], byte[]> record) {
        if (record.value() == null) {
            return;
        }
        try {
            reader.read(record.topic(), record.value());
        } catch (UndecodableException e) {
            LOG.warn("{}-{}@{}: {}", record.topic(), record.partition(), record.offset(), e.getMessage());
        }
    }

    /** Returns whether it still reads. */
    public boolean isAlive() {
        return ended.getCount() > 0;
    }

    @Override
    public void close() {
        stop();
    }

    /** Stops reading; what was read was taken. The second call does nothing. */
    public void stop() {
        stopped = true;
        try {
            if (!ended.await(5, TimeUnit.SECONDS)) {
                consumer.wakeup();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
