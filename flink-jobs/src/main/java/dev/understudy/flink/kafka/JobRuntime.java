package dev.understudy.flink.kafka;

import dev.understudy.schemas.Signing;
import java.io.Serializable;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a job runs and how it survives.
 *
 * @param bootstrapServers Kafka's brokers, {@code host:port} separated by commas
 * @param groupId consumer group in which the job's progress shows
 * @param kafkaProperties further properties of its Kafka clients, such as those for TLS
 * @param parallelism parallel instances of each operator
 * @param maxParallelism bound on parallelism for the life of the job's state
 * @param checkpointInterval wall time between checkpoints
 * @param checkpointDirectory URI of a directory for the checkpoints of this job alone, which stay there when it ends;
 *     the next run goes on from the newest
 * @param restarts failures in a row that are survived; ten minutes without one begin a new row
 * @param restartDelay wall time before the first restart of a row; each next one waits twice as long, at most a minute
 * @param watermarkInterval wall time between watermarks; a part of freshness
 * @param bufferTimeout wall time that a record may wait for others on its way between tasks; a part of freshness
 * @param signing how it signs what it publishes of models, and whose signatures it trusts
 */
public record JobRuntime(
        String bootstrapServers,
        String groupId,
        Map<String, String> kafkaProperties,
        int parallelism,
        int maxParallelism,
        Duration checkpointInterval,
        String checkpointDirectory,
        int restarts,
        Duration restartDelay,
        Duration watermarkInterval,
        Duration bufferTimeout,
        Signing signing)
        implements Serializable {
    private static final Logger LOG = LoggerFactory.getLogger(JobRuntime.class);
    private static final Duration LONGEST_DELAY = Duration.ofMinutes(1);
    private static final Duration NEW_ROW = Duration.ofMinutes(10);

    public JobRuntime {
        kafkaProperties = Map.copyOf(kafkaProperties);
    }

    /**
     * Returns the defaults: one instance of each operator, a checkpoint every two seconds, three restarts in a row, 20
     * ms for a watermark and 5 ms for a buffer (guesses that keep freshness within a tenth of a second), nothing signed
     * or verified.
     */
    public static JobRuntime defaults(String bootstrapServers, String groupId, String checkpointDirectory) {
        return new JobRuntime(
                bootstrapServers,
                groupId,
                Map.of(),
                1,
                128,
                Duration.ofSeconds(2),
                checkpointDirectory,
                3,
                Duration.ofSeconds(1),
                Duration.ofMillis(20),
                Duration.ofMillis(5),
                Signing.NONE);
    }

    /** Returns this with another way to sign and to trust. */
    public JobRuntime with(Signing other) {
        return new JobRuntime(
                bootstrapServers,
                groupId,
                kafkaProperties,
                parallelism,
                maxParallelism,
                checkpointInterval,
                checkpointDirectory,
                restarts,
                restartDelay,
                watermarkInterval,
                bufferTimeout,
                other);
    }

    /**
     * Tells an environment all of this, and to go on from the newest checkpoint that an earlier run left, unless it was
     * told already what to go on from. The new run owns that checkpoint and deletes it once it has newer ones.
     *
     * @return the checkpoint to go on from, none if the job begins anew
     */
    public Optional<String> configure(StreamExecutionEnvironment env) {
        env.configure(configuration());
        env.setParallelism(parallelism);
        Optional<String> told = env.getConfiguration().getOptional(StateRecoveryOptions.SAVEPOINT_PATH);
        if (told.isPresent()) {
            return told;
        }
        Optional<String> newest = RetainedCheckpoints.newest(checkpointDirectory);
        if (newest.isPresent()) {
            Configuration recovery = new Configuration();
            recovery.set(StateRecoveryOptions.SAVEPOINT_PATH, newest.get());
            recovery.set(StateRecoveryOptions.RESTORE_MODE, RecoveryClaimMode.CLAIM);
            // An operator whose state another release cannot read has another uid there: it begins anew, the rest goes
            // on.
            recovery.set(StateRecoveryOptions.SAVEPOINT_IGNORE_UNCLAIMED_STATE, true);
            env.configure(recovery);
            LOG.info("{} goes on from {}", groupId, newest.get());
        } else {
            LOG.info("{} begins anew: no checkpoint in {}", groupId, checkpointDirectory);
        }
        return newest;
    }

    /** Returns what Flink has to be told. */
    public Configuration configuration() {
        Configuration configuration = new Configuration();
        configuration.set(PipelineOptions.GENERIC_TYPES, false);
        configuration.set(PipelineOptions.OBJECT_REUSE, true);
        configuration.set(PipelineOptions.MAX_PARALLELISM, maxParallelism);
        configuration.set(PipelineOptions.AUTO_WATERMARK_INTERVAL, watermarkInterval);
        configuration.set(ExecutionOptions.BUFFER_TIMEOUT, bufferTimeout);
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, checkpointInterval);
        configuration.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        configuration.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, checkpointDirectory);
        configuration.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY, restarts == 0 ? "disable" : "exponential-delay");
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_INITIAL_BACKOFF, restartDelay);
        configuration.set(
                RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_MAX_BACKOFF,
                restartDelay.compareTo(LONGEST_DELAY) > 0 ? restartDelay : LONGEST_DELAY);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_BACKOFF_MULTIPLIER, 2.0);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_ATTEMPTS, restarts);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_RESET_BACKOFF_THRESHOLD, NEW_ROW);
        return configuration;
    }
}
