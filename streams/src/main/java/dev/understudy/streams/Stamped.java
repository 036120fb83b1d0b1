package dev.understudy.streams;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Gives records without a Kafka timestamp the earliest there is. A broker takes them from anybody, and Kafka Streams
 * ends the thread that reads one; ours go by the times in the records.
 */
public final class Stamped implements ConsumerInterceptor<byte[], byte[]> {
    /** What a record has in the place of a timestamp it came without, milliseconds. */
    static final long UNKNOWN_MS = 0;

    @Override
    public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
        boolean areStamped = true;
        for (ConsumerRecord<byte[], byte[]> record : records) {
            areStamped &= record.timestamp() >= UNKNOWN_MS;
        }
        if (areStamped) {
            return records;
        }
        Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> stamped = new HashMap<>();
        for (TopicPartition partition : records.partitions()) {
            stamped.put(
                    partition,
                    records.records(partition).stream().map(Stamped::stamped).toList());
        }
        return new ConsumerRecords<>(stamped, records.nextOffsets());
    }

    private static ConsumerRecord<byte[], byte[]> stamped(ConsumerRecord<byte[], byte[]> record) {
        return new ConsumerRecord<>(
                record.topic(),
                record.partition(),
                record.offset(),
                Math.max(UNKNOWN_MS, record.timestamp()),
                record.timestampType(),
                record.serializedKeySize(),
                record.serializedValueSize(),
                record.key(),
                record.value(),
                record.headers(),
                record.leaderEpoch());
    }

    @Override
    public void configure(Map<String, ?> configuration) {
        // nothing to set
    }

    @Override
    public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {
        // nothing to do
    }

    @Override
    public void close() {
        // nothing is open
    }
}
