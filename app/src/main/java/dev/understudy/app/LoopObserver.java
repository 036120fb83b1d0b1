package dev.understudy.app;

import dev.understudy.schemas.Acknowledgement;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.TrainingRecord;
import dev.understudy.schemas.UndecodableException;
import dev.understudy.schemas.UnderstudySerdes;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads all that the loop publishes, from the beginning and committed records only, and enters it into the books. */
final class LoopObserver implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LoopObserver.class);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final List<String> TOPICS = List.of(
            Topics.PROMOTIONS,
            Topics.HISTORY,
            Topics.CANDIDATES,
            Topics.REPORTS,
            Topics.ACKS,
            Topics.DEAD_LETTERS,
            Topics.DECISIONS);

    private final Deserializer<Decision> decision = UnderstudySerdes.decision().deserializer();
    private final Deserializer<Promotion> promotion =
            UnderstudySerdes.promotion().deserializer();
    private final Deserializer<Candidate> candidate =
            UnderstudySerdes.candidate().deserializer();
    private final Deserializer<TrainingRecord> report =
            UnderstudySerdes.trainingRecord().deserializer();
    private final Deserializer<Acknowledgement> acknowledgement =
            UnderstudySerdes.acknowledgement().deserializer();
    private final LoopAccount account;
    private final Console console;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean stopped;

    private LoopObserver(LoopAccount account, Console console, KafkaConsumer<byte[], byte[]> consumer) {
        this.account = account;
        this.console = console;
        this.consumer = consumer;
    }

    /** Starts to observe; prints a line for each window, candidate, verdict and swap. */
    static LoopObserver start(Connection connection, LoopAccount account, Console console) {
        Map<String, Object> settings = new HashMap<>(connection.clientSettings());
        settings.put("isolation.level", "read_committed");
        settings.put("enable.auto.commit", "false");
        settings.put("auto.offset.reset", "earliest");
        settings.put("max.poll.records", "5000");
        KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        List<TopicPartition> partitions = TOPICS.stream()
                .flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        LoopObserver observer = new LoopObserver(account, console, consumer);
        Thread thread = new Thread(observer::observe, "loop-observer");
        thread.setDaemon(true);
        thread.start();
        return observer;
    }

    private void observe() {
        try (consumer) {
            while (!stopped) {
                consumer.poll(POLL).forEach(this::enter);
            }
        } catch (WakeupException e) {
            LOG.debug("woken to stop", e);
        } catch (RuntimeException e) {
            LOG.error("stopped observing: {}", Failures.describe(e), e);
        } finally {
            ended.countDown();
        }
    }

    private void enter(ConsumerRecord<byte[], byte[]> read) {
        String topic = read.topic();
        byte[] value = read.value();
        if (value == null) {
            return;
        }
        try {
            Optional<String> line =
                    switch (topic) {
                        case Topics.DECISIONS -> {
                            account.decision(decision.deserialize(topic, value));
                            yield Optional.empty();
                        }
                        case Topics.CANDIDATES -> account.candidate(candidate.deserialize(topic, value));
                        case Topics.HISTORY, Topics.PROMOTIONS -> account.verdict(promotion.deserialize(topic, value));
                        case Topics.REPORTS -> account.report(report.deserialize(topic, value));
                        case Topics.ACKS -> account.acknowledgement(acknowledgement.deserialize(topic, value));
                        default -> {
                            account.deadLetter();
                            yield Optional.empty();
                        }
                    };
            line.ifPresent(console::line);
        } catch (UndecodableException e) {
            LOG.warn("{}-{}@{}: {}", topic, read.partition(), read.offset(), e.getMessage());
        }
    }

    /** Returns whether it still reads. */
    boolean isAlive() {
        return ended.getCount() > 0;
    }

    /** Stops observing; what was read is in the books. The second call does nothing. */
    @Override
    public void close() {
        stopped = true;
        try {
            if (!ended.await(5, TimeUnit.SECONDS)) {
                consumer.wakeup();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
