package dev.understudy.schemas;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The names and settings of every topic of the system. */
public final class Topics {
    /** One measured time step per record; key vehicle, value {@code FollowingSample}. */
    public static final String LOGS = "driving.logs.v1";

    /** Live state; key vehicle, value {@code FollowingSample}. */
    public static final String OBSERVATIONS = "driving.observations.v1";

    /** Answers; key vehicle, value {@link Decision}. */
    public static final String DECISIONS = "driving.decisions.v1";

    /** Steps that policies drove; key vehicle, value {@link RolloutStep}. */
    public static final String ROLLOUTS = "driving.rollouts.v1";

    /** Model files; key {@link ArtifactKey}, value {@link ArtifactChunk}. */
    public static final String ARTIFACTS = "models.artifacts.v1";

    /** Models that ask to be promoted; key policy, value {@link Candidate}. */
    public static final String CANDIDATES = "models.candidates.v1";

    /** Every verdict; key policy, value {@link Promotion}. */
    public static final String HISTORY = "models.history.v1";

    /** The promotion in force; key policy, value {@link Promotion}. */
    public static final String PROMOTIONS = "models.promotions.v1";

    /** What instances have loaded; key {@link Acknowledgement#key}, value {@link Acknowledgement}. */
    public static final String ACKS = "models.acks.v1";

    /** What training, scoring and evaluation measured; key policy, value {@link TrainingRecord}. */
    public static final String REPORTS = "training.reports.v1";

    /** What could not be used; key as it came, value {@link DeadLetter}. */
    public static final String DEAD_LETTERS = "dead-letters.v1";

    /** Room for a chunk of 512 KB or a large dead letter with their framing. */
    static final int MAX_MESSAGE_BYTES = 2 * 1024 * 1024;

    static final Duration WEEK = Duration.ofDays(7);
    static final Duration MONTH = Duration.ofDays(30);

    private Topics() {}

    /**
     * A topic as it should be.
     *
     * @param name its name
     * @param partitions how many partitions to create it with
     * @param minimumPartitions how many an existing one must have at least
     * @param maximumPartitions how many an existing one may have at most
     * @param settings topic configuration that must hold
     */
    public record Topic(
            String name,
            int partitions,
            int minimumPartitions,
            int maximumPartitions,
            SortedMap<String, String> settings) {
        /** @throws IllegalArgumentException if the partitions are not within the bounds */
        public Topic {
            if (minimumPartitions < 1 || partitions < minimumPartitions || partitions > maximumPartitions) {
                throw new IllegalArgumentException("expected between " + Math.max(1, minimumPartitions) + " and "
                        + maximumPartitions + " partitions of " + name + ", found " + partitions);
            }
            settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
        }
    }

    /**
     * Every topic.
     *
     * @param partitions of each topic that is keyed by vehicle; the {@code models} topics have one, because their order
     *     over all keys matters and readers read them whole
     */
    public static List<Topic> all(int partitions) {
        return List.of(
                byTime(LOGS, partitions, MONTH),
                byTime(OBSERVATIONS, partitions, WEEK),
                byTime(DECISIONS, partitions, WEEK),
                byTime(ROLLOUTS, partitions, MONTH),
                compacted(ARTIFACTS),
                forEver(CANDIDATES),
                forEver(HISTORY),
                compacted(PROMOTIONS),
                compacted(ACKS),
                single(REPORTS, Map.of("cleanup.policy", "delete", "retention.ms", Long.toString(MONTH.toMillis()))),
                byTime(DEAD_LETTERS, partitions, MONTH));
    }

    static Topic byTime(String name, int partitions, Duration kept) {
        return topic(
                name,
                partitions,
                1,
                Integer.MAX_VALUE,
                Map.of("cleanup.policy", "delete", "retention.ms", Long.toString(kept.toMillis())));
    }

    private static Topic compacted(String name) {
        return single(name, Map.of("cleanup.policy", "compact"));
    }

    private static Topic forEver(String name) {
        return single(name, Map.of("cleanup.policy", "delete", "retention.ms", "-1", "retention.bytes", "-1"));
    }

    private static Topic single(String name, Map<String, String> settings) {
        return topic(name, 1, 1, 1, settings);
    }

    private static Topic topic(String name, int partitions, int minimum, int maximum, Map<String, String> settings) {
        SortedMap<String, String> all = new TreeMap<>(settings);
        all.put("max.message.bytes", Integer.toString(MAX_MESSAGE_BYTES));
        return new Topic(name, partitions, minimum, maximum, all);
    }
}
