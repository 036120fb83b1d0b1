package dev.understudy.benchmarks;

import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingSample;
import dev.understudy.schemas.Codecs;
import dev.understudy.schemas.Topics;
import dev.understudy.streams.Serving;
import dev.understudy.streams.ServingConfig;
import dev.understudy.streams.ServingMetrics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Serving where a share of the observations is bad: records a second beside those of clean observations in the same
 * run, and the account, which has to add up to the record: each ends as a decision, a dead letter or a duplicate.
 */
final class PoisonBenchmark {
    private static final double WARM_UP_SHARE = 0.2;
    private static final double TARGET = 0.9;
    /** The share up to which throughput has a target; beyond, dead letters are the work. */
    private static final double FEW = 0.01;

    private static final int KINDS = 8;

    /**
     * What to run.
     *
     * @param records good observations of a round
     * @param vehicles that they are of
     * @param partitions of the topics
     * @param share bad observations for each good one
     * @param rounds rounds of each kind
     * @param seed what is bad follows from it
     */
    record Settings(long records, int vehicles, int partitions, double share, int rounds, long seed) {}

    private final Settings settings;
    private final Consumer<String> progress;
    private int round;

    PoisonBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** What was sent in a round, and how many of it are repetitions. */
    private record Sent(long all, long bad) {}

    /** What became of a round. */
    private record Outcome(double perSecond, boolean addsUp, String account) {}

    /** Measures, on a separate broker. */
    Map<String, Object> run() throws IOException, ExecutionException, InterruptedException {
        List<Double> clean = new ArrayList<>();
        List<Double> poisoned = new ArrayList<>();
        List<String> accounts = new ArrayList<>();
        boolean addsUp = true;
        try (ServingLab lab = ServingLab.start(settings.partitions())) {
            serve(lab, 0);
            for (int i = 0; i < settings.rounds(); i++) {
                Outcome without = serve(lab, 0);
                Outcome with = serve(lab, settings.share());
                clean.add(without.perSecond());
                poisoned.add(with.perSecond());
                accounts.add(with.account());
                addsUp &= without.addsUp() && with.addsUp();
                progress.accept("round %d: clean %.0f/s, %.2f %% bad %.0f/s; %s"
                        .formatted(
                                i + 1, without.perSecond(), 100 * settings.share(), with.perSecond(), with.account()));
            }
        }
        Spread ratio = Spread.ofRatios(poisoned, clean);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("share", settings.share());
        figures.put("cleanPerSecond", Spread.of(clean).toJson());
        figures.put("poisonedPerSecond", Spread.of(poisoned).toJson());
        figures.put("poisonedOverClean", ratio.toJson());
        figures.put("accounts", accounts);
        figures.put("addsUp", addsUp);
        figures.put("met", addsUp && (settings.share() > FEW || ratio.median() >= TARGET));
        progress.accept("poisoned / clean %.3f (%.3f to %.3f); the accounts %s"
                .formatted(ratio.median(), ratio.smallest(), ratio.largest(), addsUp ? "add up" : "DO NOT ADD UP"));
        return figures;
    }

    private Outcome serve(ServingLab lab, double share) throws IOException, ExecutionException, InterruptedException {
        Sent sent = send(lab, share);
        String name = "poison-" + ++round;
        Map<TopicPartition, Long> before = new HashMap<>(lab.ends(Topics.DECISIONS));
        before.putAll(lab.ends(Topics.DEAD_LETTERS));
        Outcome outcome;
        try (Serving serving = new Serving(
                ServingConfig.defaults(lab.bootstrapServers(), lab.stateDirectory(name))
                        .named("serving-1", name),
                new CarFollowingPolicy())) {
            serving.start();
            Round watched = Round.watch(lab.admin(), before, sent.all(), WARM_UP_SHARE, name + "-serving-1");
            outcome = outcome(serving.metrics().snapshot(), sent, watched, written(lab, before, Topics.DEAD_LETTERS));
        }
        lab.empty(Topics.OBSERVATIONS);
        lab.empty(Topics.DECISIONS);
        lab.empty(Topics.DEAD_LETTERS);
        return outcome;
    }

    private static long written(ServingLab lab, Map<TopicPartition, Long> before, String topic)
            throws ExecutionException, InterruptedException {
        return lab.ends(topic).entrySet().stream()
                .mapToLong(end -> end.getValue() - before.getOrDefault(end.getKey(), 0L))
                .sum();
    }

    private static Outcome outcome(ServingMetrics.Snapshot counts, Sent sent, Round watched, long deadLetters) {
        boolean addsUp = counts.observed() == sent.all()
                && counts.decisions() + counts.deadLettered() + counts.duplicates() == sent.all()
                && counts.deadLettered() == deadLetters;
        return new Outcome(
                watched.perSecond(),
                addsUp,
                "%d sent, %d of them bad: %d decisions (%d fallbacks), %d dead letters, %d duplicates"
                        .formatted(
                                sent.all(),
                                sent.bad(),
                                counts.decisions(),
                                counts.fallbacks(),
                                counts.deadLettered(),
                                counts.duplicates()));
    }

    /** Writes good observations, and behind some of them a bad one; returns when all are stored. */
    private Sent send(ServingLab lab, double share) {
        SplittableRandom random = new SplittableRandom(settings.seed() + round);
        Traffic traffic = new Traffic(
                "poison",
                settings.vehicles(),
                System.currentTimeMillis() - Duration.ofHours(6).toMillis());
        long bad = 0;
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", lab.bootstrapServers(), "linger.ms", 20, "batch.size", 128 << 10),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (long i = 0; i < settings.records(); i++) {
                FollowingSample sample = traffic.sample(i);
                byte[] key = sample.vehicle().getBytes(StandardCharsets.UTF_8);
                byte[] value = Codecs.FOLLOWING.encode(sample);
                var unused = producer.send(new ProducerRecord<>(Topics.OBSERVATIONS, key, value));
                if (random.nextDouble() < share) {
                    bad++;
                    var unusedToo = producer.send(new ProducerRecord<>(
                            Topics.OBSERVATIONS, key, poison(sample, value, random.nextInt(KINDS))));
                }
            }
            producer.flush();
        }
        return new Sent(settings.records() + bad, bad);
    }

    /** Returns a bad observation, none of which is a repetition: each ends as a decision or as a dead letter. */
    private static byte[] poison(FollowingSample good, byte[] value, int kind) {
        return switch (kind) {
            case 0 -> "garbage".getBytes(StandardCharsets.UTF_8);
            case 1 -> Arrays.copyOf(value, value.length / 2);
            case 2 -> encoded(good, Long.MAX_VALUE, good.timeMs(), good.gapMeters());
            case 3 -> encoded(good, -1, good.timeMs(), good.gapMeters());
            case 4 -> encoded(good, good.sequence(), Long.MAX_VALUE, good.gapMeters());
            case 5 -> encoded(good, good.sequence(), -1, good.gapMeters());
            case 6 -> encoded(good, 1L << 62, good.timeMs(), good.gapMeters());
            default -> encoded(good, good.sequence() + 10_000_000, good.timeMs(), Double.NaN);
        };
    }

    private static byte[] encoded(FollowingSample good, long sequence, long timeMs, double gap) {
        return Codecs.FOLLOWING.encode(new FollowingSample(
                good.vehicle(),
                good.trip(),
                sequence,
                timeMs,
                good.actor(),
                good.label(),
                good.speedMetersPerSecond(),
                gap,
                good.leaderSpeedMetersPerSecond()));
    }
}
