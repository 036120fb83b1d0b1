package dev.understudy.benchmarks;

import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;

/** Reads decisions as they come, on a thread of its own, and notes when they came and which came again. */
final class DecisionWatch implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration POLL = Duration.ofMillis(50);

    private final List<Arrival> arrivals = new ArrayList<>();
    private final DecisionCount count;
    private final Thread thread;
    private volatile boolean ended;

    /** A decision came. */
    private record Arrival(long nanos, int partition, boolean again) {}

    private DecisionWatch(ServingLab lab, Map<TopicPartition, Long> from) {
        count = new DecisionCount(lab.model().sha256());
        thread = new Thread(() -> read(lab, from), "bench-decisions");
    }

    /** Reads what is decided from now on. */
    static DecisionWatch start(ServingLab lab, Map<TopicPartition, Long> from) {
        DecisionWatch watch = new DecisionWatch(lab, from);
        watch.thread.start();
        return watch;
    }

    private void read(ServingLab lab, Map<TopicPartition, Long> from) {
        Deserializer<Decision> decisions = UnderstudySerdes.decision().deserializer();
        try (KafkaConsumer<byte[], byte[]> consumer = lab.consumer()) {
            consumer.assign(from.keySet());
            from.forEach(consumer::seek);
            while (!ended) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    Decision decision = decisions.deserialize(Topics.DECISIONS, record.value());
                    synchronized (arrivals) {
                        arrivals.add(new Arrival(System.nanoTime(), record.partition(), !count.add(decision)));
                    }
                }
            }
        }
    }

    /** Returns how many observations have a decision. */
    long decided() {
        synchronized (arrivals) {
            return count.distinct();
        }
    }

    /** Returns how many decisions came again since a moment. */
    long again(long sinceNanos) {
        synchronized (arrivals) {
            return arrivals.stream()
                    .filter(each -> each.again && each.nanos >= sinceNanos)
                    .count();
        }
    }

    /** Returns how many decisions came since a moment. */
    long since(long sinceNanos) {
        synchronized (arrivals) {
            return arrivals.stream().filter(each -> each.nanos >= sinceNanos).count();
        }
    }

    /** Waits until so many observations have a decision; returns false if they have none for two minutes. */
    boolean await(long observations) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (decided() < observations && System.nanoTime() < deadline) {
            LockSupport.parkNanos(POLL.toNanos());
        }
        return decided() >= observations;
    }

    /** Returns decisions of each second since a moment. */
    List<Long> perSecond(long sinceNanos, int seconds) {
        List<Long> each = new ArrayList<>();
        for (int second = 0; second < seconds; second++) {
            long from = sinceNanos + second * 1_000_000_000L;
            each.add(since(from) - since(from + 1_000_000_000L));
        }
        return each;
    }

    /** Returns the longest time without a decision in each partition since a moment, seconds. */
    Map<Integer, Double> silences(long sinceNanos) {
        Map<Integer, Long> last = new HashMap<>();
        Map<Integer, Double> longest = new TreeMap<>();
        synchronized (arrivals) {
            for (Arrival each : arrivals) {
                Long before = last.put(each.partition, each.nanos);
                if (before != null && each.nanos >= sinceNanos) {
                    longest.merge(each.partition, (each.nanos - before) / 1e9, Math::max);
                }
            }
        }
        return longest;
    }

    @Override
    public void close() {
        ended = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
