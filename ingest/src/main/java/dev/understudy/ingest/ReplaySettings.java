package dev.understudy.ingest;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * How to replay.
 *
 * @param bootstrapServers the brokers, for messages and for {@link #producerProperties}
 * @param factor event seconds per second; 0 is as fast as possible
 * @param route where samples go
 * @param progressFile where to keep how far it got, so that the next call goes on there; null keeps nothing
 * @param deliveryTimeout how long a record may wait for the brokers before the replay fails
 * @param limit at most this many rows
 */
public record ReplaySettings(
        String bootstrapServers,
        double factor,
        Route route,
        @Nullable Path progressFile,
        Duration deliveryTimeout,
        long limit) {

    /** Where samples go. */
    public enum Route {
        /** To the logs of their domain. */
        LOGS,
        /** To its observations. */
        OBSERVATIONS,
        /** To both; a step is sent as an observation first, then as a log. */
        BOTH
    }

    /** @throws IllegalArgumentException if a value makes no sense */
    public ReplaySettings {
        if (!(factor >= 0) || Double.isInfinite(factor)) {
            throw new IllegalArgumentException("expected a factor of 0 or more, found " + factor);
        }
        if (deliveryTimeout.toMillis() < 1000) {
            throw new IllegalArgumentException("expected a delivery timeout of 1 s or more, found " + deliveryTimeout);
        }
        if (limit < 0) {
            throw new IllegalArgumentException("expected a limit of 0 rows or more, found " + limit);
        }
    }

    /** To the logs as fast as possible, waiting two minutes (Kafka's default) for brokers. */
    public static ReplaySettings defaults(String bootstrapServers) {
        return new ReplaySettings(bootstrapServers, 0, Route.LOGS, null, Duration.ofMinutes(2), Long.MAX_VALUE);
    }

    /** These settings at another speed. */
    public ReplaySettings withFactor(double other) {
        return new ReplaySettings(bootstrapServers, other, route, progressFile, deliveryTimeout, limit);
    }

    /** These settings with another destination. */
    public ReplaySettings withRoute(Route other) {
        return new ReplaySettings(bootstrapServers, factor, other, progressFile, deliveryTimeout, limit);
    }

    /** These settings, resumable. */
    public ReplaySettings withProgressFile(Path file) {
        return new ReplaySettings(bootstrapServers, factor, route, file, deliveryTimeout, limit);
    }

    /** These settings with another patience. */
    public ReplaySettings withDeliveryTimeout(Duration timeout) {
        return new ReplaySettings(bootstrapServers, factor, route, progressFile, timeout, limit);
    }

    /** These settings for the first rows only. */
    public ReplaySettings withLimit(long rows) {
        return new ReplaySettings(bootstrapServers, factor, route, progressFile, deliveryTimeout, rows);
    }

    /** A producer that loses nothing and keeps the order of a key. */
    public Properties producerProperties() {
        Properties properties = new Properties();
        properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
        properties.put(ProducerConfig.LINGER_MS_CONFIG, "5");
        properties.put(ProducerConfig.BATCH_SIZE_CONFIG, Integer.toString(64 * 1024));
        properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        long patience = deliveryTimeout.toMillis();
        properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Long.toString(Math.min(30_000, patience / 2)));
        properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Long.toString(patience));
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.toString(patience));
        return properties;
    }
}
