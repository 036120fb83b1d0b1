package dev.understudy.streams;

import dev.understudy.domain.Policies;
import dev.understudy.environment.ActionSpace;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.Topics;
import java.util.List;
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
     * Builds the topology. Every record is read as bytes and decoded where a failure can be answered. Each domain has a
     * part of its own; where there are several, their stores and processors have its name.
     *
     * @param directories bring promoted models into service; the caller starts and closes them
     */
    public static Topology build(ServingConfig config, PolicyDirectories directories, ServingMetrics metrics) {
        checkTogether(directories.served());
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        Topology topology = new Topology();
        topology.addGlobalStore(
                store(Stores.persistentKeyValueStore(ModelIndexers.ARTIFACTS)).withLoggingDisabled(),
                "artifacts-source",
                bytes,
                bytes,
                Topics.ARTIFACTS,
                "artifacts-indexer",
                () -> new ModelIndexers.Artifacts(directories, metrics));
        // The history first: what it knows of epochs is what promotions are held against.
        topology.addGlobalStore(
                store(Stores.inMemoryKeyValueStore(ModelIndexers.HISTORY)).withLoggingDisabled(),
                "history-source",
                bytes,
                bytes,
                Topics.HISTORY,
                "history-indexer",
                () -> new ModelIndexers.Verdicts(Topics.HISTORY, directories, directories::judged, metrics));
        topology.addGlobalStore(
                store(Stores.inMemoryKeyValueStore(ModelIndexers.PROMOTIONS)).withLoggingDisabled(),
                "promotions-source",
                bytes,
                bytes,
                Topics.PROMOTIONS,
                "promotions-indexer",
                () -> new ModelIndexers.Verdicts(Topics.PROMOTIONS, directories, directories::promoted, metrics));
        boolean isOne = directories.served().size() == 1;
        for (Policies<?> policies : directories.served()) {
            String suffix = isOne ? "" : "-" + policies.domain().name();
            add(topology, config, policies, suffix, directories, metrics);
        }
        return topology;
    }

    /**
     * Checks that no policy waits for replies of another domain: a text takes as long as thousands of answers in
     * numbers, and the tasks of an instance share its threads.
     *
     * @throws IllegalArgumentException if a policy of texts is to be served beside another domain
     */
    public static void checkTogether(List<Policies<?>> served) {
        boolean hasTexts = served.stream().anyMatch(ServingTopology::hasTexts);
        if (hasTexts && served.size() > 1) {
            throw new IllegalArgumentException(
                    "expected policies of one domain beside one that replies with text, because replies would delay the"
                            + " others, got %s; run one instance for each domain".formatted(served));
        }
    }

    private static boolean hasTexts(Policies<?> policies) {
        return policies.names().stream().anyMatch(name -> policies.spec(name).actions() instanceof ActionSpace.Text);
    }

    /** Adds what answers the observations of one domain. */
    private static void add(
            Topology topology,
            ServingConfig config,
            Policies<?> policies,
            String suffix,
            PolicyDirectories directories,
            ServingMetrics metrics) {
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        ByteArraySerializer plain = new ByteArraySerializer();
        DomainTopics topics = DomainTopics.of(policies.domain());
        topology.addSource("observations" + suffix, bytes, bytes, topics.observations());
        topology.addProcessor(
                "decide" + suffix,
                () -> new DecisionProcessor<>(config, policies, suffix, directories, metrics),
                "observations" + suffix);
        for (String each : List.of(DecisionProcessor.ENTITIES + suffix, DecisionProcessor.WAITING + suffix)) {
            topology.addStateStore(
                    store(Stores.inMemoryKeyValueStore(each))
                            .withCachingEnabled()
                            .withLoggingEnabled(Map.of()),
                    "decide" + suffix);
        }
        topology.addSink(
                DecisionProcessor.DECISIONS_SINK + suffix, topics.decisions(), plain, plain, "decide" + suffix);
        if (config.recording() != Recording.OFF) {
            topology.addSink(
                    DecisionProcessor.ROLLOUTS_SINK + suffix, topics.rollouts(), plain, plain, "decide" + suffix);
        }
        topology.addSink(
                DecisionProcessor.DEAD_LETTERS_SINK + suffix, Topics.DEAD_LETTERS, plain, plain, "decide" + suffix);
    }

    private static StoreBuilder<KeyValueStore<Bytes, byte[]>> store(KeyValueBytesStoreSupplier supplier) {
        return Stores.keyValueStoreBuilder(supplier, Serdes.Bytes(), Serdes.ByteArray());
    }
}
