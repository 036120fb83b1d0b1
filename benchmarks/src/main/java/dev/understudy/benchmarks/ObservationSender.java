package dev.understudy.benchmarks;

import dev.understudy.driving.FollowingSample;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** Writes observations; what could not be written fails the benchmark. One thread at a time. */
final class ObservationSender implements AutoCloseable {
    private final KafkaProducer<String, FollowingSample> producer;
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

    /**
     * Connects.
     *
     * @param settings of the producer
     */
    ObservationSender(Map<String, Object> settings) {
        producer = new KafkaProducer<>(
                settings, new StringSerializer(), UnderstudySerdes.following().serializer());
    }

    /** Sends one; returns before it is stored. */
    void send(FollowingSample sample) {
        var unused = producer.send(
                new ProducerRecord<>(Topics.OBSERVATIONS, sample.vehicle(), sample),
                (metadata, problem) -> failure.compareAndSet(null, problem));
    }

    /**
     * Waits until all are stored.
     *
     * @throws IllegalStateException if one was not
     */
    @Override
    public void close() {
        producer.close();
        Exception first = failure.get();
        if (first != null) {
            throw new IllegalStateException("could not write an observation: " + first.getMessage(), first);
        }
    }
}
