package dev.understudy.benchmarks;

import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.streams.Serving;
import dev.understudy.streams.ServingConfig;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * How long an observation waits for its decision while observations come at a steady rate. Producer, broker, serving
 * and consumer share this machine.
 */
final class LatencyRun {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long PACE_NANOS = 1_000_000;
    private static final long SAMPLES_PER_VEHICLE = 1_000;

    private final ServingLab lab;
    private final Traffic traffic;
    private final double perSecond;
    private final long records;
    private final long warmUp;

    /**
     * Plans a run.
     *
     * @param trip what the trips are called; no other run of this lab may use it
     * @param perSecond observations a second, of all vehicles
     * @param seconds how long to measure, after a third of that
     */
    LatencyRun(ServingLab lab, String trip, int vehicles, double perSecond, int seconds) {
        this.lab = lab;
        this.perSecond = perSecond;
        this.warmUp = Math.round(perSecond * seconds / 3);
        this.records = warmUp + Math.round(perSecond * seconds);
        // Few enough vehicles that most observations have the history that the policy is asked for.
        int most = (int) Math.max(1, Math.min(vehicles, records / SAMPLES_PER_VEHICLE));
        this.traffic = new Traffic(
                trip, most, System.currentTimeMillis() - Duration.ofHours(3).toMillis());
    }

    /** Serves what is produced meanwhile, and returns quantiles in milliseconds. */
    Map<String, Object> measure(ServingConfig config) throws ExecutionException, InterruptedException {
        Map<TopicPartition, Long> before = lab.ends(Topics.DECISIONS);
        AtomicLong lateNanos = new AtomicLong();
        try (Serving serving = new Serving(config, new CarFollowingPolicy())) {
            serving.start();
            awaitModel(serving);
            Thread producer = new Thread(() -> produce(lateNanos), "bench-observations");
            producer.start();
            Map<String, Object> json = read(before);
            producer.join();
            json.put("producerLatestMillis", lateNanos.get() / 1e6);
            return json;
        }
    }

    static void awaitModel(Serving serving) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!serving.health().answering() || serving.health().epoch().isEmpty()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("expected serving to answer with a model within %s, got %s"
                        .formatted(PATIENCE, serving.health()));
            }
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    /** Sends at the rate, and notes how far it once fell behind. */
    private void produce(AtomicLong lateNanos) {
        try (ObservationSender sender = lab.sender(true)) {
            long begun = System.nanoTime();
            for (long sent = 0; sent < records; ) {
                long due = Math.min(records, (long) ((System.nanoTime() - begun) / 1e9 * perSecond));
                while (sent < due) {
                    sender.send(traffic.sample(sent++));
                }
                long behind = System.nanoTime() - begun - (long) (sent / perSecond * 1e9);
                lateNanos.accumulateAndGet(behind, Math::max);
                LockSupport.parkNanos(PACE_NANOS);
            }
        }
    }

    private Map<String, Object> read(Map<TopicPartition, Long> from) {
        Deserializer<Decision> decisions = UnderstudySerdes.decision().deserializer();
        DecisionCount count = new DecisionCount(lab.model().sha256());
        int most = Math.toIntExact(records - warmUp);
        double[] decided = new double[most];
        double[] read = new double[most];
        int measured = 0;
        long lastNanos = System.nanoTime();
        try (KafkaConsumer<byte[], byte[]> consumer = lab.consumer()) {
            consumer.assign(from.keySet());
            from.forEach(consumer::seek);
            while (count.distinct() < records) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(5))) {
                    long nowMs = System.currentTimeMillis();
                    Decision decision = decisions.deserialize(record.topic(), record.value());
                    lastNanos = System.nanoTime();
                    if (count.add(decision) && count.distinct() > warmUp && measured < most) {
                        decided[measured] = decision.decidedAtMs() - decision.observedAtMs();
                        read[measured++] = nowMs - decision.observedAtMs();
                    }
                }
                if (System.nanoTime() - lastNanos > PATIENCE.toNanos()) {
                    throw new IllegalStateException("expected %d decisions, got %d and none for %s"
                            .formatted(records, count.distinct(), PATIENCE));
                }
            }
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("observationsPerSecond", perSecond);
        json.put("measured", measured);
        json.put("observationToDecisionMillis", quantiles(Arrays.copyOf(decided, measured)));
        json.put("observationToConsumerMillis", quantiles(Arrays.copyOf(read, measured)));
        json.put("counts", count.toJson(records));
        return json;
    }

    static Map<String, Object> quantiles(double[] values) {
        Arrays.sort(values);
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("p50", values[(int) Math.ceil(0.5 * values.length) - 1]);
        json.put("p99", values[(int) Math.ceil(0.99 * values.length) - 1]);
        json.put("max", values[values.length - 1]);
        return json;
    }
}
