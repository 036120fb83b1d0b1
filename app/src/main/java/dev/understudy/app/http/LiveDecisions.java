package dev.understudy.app.http;

import dev.understudy.app.http.UnansweredException.Why;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.TopicFollower;
import dev.understudy.domain.Domain;
import dev.understudy.domain.Sample;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.SampleCodecs;
import dev.understudy.schemas.UnderstudySerdes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Asks for decisions as any other program does: observations go to their topic, and decisions are awaited on theirs.
 * For any number of threads.
 *
 * <p>Each question is an episode of its own, of one of a fixed number of entities that take turns: serving remembers
 * each entity it ever saw. So no more questions wait than there are entities.
 *
 * @param <S> the samples of a domain
 */
public final class LiveDecisions<S extends Sample> implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(200);

    private final DomainTopics topics;
    private final Duration timeout;
    private final BlockingQueue<String> entities = new LinkedBlockingQueue<>();
    private final Map<Question, CompletableFuture<Decision>> open = new ConcurrentHashMap<>();
    private final KafkaProducer<byte[], byte[]> producer;
    private final TopicFollower decisions;

    /** Makes the observations of a question. */
    public interface Observations<S, E extends Exception> {
        /** Returns those of an entity. */
        List<S> of(String entity) throws E;
    }

    private record Question(String entity, String episode, long sequence) {}

    /**
     * Begins to read decisions.
     *
     * @param name of the instance that asks, unique among those of a cluster
     * @param most questions that wait at once
     * @param timeout longest wait for a decision
     */
    public LiveDecisions(Connection connection, Domain<S> domain, String name, int most, Duration timeout) {
        this.topics = DomainTopics.of(domain);
        this.timeout = timeout;
        for (int i = 0; i < most; i++) {
            entities.add("http-%s-%d".formatted(name.replace('/', '-'), i));
        }
        Map<String, Object> settings = new HashMap<>(connection.clientSettings());
        settings.put("linger.ms", "0");
        settings.put("max.block.ms", Long.toString(Math.min(5_000, timeout.toMillis())));
        settings.put("request.timeout.ms", Long.toString(timeout.toMillis()));
        settings.put("delivery.timeout.ms", Long.toString(timeout.toMillis()));
        producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        var deserializer = UnderstudySerdes.decision().deserializer();
        try {
            decisions = TopicFollower.start(
                    connection,
                    "http-decisions-" + domain.name(),
                    List.of(topics.decisions()),
                    TopicFollower.From.NOW,
                    POLL,
                    (topic, value) -> decided(deserializer.deserialize(topic, value)));
        } catch (RuntimeException e) {
            producer.close(Duration.ZERO);
            throw e;
        }
    }

    private void decided(Decision decision) {
        CompletableFuture<Decision> answer =
                open.get(new Question(decision.entity(), decision.episode(), decision.sequence()));
        if (answer != null) {
            answer.complete(decision);
        }
    }

    /**
     * Sends the observations of an episode and waits for the decision on the last of them.
     *
     * @param prefix of the entity's name
     * @param observations made for an entity, at least one; the episode must be new
     * @throws E if there are none to send
     */
    public <E extends Exception> Decision ask(String prefix, Observations<S, E> observations)
            throws E, UnansweredException, InterruptedException {
        String entity = entities.poll();
        if (entity == null) {
            throw new UnansweredException(Why.BUSY, "expected fewer requests at once: as many as may wait are waiting");
        }
        try {
            return ask(observations.of(prefix + entity));
        } finally {
            entities.add(entity);
        }
    }

    private Decision ask(List<S> observations) throws UnansweredException, InterruptedException {
        if (!decisions.isAlive()) {
            throw new UnansweredException(Why.UNREACHABLE, topics.decisions() + " is no longer read; the log says why");
        }
        S last = observations.get(observations.size() - 1);
        Question question = new Question(last.entity(), last.episode(), last.sequence());
        CompletableFuture<Decision> answer = new CompletableFuture<>();
        open.put(question, answer);
        try {
            observations.forEach(each -> send(each, answer));
            return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | KafkaException e) {
            throw new UnansweredException(
                    Why.UNREACHABLE,
                    "%s did not take the observation (%s)"
                            .formatted(topics.observations(), e.getCause() == null ? e : e.getCause()));
        } catch (TimeoutException e) {
            throw new UnansweredException(
                    Why.LATE,
                    "expected a decision within %d s, got none; does an instance of serving answer %s?"
                            .formatted(timeout.toSeconds(), topics.observations()));
        } finally {
            open.remove(question);
        }
    }

    private void send(S sample, CompletableFuture<Decision> answer) {
        byte[] key = sample.entity().getBytes(StandardCharsets.UTF_8);
        var unused = producer.send(
                new ProducerRecord<>(topics.observations(), key, SampleCodecs.encode(sample)), (metadata, failure) -> {
                    if (failure != null) {
                        answer.completeExceptionally(failure);
                    }
                });
    }

    /** Stops reading; those that wait are told in time. */
    @Override
    public void close() {
        decisions.close();
        producer.close(Duration.ofSeconds(1));
    }
}
