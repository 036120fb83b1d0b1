package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.app.commands.LearnCommand;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.embedded.EmbeddedBroker;
import dev.understudy.app.embedded.LocalFlink;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.TopicReader;
import dev.understudy.domain.Actor;
import dev.understudy.domain.HeldOut;
import dev.understudy.driving.FollowingSample;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.TrainingRecord;
import dev.understudy.schemas.UnderstudySerdes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The learning job while logs are written, through an outage of the broker, against one that begins when all is over:
 * both learn the same, and nothing is lost.
 */
class CatchingUpIT {
    private static final long START_MS = 1_600_000_200_000L;
    private static final int SAMPLES = 1_500;
    private static final int FACTOR = 20;
    private static final int PARTITIONS = 4;
    private static final int TRANSACTIONS = 2;
    private static final int HELD_OUT_PERCENT = 20;
    private static final Duration OUTAGE = Duration.ofSeconds(3);
    private static final Duration DEADLINE = Duration.ofMinutes(2);

    /** Samples of a device that sends them when their window is over. */
    private static final int HELD_BACK = 300;

    private static final int SENT_BACK_AT = 1_000;
    /** One sample with a date half a year later. */
    private static final int WRONG = 400;

    @TempDir
    Path folder = Path.of("");

    private static List<String> learnedTrips(int count) {
        List<String> names = new ArrayList<>();
        for (int i = 0; names.size() < count; i++) {
            if (!HeldOut.isHeldOut("trip-" + i, HELD_OUT_PERCENT)) {
                names.add("trip-" + i);
            }
        }
        return names;
    }

    private static FollowingSample sample(String trip, int i) {
        long wrong = i == WRONG && trip.equals(learnedTrips(1).get(0)) ? 180L * 86_400_000 : 0;
        return new FollowingSample(
                "car of " + trip,
                trip,
                i,
                START_MS + 100L * i + wrong,
                Actor.HUMAN,
                "test",
                15 + 2 * Math.sin(i / 70.0),
                25 + 3 * Math.cos(i / 70.0),
                15 + 2 * Math.sin((i + 10) / 70.0));
    }

    private static ProducerRecord<String, byte[]> record(int partition, FollowingSample sample) {
        byte[] value = UnderstudySerdes.following().serializer().serialize(Topics.LOGS, sample);
        return new ProducerRecord<>(Topics.LOGS, partition, sample.vehicle(), value);
    }

    /** Writes as time goes on; stops the broker in the middle. Returns how many records can be read. */
    private static long write(EmbeddedBroker broker) throws Exception {
        List<String> trips = learnedTrips(4);
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<String, byte[]> producer = producer(broker, Map.of());
                KafkaProducer<String, byte[]> transactions =
                        producer(broker, Map.of("transactional.id", "test", "linger.ms", "0"))) {
            transactions.initTransactions();
            long began = System.nanoTime();
            for (int i = 0; i < SAMPLES; i++) {
                long due = began + TimeUnit.MILLISECONDS.toNanos(100L * i / FACTOR);
                while (System.nanoTime() < due) {
                    TimeUnit.MILLISECONDS.sleep(1);
                }
                sent.add(producer.send(record(0, sample(trips.get(0), i))));
                sent.add(producer.send(record(1, sample(trips.get(1), i))));
                if (i == SAMPLES / 5) {
                    sent.addAll(transaction(transactions, trips.get(2)));
                } else if (i == SAMPLES / 2) {
                    producer.flush();
                    broker.pause();
                    Thread outage = new Thread(() -> {
                        try {
                            TimeUnit.MILLISECONDS.sleep(OUTAGE.toMillis());
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                        broker.goOn();
                    });
                    outage.start();
                    outage.join();
                } else if (i == SENT_BACK_AT) {
                    for (int late = 200; late < 200 + HELD_BACK; late++) {
                        sent.add(producer.send(record(1, sample(trips.get(3), late))));
                    }
                }
            }
            for (Future<RecordMetadata> each : sent) {
                each.get();
            }
        }
        return sent.size();
    }

    /** Leaves behind what can be read, and beyond it the marks of transactions and what was given up. */
    private static List<Future<RecordMetadata>> transaction(KafkaProducer<String, byte[]> producer, String trip) {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        producer.beginTransaction();
        for (int i = 280; i < 290; i++) {
            sent.add(producer.send(record(TRANSACTIONS, sample(trip, i))));
        }
        producer.commitTransaction();
        producer.beginTransaction();
        var unused = producer.send(record(TRANSACTIONS, sample(trip, 290)));
        producer.flush();
        producer.abortTransaction();
        return sent;
    }

    private static KafkaProducer<String, byte[]> producer(EmbeddedBroker broker, Map<String, Object> more) {
        Map<String, Object> settings = new TreeMap<>(more);
        settings.put("bootstrap.servers", broker.bootstrapServers());
        return new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
    }

    private LocalFlink learn(EmbeddedBroker broker, Connection connection, String state, int parallelism)
            throws Exception {
        List<Setting<?>> all = new LearnCommand().settings();
        Map<String, String> given = new TreeMap<>();
        given.put("bootstrap.servers", broker.bootstrapServers());
        given.put("checkpoint.directory", folder.resolve(state).toString());
        given.put("checkpoint.millis", "300");
        given.put("window.seconds", "60");
        given.put("learn.steps", "20");
        given.put("heldout.percent", Integer.toString(HELD_OUT_PERCENT));
        given.put("parallelism", Integer.toString(parallelism));
        Settings settings = Settings.resolve(
                all, all.stream().map(Setting::key).collect(Collectors.toSet()), null, Map.of(), given);
        LocalFlink flink = LocalFlink.start(Files.createDirectories(folder.resolve("flink")), parallelism);
        flink.submit("learning", environment -> LearnCommand.build(environment, settings, connection));
        return flink;
    }

    /** What one run of the job published. */
    private record Learned(Map<Long, String> models, SortedMap<String, Long> totals) {
        /** Reads it, leaving out what an earlier run published. */
        static Learned read(TopicReader reader, int candidates, int reports) {
            Map<Long, String> models = new TreeMap<>();
            candidates(reader).stream()
                    .skip(candidates)
                    .forEach(candidate -> models.put(candidate.windowEndMs(), candidate.sha256()));
            SortedMap<String, Long> totals = new TreeMap<>();
            reports(reader).stream()
                    .skip(reports)
                    .filter(report -> report.remark().equals("totals"))
                    .forEach(report -> {
                        totals.clear();
                        totals.putAll(report.counts());
                    });
            return new Learned(models, totals);
        }

        static List<Candidate> candidates(TopicReader reader) {
            return reader.all(Topics.CANDIDATES, Serdes.String(), UnderstudySerdes.candidate()).stream()
                    .map(record -> record.value())
                    .toList();
        }

        static List<TrainingRecord> reports(TopicReader reader) {
            return reader.all(Topics.REPORTS, Serdes.String(), UnderstudySerdes.trainingRecord()).stream()
                    .map(record -> record.value())
                    .toList();
        }

        /** Returns whether all records have come and both windows that can close are learned. */
        boolean isComplete(long sent) {
            return models.size() == 2
                    && totals.getOrDefault("ingested", 0L) == sent
                    && totals.getOrDefault("trained", 0L) > 1_500;
        }
    }

    private static Learned await(TopicReader reader, int candidates, int reports, long sent, LocalFlink flink)
            throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        Learned before = new Learned(Map.of(), new TreeMap<>());
        while (true) {
            Learned learned = Learned.read(reader, candidates, reports);
            if (learned.isComplete(sent) && learned.equals(before)) {
                return learned; // nothing changed any more
            }
            before = learned;
            assertThat(flink.failure()).isEmpty();
            assertThat(System.nanoTime()).as("deadline; so far %s", learned).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(1_500);
        }
    }

    @Test
    void aJobThatCatchesUpLearnsWhatOneThatWasThereLearned() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            Connection connection = Connection.local(broker.bootstrapServers());
            connection.ensureTopics(1, PARTITIONS);
            TopicReader reader = new TopicReader(connection, Duration.ofSeconds(20));
            Learned there;
            long sent;
            try (LocalFlink flink = learn(broker, connection, "there", 1)) {
                while (!flink.isRunning()) {
                    TimeUnit.MILLISECONDS.sleep(50);
                }
                sent = write(broker);
                there = await(reader, 0, 0, sent, flink);
            }
            int candidates = Learned.candidates(reader).size();
            int reports = Learned.reports(reader).size();
            Learned afterwards;
            try (LocalFlink flink = learn(broker, connection, "afterwards", 2)) {
                afterwards = await(reader, candidates, reports, sent, flink);
            }
            assertThat(there.totals())
                    .containsEntry("rejected.TIME_JUMP", 1L)
                    .as("what a device sent late is learned but for its edges")
                    .hasEntrySatisfying(
                            "lateLearned", count -> assertThat(count).isGreaterThan(HELD_BACK / 2))
                    .hasEntrySatisfying("late", count -> assertThat(count).isLessThan(HELD_BACK / 2));
            assertThat(afterwards).isEqualTo(there);
        }
    }
}
