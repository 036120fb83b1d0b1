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
import dev.understudy.flink.count.Tally;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.learn.Algorithms;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.Role;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.TrainingRecord;
import dev.understudy.schemas.Trust;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.signing.SigningKey;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The learning job as the command line builds it, against a broker, stopped and started again. */
class LearnRestartIT {
    private static final long START_MS = 1_600_000_200_000L;
    private static final int SAMPLES = 1_500;
    private static final int HELD_OUT_PERCENT = 20;
    private static final SigningKey TRAINER = SigningKey.generate();
    private static final Duration DEADLINE = Duration.ofSeconds(90);

    @TempDir
    Path folder = Path.of("");

    /** What the job that was started last went on from; empty if it began anew. */
    private String restoredFrom = "";

    private static List<FollowingSample> logs() {
        List<FollowingSample> logs = new ArrayList<>();
        int learned = 0;
        int heldOut = 0;
        for (int name = 0; learned < 2 || heldOut < 1; name++) {
            boolean tested = HeldOut.isHeldOut("trip-" + name, HELD_OUT_PERCENT);
            if (tested ? heldOut < 1 : learned < 2) {
                logs.addAll(trip("car-" + name, "trip-" + name));
                heldOut += tested ? 1 : 0;
                learned += tested ? 0 : 1;
            }
        }
        logs.sort(Comparator.comparingLong(FollowingSample::timeMs).thenComparing(FollowingSample::vehicle));
        return logs;
    }

    private static List<FollowingSample> trip(String vehicle, String trip) {
        List<FollowingSample> samples = new ArrayList<>();
        for (int i = 0; i < SAMPLES; i++) {
            double speed = 15 + 2 * Math.sin(i / 70.0);
            double leader = 15 + 2 * Math.sin((i + 10) / 70.0);
            samples.add(new FollowingSample(
                    vehicle,
                    trip,
                    i,
                    START_MS + 100L * i,
                    Actor.HUMAN,
                    "test",
                    speed,
                    25 + 3 * Math.cos(i / 70.0),
                    leader));
        }
        return samples;
    }

    private Settings settings(EmbeddedBroker broker, String state, String learner) throws Exception {
        List<Setting<?>> all = new LearnCommand().settings();
        return Settings.resolve(
                all,
                all.stream().map(Setting::key).collect(Collectors.toSet()),
                null,
                Map.of(),
                Map.of(
                        "bootstrap.servers",
                        broker.bootstrapServers(),
                        "checkpoint.directory",
                        folder.resolve(state).toString(),
                        "checkpoint.millis",
                        "200",
                        "window.seconds",
                        "60",
                        "learn.learner",
                        learner,
                        "learn.steps",
                        "20",
                        "learn.iterations",
                        "1",
                        "heldout.percent",
                        Integer.toString(HELD_OUT_PERCENT),
                        "sign.trainer",
                        Files.writeString(folder.resolve("trainer.pem"), TRAINER.toPem())
                                .toString()));
    }

    private static void send(EmbeddedBroker broker, List<FollowingSample> samples) throws Exception {
        List<ProducerRecord<String, byte[]>> records = new ArrayList<>();
        for (FollowingSample sample : samples) {
            byte[] value = UnderstudySerdes.following().serializer().serialize(Topics.LOGS, sample);
            records.add(new ProducerRecord<>(Topics.LOGS, 0, sample.vehicle(), value));
        }
        // Once more what was sent already, and something that is no sample.
        records.add(records.get(0));
        records.add(new ProducerRecord<>(Topics.LOGS, 0, "car", "no sample".getBytes(StandardCharsets.UTF_8)));
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new StringSerializer(),
                new ByteArraySerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (ProducerRecord<String, byte[]> record : records) {
                sent.add(producer.send(record));
            }
            for (Future<RecordMetadata> each : sent) {
                each.get();
            }
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(String what, Condition condition) throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as("deadline for " + what).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private static List<Candidate> candidates(TopicReader reader) {
        return reader.all(Topics.CANDIDATES, Serdes.String(), UnderstudySerdes.candidate()).stream()
                .map(record -> record.value())
                .toList();
    }

    private static List<Candidate> cloned(TopicReader reader) {
        return candidates(reader).stream()
                .filter(candidate -> candidate.algorithm().equals(Algorithms.CLONING))
                .toList();
    }

    /** Returns the newest totals among the reports after the first {@code skipped}; windows that wait are none. */
    private static SortedMap<String, Long> totals(TopicReader reader, int skipped) {
        SortedMap<String, Long> totals = new TreeMap<>();
        reports(reader).stream()
                .skip(skipped)
                .filter(report -> report.remark().equals("totals"))
                .forEach(report -> {
                    totals.clear();
                    totals.putAll(report.counts());
                    totals.keySet().removeIf(name -> name.startsWith(Tally.QUEUED));
                });
        return totals;
    }

    private static List<TrainingRecord> reports(TopicReader reader) {
        return reader.all(Topics.REPORTS, Serdes.String(), UnderstudySerdes.trainingRecord()).stream()
                .map(record -> record.value())
                .toList();
    }

    private boolean hasCheckpoint(String state) throws Exception {
        try (Stream<Path> files = Files.walk(folder.resolve(state))) {
            return files.anyMatch(file -> file.endsWith("_metadata"));
        } catch (java.io.UncheckedIOException | java.nio.file.NoSuchFileException e) {
            return false; // a checkpoint went while it was looked at, or none was begun yet
        }
    }

    private LocalFlink learn(EmbeddedBroker broker, Connection connection, String state, String learner)
            throws Exception {
        Settings settings = settings(broker, state, learner);
        LocalFlink flink = LocalFlink.start(Files.createDirectories(folder.resolve("flink")), 1);
        flink.submit("learning", environment -> {
            LearnCommand.build(environment, settings, connection);
            restoredFrom = environment
                    .getConfiguration()
                    .getOptional(StateRecoveryOptions.SAVEPOINT_PATH)
                    .orElse("");
        });
        return flink;
    }

    @Test
    void aJobThatIsStoppedAndStartedAgainWithOneMoreLearnerLosesNothingAndLearnsTheSame() throws Exception {
        List<FollowingSample> logs = logs();
        int half = logs.size() / 2;
        long sent = logs.size() + 4L;
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            Connection connection = Connection.local(broker.bootstrapServers());
            connection.ensureTopics(1, 1);
            TopicReader reader = new TopicReader(connection, Duration.ofSeconds(20));
            send(broker, logs.subList(0, half));
            try (LocalFlink flink = learn(broker, connection, "stopped", Algorithms.CLONING)) {
                await("the first model", () -> !candidates(reader).isEmpty() && hasCheckpoint("stopped"));
                assertThat(flink.failure()).isEmpty();
            }
            send(broker, logs.subList(half, logs.size()));
            SortedMap<String, Long> stopped;
            try (LocalFlink flink = learn(broker, connection, "stopped", LearningBranch.BOTH)) {
                assertThat(restoredFrom).contains("/stopped/", "/understudy-learning/", "/chk-");
                await("the second model", () -> windows(cloned(reader)) >= 2);
                await("one of the learner that was not there before", () -> candidates(reader).stream()
                        .anyMatch(candidate -> candidate.algorithm().equals(Algorithms.GAIL)));
                await(
                        "its own checkpoint in place of the other",
                        () -> !Files.exists(Path.of(URI.create(restoredFrom))));
                await("all records", () -> settled(totals(reader, 0), sent));
                assertThat(flink.failure()).isEmpty();
                stopped = totals(reader, 0);
            }
            int reports = reports(reader).size();
            int before = cloned(reader).size();
            try (LocalFlink flink = learn(broker, connection, "unbroken", Algorithms.CLONING)) {
                assertThat(restoredFrom).isEmpty();
                await("both models again", () -> cloned(reader).size() >= before + 2);
                await("the same totals", () -> totals(reader, reports).equals(stopped));
                assertThat(flink.failure()).isEmpty();
            }
            assertThat(stopped)
                    .containsEntry("ingested", sent)
                    .containsEntry("duplicates", 2L)
                    .containsEntry("deadLettered", 2L)
                    .containsEntry("heldOut", (long) SAMPLES)
                    .doesNotContainKey("late");
            long waiting = sent
                    - stopped.entrySet().stream()
                            .filter(count -> !count.getKey().equals("ingested"))
                            .mapToLong(Map.Entry::getValue)
                            .sum();
            assertThat(waiting).as("of the window that is still open").isBetween(1L, 2L * 300 + 20);
            Map<String, String> files = new HashMap<>();
            for (Candidate candidate : cloned(reader)) {
                String other = files.put(candidate.id(), candidate.sha256());
                if (other != null) {
                    assertThat(candidate.sha256())
                            .as("model of window %d", candidate.windowStartMs())
                            .isEqualTo(other);
                }
            }
            assertThat(files).as("ids of the windows' models").hasSize(2);
            assertSigned(connection, candidates(reader));
        }
    }

    /** Asserts that every candidate and its model file is signed by the trainer. */
    private static void assertSigned(Connection connection, List<Candidate> all) {
        Trust trust = new Trust(Map.of(Role.TRAINER, List.of(TRAINER.verifyingKey())));
        TopicReader trusting = new TopicReader(connection, Duration.ofSeconds(20), trust);
        assertThat(candidates(trusting)).isEqualTo(all);
        Candidate last = all.get(all.size() - 1);
        assertThat(trusting.signature(last.policy(), last.sha256())).isPresent();
    }

    private static long windows(List<Candidate> candidates) {
        return candidates.stream().map(Candidate::windowEndMs).distinct().count();
    }

    /** Returns whether everything was read and both windows that can close are learned. */
    private static boolean settled(SortedMap<String, Long> totals, long sent) {
        return totals.getOrDefault("ingested", 0L) == sent && totals.getOrDefault("trained", 0L) > 2L * 1000;
    }
}
