package dev.understudy.streams;

import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.StreamsConfig;
import org.jspecify.annotations.Nullable;

/**
 * How far each partition was read by the last poll of its consumer. What one poll brought is a batch that need not
 * wait: it is decided with its last record, and what comes meanwhile makes the next one fuller. Kafka Streams does not
 * tell its processors where a poll ends, so the consumer does.
 */
public final class Polled implements ConsumerInterceptor<byte[], byte[]> {
    private static final String SHARED = "understudy.polled";

    private Map<TopicPartition, Long> lastOffsets = new ConcurrentHashMap<>();

    /** Has the consumers of observations tell, under these properties of Kafka Streams, what they read. */
    static void addTo(Properties properties) {
        properties.put(StreamsConfig.mainConsumerPrefix(SHARED), new ConcurrentHashMap<TopicPartition, Long>());
    }

    /** Returns what the consumers of an instance tell, by its configuration. */
    static Polled of(Map<String, Object> configuration) {
        Polled polled = new Polled();
        polled.share(configuration.get(StreamsConfig.mainConsumerPrefix(SHARED)));
        return polled;
    }

    /** Returns whether nothing after an offset was read yet; never where nobody tells. */
    boolean isLast(TopicPartition partition, long offset) {
        return offset >= lastOffsets.getOrDefault(partition, Long.MAX_VALUE);
    }

    @Override
    public void configure(Map<String, ?> configuration) {
        share(configuration.get(SHARED));
    }

    @SuppressWarnings("unchecked")
    private void share(@Nullable Object offsets) {
        if (offsets != null) {
            lastOffsets = (Map<TopicPartition, Long>) offsets;
        }
    }

    @Override
    public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
        for (TopicPartition partition : records.partitions()) {
            var read = records.records(partition);
            lastOffsets.put(partition, read.get(read.size() - 1).offset());
        }
        return records;
    }

    @Override
    public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {
        // what is committed was decided long before
    }

    @Override
    public void close() {
        // the other consumers of the instance go on
    }
}
