package dev.understudy.app.kafka;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Failures;
import dev.understudy.dialogue.Turn;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.UnderstudySerdes;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * A client of serving for conversations: sends turns as observations and reads what is decided on them. For one thread.
 */
public final class TurnClient implements AutoCloseable {
    private static final DomainTopics TOPICS = DomainTopics.of(Turn.DOMAIN);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration CLOSE = Duration.ofSeconds(1);

    /** How far back a conversation is looked for, and how many records of a partition at most. */
    private static final Duration REMEMBERED = Duration.ofDays(1);

    private static final long MOST_REMEMBERED = 100_000;

    private final Duration patience;
    private final Connection connection;
    private final KafkaProducer<String, Turn> producer;
    private final KafkaConsumer<String, Decision> consumer;
    private final List<TopicPartition> partitions;

    /**
     * Connects; decisions are read from now on.
     *
     * @param connection says how long to wait for the cluster
     * @param patience how long to wait for decisions
     * @throws CommandFailedException if there is no cluster, or no topic of decisions in it, or one that cannot be read
     */
    public TurnClient(Connection connection, Duration patience) {
        this.patience = patience;
        this.connection = connection;
        connection.admin().close();
        String timeoutMs = Long.toString(connection.timeout().toMillis());
        Map<String, Object> settings = new HashMap<>(connection.clientSettings());
        settings.put("linger.ms", "0");
        settings.put("acks", "all");
        settings.put("max.block.ms", timeoutMs);
        settings.put("request.timeout.ms", timeoutMs);
        settings.put("delivery.timeout.ms", timeoutMs);
        producer = new KafkaProducer<>(
                settings, new StringSerializer(), UnderstudySerdes.dialogue().serializer());
        Map<String, Object> reading = new HashMap<>(connection.clientSettings());
        reading.put("isolation.level", "read_committed");
        reading.put("enable.auto.commit", "false");
        reading.put("allow.auto.create.topics", "false");
        reading.put("default.api.timeout.ms", timeoutMs);
        consumer = new KafkaConsumer<>(
                reading, new StringDeserializer(), UnderstudySerdes.decision().deserializer());
        try {
            partitions = consumer.partitionsFor(TOPICS.decisions()).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            if (partitions.isEmpty()) {
                throw new CommandFailedException("expected the topic %s at %s, found none; 'understudy serve' makes it"
                        .formatted(TOPICS.decisions(), connection.bootstrapServers()));
            }
            consumer.assign(partitions);
            consumer.seekToEnd(partitions);
            partitions.forEach(consumer::position); // or it would seek later
        } catch (TimeoutException e) {
            close();
            throw silent("read " + TOPICS.decisions(), e);
        } catch (CommandFailedException e) {
            close();
            throw e;
        }
    }

    private CommandFailedException silent(String what, Exception failure) {
        return new CommandFailedException(
                "expected to %s at %s within %d s, found no answer (%s)"
                        .formatted(
                                what,
                                connection.bootstrapServers(),
                                connection.timeout().toSeconds(),
                                Failures.describe(failure)),
                failure);
    }

    /** Returns the number of the newest turn of a conversation that was answered within a day; empty if none was. */
    public OptionalLong newest(String entity, String episode) {
        Map<TopicPartition, Long> since = new HashMap<>();
        long sinceMs = System.currentTimeMillis() - REMEMBERED.toMillis();
        partitions.forEach(partition -> since.put(partition, sinceMs));
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        Map<TopicPartition, @Nullable OffsetAndTimestamp> first = new HashMap<>(consumer.offsetsForTimes(since));
        ends.forEach((partition, end) -> {
            OffsetAndTimestamp begins = first.get(partition);
            consumer.seek(partition, begins == null ? end : Math.max(begins.offset(), end - MOST_REMEMBERED));
        });
        long newest = -1;
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            for (ConsumerRecord<String, Decision> record : consumer.poll(POLL)) {
                Decision decision = record.value();
                if (decision.entity().equals(entity) && decision.episode().equals(episode)) {
                    newest = Math.max(newest, decision.sequence());
                }
            }
        }
        return newest < 0 ? OptionalLong.empty() : OptionalLong.of(newest);
    }

    /**
     * Sends turns, each of another entity, and waits for what is decided on them.
     *
     * @return the decisions that came in time, in the order of the turns
     * @throws CommandFailedException if the cluster takes a turn not in time
     */
    public Map<Turn, Decision> ask(List<Turn> turns) {
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        for (Turn turn : turns) {
            var unused = producer.send(
                    new ProducerRecord<>(TOPICS.observations(), turn.entity(), turn), (metadata, error) -> {
                        if (error != null) {
                            failure.set(error);
                        }
                    });
        }
        producer.flush();
        Exception failed = failure.get();
        if (failed != null) {
            throw silent("send a turn to " + TOPICS.observations(), failed);
        }
        Map<Turn, Decision> decided = new LinkedHashMap<>();
        long deadline = System.nanoTime() + patience.toNanos();
        while (decided.size() < turns.size() && System.nanoTime() < deadline) {
            for (ConsumerRecord<String, Decision> record : consumer.poll(POLL)) {
                turns.stream()
                        .filter(turn -> isOn(record.value(), turn))
                        .forEach(turn -> decided.putIfAbsent(turn, record.value()));
            }
        }
        return decided;
    }

    private static boolean isOn(Decision decision, Turn turn) {
        return decision.sequence() == turn.sequence()
                && decision.entity().equals(turn.entity())
                && decision.episode().equals(turn.episode());
    }

    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(CLOSE));
        producer.close(CLOSE);
    }
}
