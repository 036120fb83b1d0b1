package dev.understudy.streams;

import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.Trust;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.signing.UntrustedException;
import java.util.Arrays;
import java.util.function.ObjLongConsumer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processors of the global stores. They only index: every old record passes through them again at a start, and an
 * exception in one would end the client. What cannot be read, or is signed by nobody who is trusted with it, is counted
 * and left out.
 */
final class ModelIndexers {
    static final String ARTIFACTS = "artifacts";
    static final String PROMOTIONS = "promotions";
    static final String HISTORY = "history";

    private static final Logger LOG = LoggerFactory.getLogger(ModelIndexers.class);

    private ModelIndexers() {}

    /** Keeps the records of model files under their keys. */
    static final class Artifacts implements Processor<byte[], byte[], Void, Void> {
        private final PolicyDirectories directories;
        private final ServingMetrics metrics;
        private final Deserializer<ArtifactKey> keys =
                UnderstudySerdes.artifactKey().deserializer();
        private KeyValueStore<Bytes, byte[]> store;
        private @Nullable ProcessorContext<Void, Void> context;

        Artifacts(PolicyDirectories directories, ServingMetrics metrics) {
            this.directories = directories;
            this.metrics = metrics;
        }

        @Override
        public void init(ProcessorContext<Void, Void> initialised) {
            context = initialised;
            KeyValueStore<Bytes, byte[]> opened = initialised.getStateStore(ARTIFACTS);
            Serializer<ArtifactKey> serializer = UnderstudySerdes.artifactKey().serializer();
            store = opened;
            directories.artifactsFrom(key -> {
                byte[] chunk = opened.get(Bytes.wrap(serializer.serialize(Topics.ARTIFACTS, key)));
                return chunk == null ? null : new ArtifactChunk(chunk);
            });
            directories.signaturesFrom(key -> opened.get(signatureOf(serializer.serialize(Topics.ARTIFACTS, key))));
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            try {
                ArtifactKey key = keys.deserialize(Topics.ARTIFACTS, record.key());
                if (key.isManifest()) {
                    directories.trust().check(Topics.ARTIFACTS, record.key(), record.value(), record.headers());
                    store.put(signatureOf(record.key()), Trust.signature(record.headers()));
                }
                store.put(Bytes.wrap(record.key()), record.value());
                directories.arrived(key);
            } catch (RuntimeException e) {
                skip(directories, metrics, Topics.ARTIFACTS, context, record, e);
            }
        }
    }

    /** Returns where the signature of a file is kept beside the record that closes it; no record has such a key. */
    private static Bytes signatureOf(byte[] manifestKey) {
        byte[] key = Arrays.copyOf(manifestKey, manifestKey.length + 1);
        key[manifestKey.length] = '|';
        return Bytes.wrap(key);
    }

    /** Passes verdicts on to the directory, which keeps what it needs of them. */
    static final class Verdicts implements Processor<byte[], byte[], Void, Void> {
        private final String topic;
        private final PolicyDirectories directories;
        private final ObjLongConsumer<Promotion> directory;
        private final ServingMetrics metrics;
        private @Nullable ProcessorContext<Void, Void> context;

        Verdicts(
                String topic,
                PolicyDirectories directories,
                ObjLongConsumer<Promotion> directory,
                ServingMetrics metrics) {
            this.topic = topic;
            this.directories = directories;
            this.directory = directory;
            this.metrics = metrics;
        }

        @Override
        public void init(ProcessorContext<Void, Void> initialised) {
            context = initialised;
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            try {
                if (record.value() != null && context != null) {
                    directories.trust().check(topic, record.key(), record.value(), record.headers());
                    directory.accept(
                            UnderstudySerdes.promotion().deserializer().deserialize(topic, record.value()),
                            context.recordMetadata().orElseThrow().offset());
                }
            } catch (RuntimeException e) {
                skip(directories, metrics, topic, context, record, e);
            }
        }
    }

    /** Leaves a record out, which is not to hold up others: counts it, names it, and makes a dead letter of it. */
    private static void skip(
            PolicyDirectories directories,
            ServingMetrics metrics,
            String topic,
            @Nullable ProcessorContext<Void, Void> context,
            Record<byte[], byte[]> record,
            RuntimeException cause) {
        (cause instanceof UntrustedException ? metrics.untrusted : metrics.unreadable).increment();
        RecordMetadata at = context == null ? null : context.recordMetadata().orElse(null);
        int partition = at == null ? 0 : at.partition();
        long offset = at == null ? -1 : at.offset();
        String reason = String.valueOf(cause.getMessage());
        LOG.warn("Skipped {}-{}@{}: {}", topic, partition, offset, reason);
        directories.dead(new DeadLetter(
                "serving",
                reason,
                topic,
                partition,
                offset,
                Waiting.start(record.key()),
                Waiting.start(record.value()),
                System.currentTimeMillis()));
    }
}
