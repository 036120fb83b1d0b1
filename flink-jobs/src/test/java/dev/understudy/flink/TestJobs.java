package dev.understudy.flink;

import dev.understudy.flink.kafka.JobRuntime;
import dev.understudy.flink.logs.LogRecord;
import dev.understudy.flink.models.ModelEvent;
import dev.understudy.flink.order.PartitionEnds;
import dev.understudy.schemas.Signing;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.flink.streaming.api.datastream.DataStream;

/** What tests of whole jobs have in the place of Kafka. */
final class TestJobs {
    private TestJobs() {}

    /** Returns how a job runs without a cluster: alone, with its checkpoints in a folder. */
    static JobRuntime runtime(Path checkpoints, Duration checkpointInterval, int restarts) {
        return new JobRuntime(
                "unused:9092",
                "test",
                Map.of(),
                1,
                16,
                checkpointInterval,
                checkpoints.toUri().toString(),
                restarts,
                Duration.ofMillis(100),
                Duration.ofMillis(20),
                Duration.ofMillis(5),
                Signing.NONE);
    }

    /** Returns topics of these partitions, in which there is always more to come. */
    static PartitionEnds moreToCome(int... partitions) {
        Map<Integer, Long> ends = new TreeMap<>();
        for (int partition : partitions) {
            ends.put(partition, Long.MAX_VALUE);
        }
        return new PartitionEnds() {
            @Override
            public Optional<Seen> look(Map<Integer, Long> positions) {
                return Optional.of(new Seen(0, ends));
            }

            @Override
            public void close() {}
        };
    }

    /** Returns topics of models in which there is nothing. */
    static DataStream<ModelEvent> noModels(DataStream<LogRecord> logs) {
        return logs.filter(any -> false).map(any -> unexpected()).returns(ModelEvent.CODEC.typeInformation());
    }

    private static ModelEvent unexpected() {
        throw new IllegalStateException("expected no event");
    }
}
