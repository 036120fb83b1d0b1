package dev.understudy.app;

import dev.understudy.schemas.Topics;
import dev.understudy.schemas.TrainingRecord;
import dev.understudy.schemas.UndecodableException;
import dev.understudy.schemas.UnderstudySerdes;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells what became of the records that a learning job read, from the running totals that it publishes: a line every
 * ten seconds in which they changed, and the last one when the process ends.
 */
final class TotalsWatch {
    private static final Logger LOG = LoggerFactory.getLogger(TotalsWatch.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration PAUSE = Duration.ofSeconds(10);
    private static final String REJECTED = "rejected.";

    private final String policy;
    private final Console console;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Deserializer<TrainingRecord> reports =
            UnderstudySerdes.trainingRecord().deserializer();
    private String told = "";
    private String latest = "";

    private TotalsWatch(String policy, Console console, KafkaConsumer<byte[], byte[]> consumer) {
        this.policy = policy;
        this.console = console;
        this.consumer = consumer;
    }

    /** Starts to watch the totals of a policy from now on, until the process ends. */
    static void start(Connection connection, String policy, Console console) {
        Map<String, Object> settings = new HashMap<>(connection.clientSettings());
        settings.put("isolation.level", "read_committed");
        settings.put("enable.auto.commit", "false");
        KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        List<TopicPartition> partitions = consumer.partitionsFor(Topics.REPORTS).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToEnd(partitions);
        partitions.forEach(consumer::position);
        TotalsWatch watch = new TotalsWatch(policy, console, consumer);
        Thread thread = new Thread(watch::watch, "totals");
        thread.setDaemon(true);
        thread.start();
        Runtime.getRuntime().addShutdownHook(new Thread(watch::tell, "last-totals"));
    }

    private void watch() {
        long toldNanos = System.nanoTime() - PAUSE.toNanos();
        try (consumer) {
            while (true) {
                consumer.poll(POLL).forEach(this::enter);
                if (System.nanoTime() - toldNanos >= PAUSE.toNanos() && tell()) {
                    toldNanos = System.nanoTime();
                }
            }
        } catch (InterruptException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.warn("the job's totals are no longer shown: {}", Failures.describe(e));
        }
    }

    private synchronized void enter(ConsumerRecord<byte[], byte[]> read) {
        if (read.value() == null) {
            return;
        }
        try {
            TrainingRecord report = reports.deserialize(read.topic(), read.value());
            if (report.policy().equals(policy) && report.counts().containsKey("ingested")) {
                latest = text(report.counts());
            }
        } catch (UndecodableException e) {
            LOG.warn("{}-{}@{}: {}", read.topic(), read.partition(), read.offset(), e.getMessage());
        }
    }

    private synchronized boolean tell() {
        if (latest.equals(told)) {
            return false;
        }
        told = latest;
        console.line(latest);
        return true;
    }

    /** Returns the totals in a line. */
    static String text(SortedMap<String, Long> counts) {
        SortedMap<String, Long> rejected = new TreeMap<>();
        SortedMap<String, Long> others = new TreeMap<>(counts);
        counts.forEach((name, count) -> {
            if (name.startsWith(REJECTED)) {
                rejected.put(name.substring(REJECTED.length()), count);
                others.remove(name);
            }
        });
        StringBuilder text = new StringBuilder("records   ");
        put(text, others, "ingested", "ingested");
        put(text.append(": "), others, "trained", "learned");
        put(text.append(", "), others, "heldOut", "held out");
        put(text.append(", "), others, "late", "late");
        put(text.append(", "), others, "duplicates", "duplicates");
        put(text.append(", "), others, "deadLettered", "dead letters");
        others.forEach((name, count) -> text.append(String.format(Locale.ROOT, ", %,d %s", count, name)));
        long sum = rejected.values().stream().mapToLong(Long::longValue).sum();
        text.append(String.format(Locale.ROOT, ", %,d rejected", sum));
        return rejected.isEmpty()
                ? text.toString()
                : text
                        + rejected.entrySet().stream()
                                .map(entry -> String.format(Locale.ROOT, "%,d %s", entry.getValue(), entry.getKey()))
                                .collect(Collectors.joining(", ", " (", ")"));
    }

    private static void put(StringBuilder text, SortedMap<String, Long> counts, String name, String word) {
        Long count = counts.remove(name);
        text.append(String.format(Locale.ROOT, "%,d %s", count == null ? 0 : count, word));
    }
}
