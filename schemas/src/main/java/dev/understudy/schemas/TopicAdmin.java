package dev.understudy.schemas;

import dev.understudy.schemas.Topics.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Creates the topics with their settings and checks the ones that are there, and the broker they are on. */
public final class TopicAdmin {
    /** The transaction protocol that the programs rely on. */
    static final short TRANSACTION_VERSION = 2;

    private static final String MISSING = ": expected to be there, found ";

    private final Admin admin;
    private final String brokers;
    private final Duration timeout;

    /**
     * An administrator of the topics on one cluster.
     *
     * @param admin a client of the cluster; not closed here
     * @param brokers what the client was given as bootstrap servers, for messages
     * @param timeout how long to wait for any one answer
     */
    public TopicAdmin(Admin admin, String brokers, Duration timeout) {
        this.admin = admin;
        this.brokers = brokers;
        this.timeout = timeout;
    }

    /**
     * Checks the broker, creates what is missing and verifies what is there; doing it again changes nothing.
     *
     * @param replicationFactor of topics that are created
     * @param partitions of topics keyed by vehicle that are created
     * @throws TopicsException if the broker does not answer in time, does not have transaction version 2, refuses, or
     *     has topics with other settings; all problems are in one message
     */
    public void ensure(int replicationFactor, int partitions) {
        checkFeatures();
        ensure(replicationFactor, Topics.all(partitions));
    }

    /** As {@link #ensure(int, int)}, for these topics alone and without the check of the broker. */
    public void ensure(int replicationFactor, List<Topic> topics) {
        List<String> problems = new ArrayList<>(create(replicationFactor, missing(topics)));
        if (problems.isEmpty()) {
            problems.addAll(differencesOnceVisible(topics));
        }
        if (!problems.isEmpty()) {
            throw new TopicsException(problems.size() + (problems.size() == 1 ? " problem" : " problems")
                    + " with topics at " + brokers + ": " + String.join("; ", problems));
        }
    }

    /**
     * Asserts that the cluster has finalised transaction version 2.
     *
     * @throws TopicsException if it has not, or does not answer in time
     */
    public void checkFeatures() {
        Map<String, FinalizedVersionRange> features =
                await("features", admin.describeFeatures().featureMetadata()).finalizedFeatures();
        FinalizedVersionRange range = features.get("transaction.version");
        short found = range == null ? 0 : range.maxVersionLevel();
        if (found < TRANSACTION_VERSION) {
            throw new TopicsException("expected transaction.version " + TRANSACTION_VERSION + " at " + brokers
                    + ", found " + found + "; raise it with kafka-features.sh upgrade --feature transaction.version="
                    + TRANSACTION_VERSION);
        }
    }

    /**
     * Returns what is not as it should be, in words; empty when all is.
     *
     * @throws TopicsException if the broker does not answer in time
     */
    public List<String> differences(List<Topic> topics) {
        List<String> problems = new ArrayList<>();
        Map<String, KafkaFuture<TopicDescription>> described =
                admin.describeTopics(topics.stream().map(Topic::name).toList()).topicNameValues();
        List<Topic> present = new ArrayList<>();
        for (Topic topic : topics) {
            try {
                int found = await(topic.name(), future(described, topic.name()))
                        .partitions()
                        .size();
                present.add(topic);
                if (found < topic.minimumPartitions() || found > topic.maximumPartitions()) {
                    problems.add(topic.name() + ": expected " + range(topic) + ", found " + found);
                }
            } catch (Refused e) {
                problems.add(topic.name() + MISSING + e.getMessage());
            }
        }
        Map<ConfigResource, KafkaFuture<Config>> configs = admin.describeConfigs(
                        present.stream().map(TopicAdmin::resource).toList())
                .values();
        for (Topic topic : present) {
            try {
                Config config = await(topic.name(), future(configs, resource(topic)));
                topic.settings().forEach((key, expected) -> {
                    ConfigEntry entry = config.get(key);
                    String found = entry == null ? "nothing" : entry.value();
                    if (!expected.equals(found)) {
                        problems.add(topic.name() + ": expected " + key + "=" + expected + ", found " + found);
                    }
                });
            } catch (Refused e) {
                problems.add(topic.name() + ": expected to read its settings, found " + e.getMessage());
            }
        }
        return problems;
    }

    /** A topic that the controller has created may still be unknown to a broker for a moment. */
    private List<String> differencesOnceVisible(List<Topic> topics) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            List<String> problems = differences(topics);
            if (problems.stream().noneMatch(problem -> problem.contains(MISSING)) || System.nanoTime() > deadline) {
                return problems;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new TopicsException("interrupted while waiting for topics at " + brokers, e);
            }
        }
    }

    /** Returns the topics that are not there: who may not create any can still start where all are. */
    private List<Topic> missing(List<Topic> topics) {
        Map<String, KafkaFuture<TopicDescription>> described =
                admin.describeTopics(topics.stream().map(Topic::name).toList()).topicNameValues();
        List<Topic> missing = new ArrayList<>();
        for (Topic topic : topics) {
            try {
                await(topic.name(), future(described, topic.name()));
            } catch (Refused e) {
                if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                    missing.add(topic);
                } // what else is wrong with it is found when its settings are compared
            }
        }
        return missing;
    }

    /** Creates topics; one that is there already is no problem. Returns what was refused. */
    private List<String> create(int replicationFactor, List<Topic> topics) {
        List<String> problems = new ArrayList<>();
        if (topics.isEmpty()) {
            return problems;
        }
        List<NewTopic> wanted = new ArrayList<>();
        for (Topic topic : topics) {
            wanted.add(new NewTopic(topic.name(), topic.partitions(), (short) replicationFactor)
                    .configs(topic.settings()));
        }
        CreateTopicsResult result =
                admin.createTopics(wanted, new CreateTopicsOptions().timeoutMs((int) timeout.toMillis()));
        SortedMap<String, KafkaFuture<Void>> created = new TreeMap<>(result.values());
        created.forEach((name, future) -> {
            try {
                await(name, future);
            } catch (Refused e) {
                if (!(e.getCause() instanceof TopicExistsException)) {
                    problems.add(name + ": expected to create it with replication factor " + replicationFactor
                            + ", found " + e.getMessage());
                }
            }
        });
        return problems;
    }

    private <T> T await(String what, KafkaFuture<T> future) {
        try {
            return future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TopicsException("interrupted while waiting for a broker at " + brokers, e);
        } catch (TimeoutException e) {
            throw silent(what, e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (cause instanceof org.apache.kafka.common.errors.TimeoutException) {
                throw silent(what, cause);
            }
            throw new Refused(cause);
        }
    }

    private TopicsException silent(String what, Throwable cause) {
        return new TopicsException(
                "expected a broker at " + brokers + ", got no answer about " + what + " in "
                        + timeout.toMillis() / 1000.0 + " s",
                cause);
    }

    private static <K, V> KafkaFuture<V> future(Map<K, KafkaFuture<V>> futures, K key) {
        KafkaFuture<V> future = futures.get(key);
        if (future == null) {
            throw new IllegalStateException("the admin client gave no answer for " + key);
        }
        return future;
    }

    private static ConfigResource resource(Topic topic) {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
    }

    private static String range(Topic topic) {
        return topic.minimumPartitions() == topic.maximumPartitions()
                ? topic.minimumPartitions() + " partition" + (topic.minimumPartitions() == 1 ? "" : "s")
                : "at least " + topic.minimumPartitions() + " partitions";
    }

    /** The broker answered, with an error. */
    private static final class Refused extends TopicsException {
        private static final long serialVersionUID = 1L;

        Refused(Throwable cause) {
            super(cause.getClass().getSimpleName() + ": " + cause.getMessage(), cause);
        }
    }
}
