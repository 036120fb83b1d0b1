package dev.understudy.benchmarks;

import dev.understudy.domain.Policies;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.model.ModelIntake;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.streams.Guarantee;
import dev.understudy.streams.Recording;
import dev.understudy.streams.Serving;
import dev.understudy.streams.ServingConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.streams.KafkaStreams;

/**
 * Decisions a second of the serving topology, against topologies that only decode and encode or only forward the same
 * records on the same broker with the same settings. They take turns; each round is a new application that reads the
 * same records from the start.
 */
final class ServeBenchmark {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final double WARM_UP_SHARE = 0.3;
    static final double TARGET = 0.6;

    private final Settings settings;
    private final Consumer<String> progress;
    private final Deserializer<Decision> decisions = UnderstudySerdes.decision().deserializer();
    private int rounds;

    /**
     * How much to measure.
     *
     * @param records observations of a round
     * @param vehicles that they are of
     * @param partitions of the topics
     * @param rounds of each topology, at least once
     * @param exactlyOnceRounds of serving and of decode-encode, exactly once
     * @param latencySeconds how long to measure latency; a third of it again warms up
     * @param recording whether serving writes rollouts, and explores
     */
    record Settings(
            long records,
            int vehicles,
            int partitions,
            int rounds,
            int exactlyOnceRounds,
            int latencySeconds,
            Recording recording) {
        Settings {
            if (records < vehicles
                    || vehicles < 1
                    || partitions < 1
                    || rounds < 1
                    || exactlyOnceRounds < 0
                    || latencySeconds < 1) {
                throw new IllegalArgumentException(
                        ("expected at least 1 vehicle, a record of each, 1 partition, 1 round and 1 s, got"
                                        + " vehicles=%d records=%d partitions=%d rounds=%d exactlyOnceRounds=%d"
                                        + " latencySeconds=%d")
                                .formatted(vehicles, records, partitions, rounds, exactlyOnceRounds, latencySeconds));
            }
        }
    }

    /** The rounds of one topology. */
    private record Rounds(List<Double> perSecond, List<Double> processCpu, List<Double> threadCpu) {
        Rounds() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }

        void add(Round round) {
            perSecond.add(round.perSecond());
            processCpu.add(round.processCpuMicrosPerRecord());
            threadCpu.add(round.threadCpuMicrosPerRecord());
        }

        Map<String, Object> toJson() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("recordsPerSecond", Spread.of(perSecond).toJson());
            json.put("processCpuMicrosPerRecord", Spread.of(processCpu).toJson());
            json.put("threadCpuMicrosPerRecord", Spread.of(threadCpu).toJson());
            return json;
        }
    }

    /**
     * Makes a benchmark.
     *
     * @param progress told of each result as a line of text
     */
    ServeBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** Measures, on a separate broker. */
    Map<String, Object> run() throws IOException, ExecutionException, InterruptedException {
        Map<String, Object> result = new LinkedHashMap<>();
        try (ServingLab lab = ServingLab.start(settings.partitions())) {
            long startMs = System.currentTimeMillis() - Duration.ofHours(6).toMillis();
            lab.observe(new Traffic("bench", settings.vehicles(), startMs), settings.records());
            progress.accept("%d observations of %d vehicles in %d partitions"
                    .formatted(settings.records(), settings.vehicles(), settings.partitions()));
            DecisionCount warmUp = new DecisionCount(lab.model().sha256());
            baseline(lab, Baseline.PASS_THROUGH, Guarantee.AT_LEAST_ONCE);
            baseline(lab, Baseline.DECODE_ENCODE, Guarantee.AT_LEAST_ONCE);
            serving(lab, Guarantee.AT_LEAST_ONCE, warmUp);
            progress.accept("warmed up; load average %.1f".formatted(Machine.loadAverage()));

            Rounds passThrough = new Rounds();
            Rounds decodeEncode = new Rounds();
            Rounds serving = new Rounds();
            List<Object> counts = new ArrayList<>();
            boolean exact = true;
            for (int i = 0; i < settings.rounds(); i++) {
                passThrough.add(baseline(lab, Baseline.PASS_THROUGH, Guarantee.AT_LEAST_ONCE));
                decodeEncode.add(baseline(lab, Baseline.DECODE_ENCODE, Guarantee.AT_LEAST_ONCE));
                DecisionCount count = new DecisionCount(lab.model().sha256());
                serving.add(serving(lab, Guarantee.AT_LEAST_ONCE, count));
                exact &= count.isExact(settings.records());
                counts.add(count.toJson(settings.records()));
                progress.accept("round %d: pass-through %.0f/s, decode-encode %.0f/s, serving %.0f/s, %s"
                        .formatted(
                                i + 1,
                                last(passThrough.perSecond),
                                last(decodeEncode.perSecond),
                                last(serving.perSecond),
                                count.toJson(settings.records())));
            }
            Spread ratio = Spread.ofRatios(serving.perSecond, decodeEncode.perSecond);
            progress.accept("serving / decode-encode %.3f (%.3f to %.3f) of at least %.2f; CPU of the process %.3f"
                    .formatted(
                            ratio.median(),
                            ratio.smallest(),
                            ratio.largest(),
                            TARGET,
                            Spread.ofRatios(decodeEncode.processCpu, serving.processCpu)
                                    .median()));
            result.put("partitions", settings.partitions());
            result.put("vehicles", settings.vehicles());
            result.put("atLeastOnce", json(passThrough, decodeEncode, serving));
            result.put("rounds", counts);
            result.put("target", TARGET);
            result.put("servingOverDecodeEncode", ratio.toJson());
            exact &= exactlyOnce(lab, result);
            double rate = Spread.of(serving.perSecond).median();
            result.put("latencyAtHalfLoad", latency(lab, rate / 2, "half"));
            result.put("latencyAtTwentiethOfLoad", latency(lab, rate / 20, "twentieth"));
            result.put("exact", exact);
            result.put("met", exact && ratio.median() >= TARGET);
        }
        return result;
    }

    private static Map<String, Object> json(Rounds passThrough, Rounds decodeEncode, Rounds serving) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("passThrough", passThrough.toJson());
        json.put("decodeEncode", decodeEncode.toJson());
        json.put("serving", serving.toJson());
        json.put(
                "servingOverPassThrough",
                Spread.ofRatios(serving.perSecond, passThrough.perSecond).toJson());
        json.put(
                "decodeEncodeOverServingProcessCpu",
                Spread.ofRatios(decodeEncode.processCpu, serving.processCpu).toJson());
        json.put(
                "decodeEncodeOverServingThreadCpu",
                Spread.ofRatios(decodeEncode.threadCpu, serving.threadCpu).toJson());
        return json;
    }

    private boolean exactlyOnce(ServingLab lab, Map<String, Object> result)
            throws IOException, ExecutionException, InterruptedException {
        if (settings.exactlyOnceRounds() == 0) {
            return true;
        }
        Rounds decodeEncode = new Rounds();
        Rounds serving = new Rounds();
        boolean exact = true;
        for (int i = 0; i < settings.exactlyOnceRounds(); i++) {
            decodeEncode.add(baseline(lab, Baseline.DECODE_ENCODE, Guarantee.EXACTLY_ONCE));
            DecisionCount count = new DecisionCount(lab.model().sha256());
            serving.add(serving(lab, Guarantee.EXACTLY_ONCE, count));
            exact &= count.isExact(settings.records());
            progress.accept("exactly once, round %d: decode-encode %.0f/s, serving %.0f/s, %s"
                    .formatted(
                            i + 1,
                            last(decodeEncode.perSecond),
                            last(serving.perSecond),
                            count.toJson(settings.records())));
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("decodeEncode", decodeEncode.toJson());
        json.put("serving", serving.toJson());
        json.put(
                "servingOverDecodeEncode",
                Spread.ofRatios(serving.perSecond, decodeEncode.perSecond).toJson());
        result.put("exactlyOnce", json);
        return exact;
    }

    private static double last(List<Double> values) {
        return values.get(values.size() - 1);
    }

    private ServingConfig config(ServingLab lab, String name, Guarantee guarantee) throws IOException {
        ServingConfig defaults = ServingConfig.defaults(lab.bootstrapServers(), lab.stateDirectory(name))
                .named("serving-1", name)
                .with(settings.recording());
        return guarantee == defaults.delivery().guarantee()
                ? defaults
                : defaults.with(new ServingConfig.Delivery(guarantee, Duration.ofMillis(100)));
    }

    private Round baseline(ServingLab lab, Baseline baseline, Guarantee guarantee)
            throws IOException, ExecutionException, InterruptedException {
        String name = "bench-" + ++rounds;
        lab.create(name);
        Map<TopicPartition, Long> before = lab.ends(name);
        ServingConfig config = config(lab, name, guarantee);
        Round round;
        try (KafkaStreams streams = new KafkaStreams(baseline.topology(name), config.toProperties())) {
            streams.start();
            round = Round.watch(
                    lab.admin(),
                    before,
                    settings.records(),
                    WARM_UP_SHARE,
                    config.place().applicationId() + "-serving-1");
        }
        lab.delete(name);
        return round;
    }

    private Round serving(ServingLab lab, Guarantee guarantee, DecisionCount count)
            throws IOException, ExecutionException, InterruptedException {
        String name = "bench-" + ++rounds;
        Map<TopicPartition, Long> before = lab.ends(Topics.DECISIONS);
        Round round;
        // Trying the model in a process apart would make each round begin without a model, as no instance does twice.
        try (Serving serving = new Serving(
                config(lab, name, guarantee),
                List.of(Policies.one(new CarFollowingPolicy())),
                ModelIntake.inThisProcess())) {
            serving.start();
            round = Round.watch(lab.admin(), before, settings.records(), WARM_UP_SHARE, name + "-serving-1");
        }
        count(lab, before, count);
        lab.empty(Topics.DECISIONS);
        lab.empty(Topics.ROLLOUTS);
        return round;
    }

    /** Reads what serving wrote, until it ends, now that serving has stopped. */
    private void count(ServingLab lab, Map<TopicPartition, Long> from, DecisionCount count)
            throws ExecutionException, InterruptedException {
        Map<TopicPartition, Long> ends = lab.ends(Topics.DECISIONS);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try (KafkaConsumer<byte[], byte[]> consumer = lab.consumer()) {
            consumer.assign(from.keySet());
            from.forEach(consumer::seek);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    count.add(decisions.deserialize(record.topic(), record.value()));
                }
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("expected to read decisions up to %s within %s, got %d"
                            .formatted(ends, PATIENCE, count.distinct()));
                }
            }
        }
    }

    private Map<String, Object> latency(ServingLab lab, double perSecond, String trip)
            throws IOException, ExecutionException, InterruptedException {
        lab.empty(Topics.OBSERVATIONS);
        String name = "bench-" + ++rounds;
        LatencyRun run = new LatencyRun(lab, trip, settings.vehicles(), perSecond, settings.latencySeconds());
        Map<String, Object> json = run.measure(config(lab, name, Guarantee.AT_LEAST_ONCE));
        progress.accept("latency at %.0f/s: %s".formatted(perSecond, json));
        return json;
    }
}
