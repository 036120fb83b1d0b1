package dev.understudy.app.kafka;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.schemas.ArtifactAssembly;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.Trust;
import dev.understudy.schemas.UndecodableException;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.signing.UntrustedException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serde;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what a topic holds now, committed records only, in no consumer group. */
public final class TopicReader {
    private static final Logger LOG = LoggerFactory.getLogger(TopicReader.class);

    private final Connection connection;
    private final Duration timeout;
    private final Trust trust;

    /** A reader that waits as long for a record as the connection is allowed to take, and trusts everybody. */
    public TopicReader(Connection connection, Duration timeout) {
        this(connection, timeout, Trust.NONE);
    }

    /** A reader that leaves out, and names, what is signed by nobody who is trusted with it. */
    public TopicReader(Connection connection, Duration timeout, Trust trust) {
        this.connection = connection;
        this.timeout = timeout;
        this.trust = trust;
    }

    /** Returns this reader, but one that trusts everybody. */
    public TopicReader trusting() {
        return new TopicReader(connection, timeout);
    }

    /** Returns all records of a topic that can be read; within a partition in order. */
    public <K, V> List<ConsumerRecord<K, V>> all(String topic, Serde<K> key, Serde<V> value) {
        return decoded(raw(topic), key, value);
    }

    /** Returns the records at the end of each partition, at least one of each that has any, in order. */
    public <K, V> List<ConsumerRecord<K, V>> last(String topic, Serde<K> key, Serde<V> value) {
        try (Consumer<byte[], byte[]> consumer = consumer()) {
            List<TopicPartition> partitions = assign(consumer, topic);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, timeout);
            // A commit marker takes an offset too, so the last record may stand a few before the end.
            ends.forEach((partition, end) -> consumer.seek(partition, Math.max(0, end - 8)));
            return decoded(read(consumer, ends), key, value);
        }
    }

    /** Leaves out what cannot be read, and names it: one bad record hides nothing but itself. */
    private <K, V> List<ConsumerRecord<K, V>> decoded(
            List<ConsumerRecord<byte[], byte[]>> records, Serde<K> key, Serde<V> value) {
        List<ConsumerRecord<K, V>> decoded = new ArrayList<>(records.size());
        for (ConsumerRecord<byte[], byte[]> each : records) {
            try {
                trust.check(each.topic(), each.key(), each.value(), each.headers());
                decoded.add(new ConsumerRecord<>(
                        each.topic(),
                        each.partition(),
                        each.offset(),
                        key.deserializer().deserialize(each.topic(), each.key()),
                        value.deserializer().deserialize(each.topic(), each.value())));
            } catch (SerializationException | UntrustedException | IllegalArgumentException e) {
                LOG.warn("passed over {}-{}@{}: {}", each.topic(), each.partition(), each.offset(), e.getMessage());
            }
        }
        return decoded;
    }

    /** Returns a model file, empty if it is not there whole. */
    public Optional<byte[]> artifact(String policy, String sha256) {
        Map<ArtifactKey, ArtifactChunk> chunks = new HashMap<>();
        all(Topics.ARTIFACTS, UnderstudySerdes.artifactKey(), UnderstudySerdes.artifactChunk()).stream()
                .filter(record ->
                        record.key() != null && record.key().sha256().equals(sha256) && record.value() != null)
                .forEach(record -> chunks.put(record.key(), record.value()));
        return ArtifactAssembly.assemble(policy, sha256, chunks::get).map(ArtifactAssembly.Artifact::bytes);
    }

    /** Returns the signature of a model file, empty if there is none, or by nobody who is trusted with it. */
    public Optional<byte[]> signature(String policy, String sha256) {
        byte[] closing = ArtifactKey.manifest(policy, sha256).toString().getBytes(StandardCharsets.UTF_8);
        Optional<byte[]> newest = Optional.empty();
        for (ConsumerRecord<byte[], byte[]> each : raw(Topics.ARTIFACTS)) {
            if (Arrays.equals(each.key(), closing) && isTrusted(each)) {
                newest = Optional.ofNullable(Trust.signature(each.headers()));
            }
        }
        return newest;
    }

    /** Returns all records of a topic as they are, whoever signed them; within a partition in order. */
    public List<ConsumerRecord<byte[], byte[]>> raw(String topic) {
        try (Consumer<byte[], byte[]> consumer = consumer()) {
            List<TopicPartition> partitions = assign(consumer, topic);
            consumer.seekToBeginning(partitions);
            return read(consumer, consumer.endOffsets(partitions, timeout));
        }
    }

    /** Returns the newest records of a topic as they are, at most so many, in the order in which they were sent. */
    public List<ConsumerRecord<byte[], byte[]>> newest(String topic, int most) {
        try (Consumer<byte[], byte[]> consumer = consumer()) {
            List<TopicPartition> partitions = assign(consumer, topic);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, timeout);
            // Commit markers take offsets too: as many again, and a few, find all that are asked for of most topics.
            ends.forEach((partition, end) -> consumer.seek(partition, Math.max(0, end - 2L * most - 8)));
            List<ConsumerRecord<byte[], byte[]>> records = read(consumer, ends);
            records.sort(Comparator.comparingLong(ConsumerRecord::timestamp));
            return List.copyOf(records.subList(Math.max(0, records.size() - most), records.size()));
        }
    }

    /**
     * What a partition holds.
     *
     * @param records committed records
     * @param bytes of their keys and values
     * @param firstMs when the first was sent, milliseconds since 1970; the greatest number if there is none
     * @param lastMs when the last was sent; the least number if there is none
     */
    public record Counted(int partition, long records, long bytes, long firstMs, long lastMs) {
        private Counted and(ConsumerRecord<byte[], byte[]> record) {
            return new Counted(
                    partition,
                    records + 1,
                    bytes + Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize()),
                    Math.min(firstMs, record.timestamp()),
                    Math.max(lastMs, record.timestamp()));
        }
    }

    /** Reads a topic to its end and returns what each partition holds. */
    public List<Counted> count(String topic) {
        try (Consumer<byte[], byte[]> consumer = consumer()) {
            List<TopicPartition> partitions = assign(consumer, topic);
            consumer.seekToBeginning(partitions);
            SortedMap<Integer, Counted> counted = new TreeMap<>();
            partitions.forEach(each ->
                    counted.put(each.partition(), new Counted(each.partition(), 0, 0, Long.MAX_VALUE, Long.MIN_VALUE)));
            read(
                    consumer,
                    consumer.endOffsets(partitions, timeout),
                    record -> counted.computeIfPresent(record.partition(), (any, sum) -> sum.and(record)));
            return List.copyOf(counted.values());
        }
    }

    private boolean isTrusted(ConsumerRecord<byte[], byte[]> record) {
        try {
            trust.check(record.topic(), record.key(), record.value(), record.headers());
            return true;
        } catch (UndecodableException | UntrustedException e) {
            return false;
        }
    }

    private Consumer<byte[], byte[]> consumer() {
        Map<String, Object> settings = new HashMap<>(connection.clientSettings());
        settings.put("isolation.level", "read_committed");
        settings.put("enable.auto.commit", "false");
        settings.put("auto.offset.reset", "earliest");
        settings.put("allow.auto.create.topics", "false");
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private <K, V> List<TopicPartition> assign(Consumer<K, V> consumer, String topic) {
        List<TopicPartition> partitions;
        try {
            partitions = consumer.partitionsFor(topic, timeout).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
        } catch (TimeoutException | UnknownTopicOrPartitionException e) {
            partitions = List.of();
        }
        if (partitions.isEmpty()) {
            throw new CommandFailedException(
                    "expected the topic %s at %s, found none; 'understudy doctor --create' makes it"
                            .formatted(topic, connection.bootstrapServers()));
        }
        consumer.assign(partitions);
        return partitions;
    }

    private <K, V> List<ConsumerRecord<K, V>> read(Consumer<K, V> consumer, Map<TopicPartition, Long> ends) {
        List<ConsumerRecord<K, V>> records = new ArrayList<>();
        read(consumer, ends, records::add);
        return records;
    }

    private <K, V> void read(
            Consumer<K, V> consumer,
            Map<TopicPartition, Long> ends,
            java.util.function.Consumer<ConsumerRecord<K, V>> to) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey(), timeout) < end.getValue())) {
            ConsumerRecords<K, V> polled = consumer.poll(Duration.ofMillis(200));
            polled.forEach(to);
            if (!polled.isEmpty()) {
                deadline = System.nanoTime() + timeout.toNanos();
            } else if (System.nanoTime() > deadline) {
                throw new TimeoutException("expected to read %s to its end, got nothing for %d s"
                        .formatted(ends.keySet(), timeout.toSeconds()));
            }
        }
    }
}
