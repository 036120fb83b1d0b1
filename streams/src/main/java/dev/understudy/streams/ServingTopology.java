package dev.understudy.streams;

import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.Topics;
import java.util.Map;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** The topology that serves; the package's drawing shows it. */
public final class ServingTopology {
    private ServingTopology() {}

    /**
     * Builds the topology. Every record is read as bytes and decoded where a failure can be answered.
     *
     * @param directory brings promoted models into service; the caller starts and closes it
     */
    public static Topology build(ServingConfig config, ModelDirectory directory, ServingMetrics metrics) {
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        ByteArraySerializer plain = new ByteArraySerializer();
        DomainTopics topics = DomainTopics.of(directory.spec().domain());
        Topology topology = new Topology();
        topology.addGlobalStore(
                store(Stores.persistentKeyValueStore(ModelIndexers.ARTIFACTS)).withLoggingDisabled(),
                "artifacts-source",
                bytes,
                bytes,
                Topics.ARTIFACTS,
                "artifacts-indexer",
                () -> new ModelIndexers.Artifacts(directory, metrics));
        topology.addGlobalStore(
                store(Stores.inMemoryKeyValueStore(ModelIndexers.PROMOTIONS)).withLoggingDisabled(),
                "promotions-source",
                bytes,
                bytes,
                Topics.PROMOTIONS,
                "promotions-indexer",
                () -> new ModelIndexers.Verdicts(Topics.PROMOTIONS, directory::promoted, metrics));
        topology.addGlobalStore(
                store(Stores.inMemoryKeyValueStore(ModelIndexers.HISTORY)).withLoggingDisabled(),
                "history-source",
                bytes,
                bytes,
                Topics.HISTORY,
                "history-indexer",
                () -> new ModelIndexers.Verdicts(Topics.HISTORY, directory::judged, metrics));
        topology.addSource("observations", bytes, bytes, topics.observations());
        topology.addProcessor(
                "decide",
                () -> new DecisionProcessor<>(config, directory.spec(), directory.slot(), metrics),
                "observations");
        topology.addStateStore(
                store(Stores.inMemoryKeyValueStore(DecisionProcessor.ENTITIES))
                        .withCachingEnabled()
                        .withLoggingEnabled(Map.of()),
                "decide");
        topology.addStateStore(
                store(Stores.inMemoryKeyValueStore(DecisionProcessor.WAITING))
                        .withCachingEnabled()
                        .withLoggingEnabled(Map.of()),
                "decide");
        topology.addSink(DecisionProcessor.DECISIONS_SINK, topics.decisions(), plain, plain, "decide");
        if (config.recording() != Recording.OFF) {
            topology.addSink(DecisionProcessor.ROLLOUTS_SINK, topics.rollouts(), plain, plain, "decide");
        }
        topology.addSink(DecisionProcessor.DEAD_LETTERS_SINK, Topics.DEAD_LETTERS, plain, plain, "decide");
        return topology;
    }

    private static StoreBuilder<KeyValueStore<Bytes, byte[]>> store(KeyValueBytesStoreSupplier supplier) {
        return Stores.keyValueStoreBuilder(supplier, Serdes.Bytes(), Serdes.ByteArray());
    }
}
