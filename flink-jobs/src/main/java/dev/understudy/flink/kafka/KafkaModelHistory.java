package dev.understudy.flink.kafka;

import dev.understudy.flink.models.ModelHistory;
import dev.understudy.schemas.ArtifactAssembly;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.Trust;
import dev.understudy.schemas.UndecodableException;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.schemas.VerdictLog;
import dev.understudy.signing.UntrustedException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the {@code models} topics once, as far as they go at the time. It holds up the task that asks, for as long as
 * that takes, so it is asked when the task starts and for a file that the stream no longer brings.
 */
public final class KafkaModelHistory implements ModelHistory {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(KafkaModelHistory.class);

    /** How long nothing may come before reading fails, and with it the task, which is then restarted. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Wall time for which verdicts that were read are not read again: two hundred variants ask one after the other. */
    private static final Duration FRESH = Duration.ofSeconds(5);

    private final HashMap<String, String> properties;
    private final Trust trust;
    private transient @Nullable Map<String, List<Promotion>> recent;
    private transient long recentNanos;

    public KafkaModelHistory(JobRuntime runtime) {
        trust = runtime.signing().trust();
        properties = new HashMap<>(runtime.kafkaProperties());
        properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, runtime.bootstrapServers());
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    }

    @Override
    public synchronized Map<String, List<Promotion>> verdicts() {
        Map<String, List<Promotion>> verdicts = recent;
        if (verdicts == null || System.nanoTime() - recentNanos > FRESH.toNanos()) {
            verdicts = readVerdicts();
            recent = verdicts;
            recentNanos = System.nanoTime();
        }
        return verdicts;
    }

    private Map<String, List<Promotion>> readVerdicts() {
        VerdictLog log = new VerdictLog(trust, bad -> LOG.warn("passed over {}", bad));
        for (String topic : List.of(Topics.HISTORY, Topics.PROMOTIONS)) {
            read(topic, log::add);
        }
        return log.verdicts();
    }

    @Override
    public byte @Nullable [] file(String policy, String sha256) {
        Map<ArtifactKey, ArtifactChunk> pieces = new HashMap<>();
        read(Topics.ARTIFACTS, record -> piece(record, sha256, pieces));
        try {
            return ArtifactAssembly.assemble(policy, sha256, pieces::get)
                    .map(ArtifactAssembly.Artifact::bytes)
                    .orElse(null);
        } catch (UndecodableException e) {
            LOG.warn("the pieces of the model file {} do not add up: {}", sha256, e.getMessage());
            return null;
        }
    }

    private void read(String topic, Consumer<ConsumerRecord<byte[], byte[]>> each) {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                new HashMap<String, Object>(properties), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic, PATIENCE).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, PATIENCE);
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (ends.entrySet().stream()
                    .anyMatch(end -> consumer.position(end.getKey(), PATIENCE) < end.getValue())) {
                boolean any = false;
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    any = true;
                    each.accept(record);
                }
                if (any) {
                    deadline = System.nanoTime() + PATIENCE.toNanos();
                } else if (System.nanoTime() > deadline) {
                    throw new TimeoutException("expected to read %s to its end, got nothing for %d s"
                            .formatted(topic, PATIENCE.toSeconds()));
                }
            }
        }
    }

    /** Keeps a piece of a file; what cannot be read, or is signed by nobody who is trusted with it, is passed over. */
    private void piece(ConsumerRecord<byte[], byte[]> record, String sha256, Map<ArtifactKey, ArtifactChunk> pieces) {
        if (record.value() == null || record.key() == null) {
            return;
        }
        try {
            trust.check(record.topic(), record.key(), record.value(), record.headers());
            ArtifactKey key = UnderstudySerdes.artifactKey().deserializer().deserialize(record.topic(), record.key());
            if (key.sha256().equals(sha256)) {
                pieces.put(
                        key,
                        UnderstudySerdes.artifactChunk().deserializer().deserialize(record.topic(), record.value()));
            }
        } catch (UndecodableException | UntrustedException | IllegalArgumentException e) {
            LOG.warn("passed over {}-{}@{}: {}", record.topic(), record.partition(), record.offset(), e.getMessage());
        }
    }
}
