package dev.understudy.benchmarks;

import dev.understudy.app.Understudy;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * How long a decision takes to a consumer at a steady rate of observations, beside {@link PlainStreams}. Both run as
 * programs of their own, by turns, on one broker; observations begin as soon as a program says that it runs, so its
 * first seconds are those of a fresh JVM. Broker, producer and consumer share the machine with it.
 */
final class LatencyBenchmark {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long PACE_NANOS = 500_000;
    /** Observations a second of one car. */
    private static final int HERTZ = 10;

    private final Settings settings;
    private final Consumer<String> progress;
    private int runs;

    /**
     * What to run.
     *
     * @param rates observations a second
     * @param seconds measured, after the warm-up
     * @param warmUpSeconds before them, of which the first are reported one by one
     * @param partitions of the topics
     * @param rounds of each program at each rate
     * @param serveOptions of {@code serve} besides those that name brokers, application and state
     */
    record Settings(
            List<Integer> rates,
            int seconds,
            int warmUpSeconds,
            int partitions,
            int rounds,
            List<String> serveOptions) {}

    /** A program that answers observations. */
    private enum Side {
        UNDERSTUDY,
        PLAIN
    }

    /** Latencies of one run, milliseconds, and the second in which their observation was sent. */
    private record Latencies(double[] millis, int[] second, double producerLatestMillis) {
        double[] between(int from, int to) {
            double[] some = new double[millis.length];
            int n = 0;
            for (int i = 0; i < millis.length; i++) {
                if (second[i] >= from && second[i] < to) {
                    some[n++] = millis[i];
                }
            }
            return Arrays.copyOf(some, n);
        }
    }

    /** Medians and 99th percentiles of the rounds of one program, milliseconds, once warm. */
    private record Warm(List<Double> halves, List<Double> tails) {
        void add(double[] millis) {
            Arrays.sort(millis);
            halves.add(millis[(int) Math.ceil(0.5 * millis.length) - 1]);
            tails.add(millis[(int) Math.ceil(0.99 * millis.length) - 1]);
        }
    }

    LatencyBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** Measures, on a separate broker. */
    Map<String, Object> run() throws IOException, ExecutionException, InterruptedException {
        Map<String, Object> result = new LinkedHashMap<>();
        boolean met = true;
        try (ServingLab lab = ServingLab.start(settings.partitions())) {
            // The broker, the producer and the consumer here start cold too: that is put down to neither side.
            measure(lab, Side.PLAIN, settings.rates().get(0));
            for (int rate : settings.rates()) {
                List<Object> rounds = new ArrayList<>();
                Warm understudy = new Warm(new ArrayList<>(), new ArrayList<>());
                Warm plain = new Warm(new ArrayList<>(), new ArrayList<>());
                for (int round = 0; round < settings.rounds(); round++) {
                    Map<String, Object> both = new LinkedHashMap<>();
                    for (Side side : Side.values()) {
                        Latencies latencies = measure(lab, side, rate);
                        Map<String, Object> json = json(latencies);
                        both.put(side == Side.UNDERSTUDY ? "understudy" : "plain", json);
                        (side == Side.UNDERSTUDY ? understudy : plain).add(warm(latencies));
                        progress.accept("%s at %d/s: %s".formatted(side.name().toLowerCase(Locale.ROOT), rate, json));
                    }
                    rounds.add(both);
                }
                Spread half = Spread.ofRatios(understudy.halves, plain.halves);
                Spread tail = Spread.ofRatios(understudy.tails, plain.tails);
                met &= half.median() <= 1 && tail.median() <= 1;
                progress.accept("at %d/s understudy / plain, to a consumer: p50 %.2f, p99 %.2f, of at most 1"
                        .formatted(rate, half.median(), tail.median()));
                Map<String, Object> json = new LinkedHashMap<>();
                json.put("rounds", rounds);
                json.put("p50OverPlain", half.toJson());
                json.put("p99OverPlain", tail.toJson());
                result.put("at" + rate, json);
            }
        }
        result.put("met", met);
        return result;
    }

    private double[] warm(Latencies latencies) {
        return latencies.between(settings.warmUpSeconds(), Integer.MAX_VALUE);
    }

    private Map<String, Object> json(Latencies latencies) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("warm", LatencyRun.quantiles(warm(latencies)));
        List<Object> first = new ArrayList<>();
        for (int second = 0; second < Math.min(5, settings.warmUpSeconds()); second++) {
            first.add(LatencyRun.quantiles(latencies.between(second, second + 1)));
        }
        json.put("firstSeconds", first);
        json.put("producerLatestMillis", latencies.producerLatestMillis());
        return json;
    }

    private Latencies measure(ServingLab lab, Side side, int rate)
            throws IOException, ExecutionException, InterruptedException {
        String name = "latency-" + ++runs;
        lab.empty(Topics.OBSERVATIONS);
        String output = side == Side.UNDERSTUDY ? Topics.DECISIONS : name;
        if (side == Side.PLAIN) {
            lab.create(name);
        }
        Map<TopicPartition, Long> before = lab.ends(output);
        Path state = lab.stateDirectory(name);
        try (Program program = side == Side.UNDERSTUDY ? serve(lab, name, state) : plain(lab, name, state)) {
            program.await(line -> side == Side.UNDERSTUDY
                    ? line.startsWith("RUNNING with ") && line.contains("epoch 1,")
                    : line.equals("RUNNING"));
            return observe(lab, name, rate, before);
        }
    }

    private Program serve(ServingLab lab, String name, Path state) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "serve",
                "--bootstrap-servers",
                lab.bootstrapServers(),
                "--application",
                name,
                "--instance",
                "a",
                "--state",
                state.toString(),
                "--report-seconds",
                "1"));
        arguments.addAll(settings.serveOptions());
        return Program.start("serve", Understudy.class.getName(), state, arguments);
    }

    private static Program plain(ServingLab lab, String name, Path state) throws IOException {
        Path model = Files.write(state.resolve("model.onnx"), lab.model().bytes());
        return Program.start(
                "the plain application",
                PlainStreams.class.getName(),
                state,
                List.of(lab.bootstrapServers(), name, state.toString(), name, model.toString()));
    }

    private Latencies observe(ServingLab lab, String trip, int rate, Map<TopicPartition, Long> from)
            throws InterruptedException {
        int vehicles = Math.max(1, rate / HERTZ);
        int records = rate * (settings.warmUpSeconds() + settings.seconds());
        Traffic traffic = new Traffic(
                trip, vehicles, System.currentTimeMillis() - Duration.ofHours(3).toMillis());
        AtomicLongArray sentNanos = new AtomicLongArray(records);
        AtomicLong lateNanos = new AtomicLong();
        Thread producer = new Thread(() -> produce(lab, traffic, rate, sentNanos, lateNanos), "bench-observations");
        producer.start();
        double[] millis = new double[records];
        int[] second = new int[records];
        Deserializer<Decision> decisions = UnderstudySerdes.decision().deserializer();
        DecisionCount count = new DecisionCount(lab.model().sha256());
        long lastNanos = System.nanoTime();
        try (KafkaConsumer<byte[], byte[]> consumer = lab.consumer()) {
            consumer.assign(from.keySet());
            from.forEach(consumer::seek);
            while (count.distinct() < records) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    long nowNanos = System.nanoTime();
                    lastNanos = nowNanos;
                    Decision decision = decisions.deserialize(record.topic(), record.value());
                    if (count.add(decision)) {
                        int i = Math.toIntExact(decision.sequence() * vehicles + Traffic.car(decision.entity()));
                        millis[i] = (nowNanos - sentNanos.get(i)) / 1e6;
                        second[i] = i / rate;
                    }
                }
                if (System.nanoTime() - lastNanos > PATIENCE.toNanos()) {
                    throw new IllegalStateException("expected %d decisions, got %d and none for %s"
                            .formatted(records, count.distinct(), PATIENCE));
                }
            }
        }
        producer.join();
        return new Latencies(millis, second, lateNanos.get() / 1e6);
    }

    private static void produce(
            ServingLab lab, Traffic traffic, int rate, AtomicLongArray sentNanos, AtomicLong lateNanos) {
        try (ObservationSender sender = lab.sender(true)) {
            long begun = System.nanoTime();
            for (int sent = 0; sent < sentNanos.length(); ) {
                int due = (int) Math.min(sentNanos.length(), (System.nanoTime() - begun) / 1e9 * rate);
                while (sent < due) {
                    sentNanos.set(sent, System.nanoTime());
                    sender.send(traffic.sample(sent++));
                }
                lateNanos.accumulateAndGet(System.nanoTime() - begun - (long) (sent / (double) rate * 1e9), Math::max);
                LockSupport.parkNanos(PACE_NANOS);
            }
        }
    }
}
