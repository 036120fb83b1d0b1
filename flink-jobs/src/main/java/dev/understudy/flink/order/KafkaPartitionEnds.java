package dev.understudy.flink.order;

import dev.understudy.flink.logs.LogRecord;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks Kafka for the ends of the partitions of some topics, on a separate thread. While no broker answers there are no
 * ends, so no partition counts as empty.
 *
 * <p>An end may be beyond anything that can be read: after the last record there may be transaction markers, records of
 * aborted transactions, or a hole where records expired. So if a reader stays before the end, a consumer looks. If it
 * reaches the end without a record, there was nothing to read.
 */
public final class KafkaPartitionEnds implements PartitionEnds {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaPartitionEnds.class);

    /** Wall time between two questions. */
    private static final Duration PAUSE = Duration.ofMillis(100);

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration PAUSE_WITHOUT_BROKER = Duration.ofSeconds(1);
    private static final Duration LOOK = Duration.ofMillis(500);

    private final List<String> topics;
    private final Properties properties;
    private final boolean isContinued;
    private final InstantSource clock;
    private final AtomicReference<Map<Integer, Long>> positions = new AtomicReference<>(Map.of());
    private final AtomicReference<@Nullable Seen> newest = new AtomicReference<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile @Nullable KafkaConsumer<byte[], byte[]> asking;

    // Of the thread alone:
    private final Map<TopicPartition, Long> committed = new HashMap<>();
    private final Map<TopicPartition, Long> positionBefore = new HashMap<>();
    private final Map<TopicPartition, Stretch> empties = new HashMap<>();

    /** A stretch of offsets in which a consumer found no record. */
    private record Stretch(long from, long until) {}

    /**
     * Begins to ask.
     *
     * @param topics the logs, and the rollouts where they are read
     * @param properties of a consumer that reads what the job reads
     * @param isContinued whether the group's committed offset says how far a partition was read, if the job does not
     *     know
     */
    public KafkaPartitionEnds(List<String> topics, Properties properties, boolean isContinued, InstantSource clock) {
        this.topics = List.copyOf(topics);
        this.properties = new Properties();
        this.properties.putAll(properties);
        this.properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
        this.properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
        this.properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        this.properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        this.properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        this.properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "1");
        this.properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, "1024");
        this.properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, "100");
        this.properties.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, "10000");
        this.isContinued = isContinued;
        this.clock = clock;
        Thread thread = new Thread(this::run, "ends of " + topics);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public Optional<Seen> look(Map<Integer, Long> read) {
        positions.set(read);
        return Optional.ofNullable(newest.getAndSet(null));
    }

    private void run() {
        boolean isBroken = false;
        while (closed.getCount() > 0) {
            try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties)) {
                asking = consumer;
                while (!isClosedAfter(PAUSE)) {
                    newest.set(ask(consumer));
                    if (isBroken) {
                        LOG.info("Kafka answers again");
                        isBroken = false;
                    }
                }
            } catch (KafkaException | IllegalStateException e) {
                if (!isBroken && closed.getCount() > 0) {
                    LOG.warn(
                            "expected Kafka to say where the partitions of {} end, found {}; time stands still until then",
                            topics,
                            e.toString());
                    isBroken = true;
                }
                if (isClosedAfter(PAUSE_WITHOUT_BROKER)) {
                    return;
                }
            }
        }
    }

    private boolean isClosedAfter(Duration pause) {
        try {
            return closed.await(pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private Seen ask(KafkaConsumer<byte[], byte[]> consumer) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (String topic : topics) {
            List<PartitionInfo> infos = consumer.partitionsFor(topic, PATIENCE);
            if (infos.isEmpty()) {
                throw new IllegalStateException("no topic " + topic);
            }
            infos.forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
        }
        if (!consumer.assignment().containsAll(partitions)) {
            consumer.assign(partitions);
            consumer.pause(partitions);
            rememberCommitted(consumer, Set.copyOf(partitions));
        }
        Map<Integer, Long> read = Objects.requireNonNull(positions.get());
        long atMs = clock.millis();
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, PATIENCE);
        Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(behind(read, ends), PATIENCE);
        Map<Integer, Long> left = new HashMap<>();
        ends.forEach((partition, end) -> {
            long position = read.getOrDefault(number(partition), 0L);
            boolean isNothingLeft = position < end
                    && isNothingBetween(consumer, partition, position, beginnings.getOrDefault(partition, 0L), end);
            left.put(number(partition), isNothingLeft ? position : end);
            positionBefore.put(partition, position);
        });
        return new Seen(atMs, left);
    }

    private static int number(TopicPartition partition) {
        return LogRecord.number(partition.topic(), partition.partition());
    }

    private void rememberCommitted(KafkaConsumer<byte[], byte[]> consumer, Set<TopicPartition> partitions) {
        if (isContinued && committed.isEmpty()) {
            consumer.committed(partitions, PATIENCE).forEach((partition, offset) -> {
                @Nullable OffsetAndMetadata known = offset;
                committed.put(partition, known == null ? 0 : known.offset());
            });
        }
    }

    private static Collection<TopicPartition> behind(Map<Integer, Long> read, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream()
                .filter(end -> read.getOrDefault(number(end.getKey()), 0L) < end.getValue())
                .map(Map.Entry::getKey)
                .collect(Collectors.toList());
    }

    /** Returns whether there is no record from a reader's position to the end. */
    private boolean isNothingBetween(
            KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, long position, long beginning, long end) {
        long from = Math.max(position, beginning);
        if (position == 0) {
            from = Math.max(from, committed.getOrDefault(partition, 0L));
        }
        Stretch known = empties.get(partition);
        if (known != null && known.from <= from && from < known.until) {
            from = known.until;
        }
        if (from >= end) {
            return true;
        }
        if (!Objects.equals(positionBefore.get(partition), position)) {
            return false; // it is being read
        }
        consumer.seek(partition, from);
        consumer.resume(List.of(partition));
        try {
            long deadline = System.nanoTime() + LOOK.toNanos();
            while (System.nanoTime() < deadline && closed.getCount() > 0) {
                if (!consumer.poll(PAUSE).isEmpty()) {
                    return false;
                }
                long reached = consumer.position(partition, PATIENCE);
                if (reached >= end) {
                    empties.put(
                            partition, new Stretch(known == null || from > known.until ? from : known.from, reached));
                    return true;
                }
            }
            return false;
        } finally {
            consumer.pause(List.of(partition));
        }
    }

    @Override
    public void close() {
        closed.countDown();
        KafkaConsumer<byte[], byte[]> consumer = asking;
        if (consumer != null) {
            consumer.wakeup(); // the one call that other threads may make
        }
    }
}
