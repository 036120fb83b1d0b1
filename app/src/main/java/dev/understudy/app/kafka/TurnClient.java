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
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * A client of serving for conversations: sends turns as observations and reads what is decided on them. For one thread.
 */
public final class TurnClient implements AutoCloseable {
    private static final DomainTopics TOPICS = DomainTopics.of(Turn.DOMAIN);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration CLOSE = Duration.ofSeconds(5);

    /** How far back a conversation is looked for, and how many records of a partition at most. */
    private static final Duration REMEMBERED = Duration.ofDays(1);

    private static final long MOST_REMEMBERED = 100_000;

    private final Duration patience;
    private final KafkaProducer<String, Turn> producer;
    private final KafkaConsumer<String, Decision> consumer;
    private final List<TopicPartition> partitions;

    /**
     * Connects; decisions are read from now on.
     *
     * @param patience how long to wait for decisions, and for the cluster
     * @throws CommandFailedException if there is no cluster, or no topic of decisions in it
     */
    public TurnClient(Connection connection, Duration patience) {
        this.patience = patience;
        connection.admin().close();
        Map<String, Object> settings = new HashMap<>(connection.clientSettings());
        settings.put("linger.ms", "0");
        settings.put("acks", "all");
        settings.put("max.block.ms", Long.toString(patience.toMillis()));
        producer = new KafkaProducer<>(
                settings, new StringSerializer(), UnderstudySerdes.dialogue().serializer());
        Map<String, Object> reading = new HashMap<>(connection.clientSettings());
        reading.put("isolation.level", "read_committed");
        reading.put("enable.auto.commit", "false");
        reading.put("allow.auto.create.topics", "false");
        consumer = new KafkaConsumer<>(
                reading, new StringDeserializer(), UnderstudySerdes.decision().deserializer());
        partitions = consumer.partitionsFor(TOPICS.decisions(), patience).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        if (partitions.isEmpty()) {
            close();
            throw new CommandFailedException("expected the topic %s at %s, found none; 'understudy serve' makes it"
                    .formatted(TOPICS.decisions(), connection.bootstrapServers()));
        }
        consumer.assign(partitions);
        consumer.seekToEnd(partitions);
        partitions.forEach(consumer::position); // or it would seek later
    }

    /** Returns the number of the newest turn of a conversation that was answered within a day; empty if none was. */
    public OptionalLong newest(String entity, String episode) {
        Map<TopicPartition, Long> since = new HashMap<>();
        long sinceMs = System.currentTimeMillis() - REMEMBERED.toMillis();
        partitions.forEach(partition -> since.put(partition, sinceMs));
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, patience);
        Map<TopicPartition, @Nullable OffsetAndTimestamp> first =
                new HashMap<>(consumer.offsetsForTimes(since, patience));
        ends.forEach((partition, end) -> {
            OffsetAndTimestamp begins = first.get(partition);
            consumer.seek(partition, begins == null ? end : Math.max(begins.offset(), end - MOST_REMEMBERED));
        });
        long newest = -1;
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey(), patience) < end.getValue())) {
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
            throw new CommandFailedException("a turn was not taken: " + Failures.describe(failed), failed);
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
        consumer.close();
        producer.close(CLOSE);
    }
}
