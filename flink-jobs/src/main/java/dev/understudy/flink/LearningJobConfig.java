package dev.understudy.flink;

import dev.understudy.domain.Policies;
import dev.understudy.flink.kafka.JobRuntime;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.train.TrainingConfig;

/**
 * Everything the learning job needs to know.
 *
 * @param runtime where it runs
 * @param reading how it reads logs
 * @param training how it cuts and learns windows
 */
public record LearningJobConfig(JobRuntime runtime, LogReading reading, TrainingConfig training) {
    /** Returns the defaults of every part. */
    public static LearningJobConfig defaults(
            Policies<?> policies, String bootstrapServers, String checkpointDirectory) {
        return new LearningJobConfig(
                JobRuntime.defaults(bootstrapServers, "understudy-learning", checkpointDirectory),
                LogReading.defaults(),
                TrainingConfig.defaults(policies));
    }
}
