package dev.understudy.flink;

import dev.understudy.domain.Policies;
import dev.understudy.flink.gate.GateConfig;
import dev.understudy.flink.kafka.JobRuntime;
import dev.understudy.flink.logs.LogReading;

/**
 * Everything the promotion job needs to know.
 *
 * @param runtime where it runs
 * @param reading how it reads logs; the same as the learning job's
 * @param gate how it judges
 */
public record PromotionJobConfig(JobRuntime runtime, LogReading reading, GateConfig gate) {
    /** Returns the defaults of every part. */
    public static PromotionJobConfig defaults(
            Policies<?> policies, String bootstrapServers, String checkpointDirectory) {
        return new PromotionJobConfig(
                JobRuntime.defaults(bootstrapServers, "understudy-promotion", checkpointDirectory),
                LogReading.defaults(),
                GateConfig.defaults(policies));
    }
}
