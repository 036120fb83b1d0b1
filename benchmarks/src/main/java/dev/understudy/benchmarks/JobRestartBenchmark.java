package dev.understudy.benchmarks;

import dev.understudy.app.Understudy;
import dev.understudy.app.embedded.EmbeddedBroker;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.TopicReader;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.serialization.Serdes;

/**
 * What {@code kill -9} does to the learning and the promotion job, each a program of its own: it is killed when its
 * first result is there, with more to come and quiet topics, and started again. How long until the next result; whether
 * each result is there once, and the same as of a job that nobody killed.
 */
final class JobRestartBenchmark {
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final Duration QUIET = Duration.ofSeconds(25);
    private static final double TARGET_SECONDS = 30;

    private final Path logs;
    private final int windowSeconds;
    private final int steps;
    private final Consumer<String> progress;

    /**
     * Plans it.
     *
     * @param logs folder that {@code ingest} reads
     * @param windowSeconds of a window
     * @param steps of the optimiser on a window: as many as make a window take seconds
     */
    JobRestartBenchmark(Path logs, int windowSeconds, int steps, Consumer<String> progress) {
        this.logs = logs;
        this.windowSeconds = windowSeconds;
        this.steps = steps;
        this.progress = progress;
    }

    /** Kills, on a separate broker. */
    Map<String, Object> run() throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("understudy-bench-");
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory)) {
            Connection connection = Connection.local(broker.bootstrapServers());
            connection.ensureTopics(1, 2);
            TopicReader reader = new TopicReader(connection, Duration.ofSeconds(20));
            Map<String, Object> figures = new LinkedHashMap<>();
            ingest(directory, broker);
            Map<String, Object> learn = killed(
                    () -> candidates(reader).stream().map(Candidate::id).toList(),
                    () -> learn(directory, broker, "killed"));
            int before = candidates(reader).size();
            try (Program unbroken = learn(directory, broker, "unbroken")) {
                awaitMore(
                        unbroken,
                        () -> candidates(reader).stream().map(Candidate::id).toList(),
                        before);
                awaitQuiet(unbroken, () -> candidates(reader).size());
            }
            Map<String, List<Candidate>> byId =
                    candidates(reader).stream().collect(Collectors.groupingBy(Candidate::id));
            learn.put(
                    "notOfBoth",
                    byId.values().stream().filter(each -> each.size() != 2).count());
            learn.put(
                    "otherModels",
                    byId.values().stream()
                            .filter(each -> each.stream()
                                            .map(Candidate::sha256)
                                            .distinct()
                                            .count()
                                    > 1)
                            .count());
            figures.put("learn", learn);
            progress.accept("learn: " + learn);
            Map<String, Object> gate = killed(
                    () -> verdicts(reader).stream().map(Promotion::candidateId).toList(),
                    () -> gate(directory, broker));
            gate.put(
                    "candidatesWithoutVerdict",
                    candidates(reader).stream().map(Candidate::id).distinct().count()
                            - verdicts(reader).stream()
                                    .map(Promotion::candidateId)
                                    .distinct()
                                    .count());
            figures.put("promote-gate", gate);
            progress.accept("promote-gate: " + gate);
            figures.put(
                    "met",
                    RestartBenchmark.number(learn, "notOfBoth") == 0
                            && RestartBenchmark.number(learn, "otherModels") == 0
                            && RestartBenchmark.number(gate, "candidatesWithoutVerdict") == 0
                            && isMet(learn)
                            && isMet(gate));
            return figures;
        } finally {
            Directories.delete(directory);
        }
    }

    private static boolean isMet(Map<String, Object> job) {
        return RestartBenchmark.number(job, "repeated") == 0
                && RestartBenchmark.number(job, "nextResultSeconds") <= TARGET_SECONDS;
    }

    /** Starts a job. */
    private interface Job {
        Program start() throws IOException;
    }

    /** Kills a job after its first result, starts it again, and returns when it has no more results. */
    private static Map<String, Object> killed(Supplier<List<String>> results, Job job)
            throws IOException, InterruptedException {
        Map<String, Object> json = new LinkedHashMap<>();
        long startedNanos = System.nanoTime();
        Program first = job.start();
        awaitMore(first, results, 0);
        json.put("firstResultSeconds", (System.nanoTime() - startedNanos) / 1e9);
        Thread.sleep(2_000); // a checkpoint that holds it
        first.kill();
        int before = results.get().size();
        startedNanos = System.nanoTime();
        try (Program second = job.start()) {
            awaitMore(second, results, before);
            json.put("resultsBefore", before);
            json.put("nextResultSeconds", (System.nanoTime() - startedNanos) / 1e9);
            awaitQuiet(second, () -> results.get().size());
        }
        List<String> all = results.get();
        json.put("results", all.size());
        json.put("repeated", all.size() - all.stream().distinct().count());
        return json;
    }

    private static void awaitMore(Program program, Supplier<List<String>> results, int than)
            throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (results.get().size() <= than) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("expected more than %d results within %s, got none; it said %s"
                        .formatted(than, PATIENCE, program.lines()));
            }
            Thread.sleep(100);
        }
    }

    /** Waits until there has been no other result for a while. */
    private static void awaitQuiet(Program program, Supplier<Integer> count) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        int last = count.get();
        long lastNanos = System.nanoTime();
        while (System.nanoTime() - lastNanos < QUIET.toNanos()) {
            Thread.sleep(500);
            int now = count.get();
            if (now != last) {
                last = now;
                lastNanos = System.nanoTime();
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("expected an end of results within %s, got %d; it said %s"
                        .formatted(PATIENCE, now, program.lines()));
            }
        }
    }

    private static List<Candidate> candidates(TopicReader reader) {
        return reader.all(Topics.CANDIDATES, Serdes.String(), UnderstudySerdes.candidate()).stream()
                .map(record -> record.value())
                .toList();
    }

    private static List<Promotion> verdicts(TopicReader reader) {
        return reader.all(Topics.HISTORY, Serdes.String(), UnderstudySerdes.promotion()).stream()
                .map(record -> record.value())
                .toList();
    }

    private void ingest(Path directory, EmbeddedBroker broker) throws IOException, InterruptedException {
        Program ingest =
                start("ingest", directory, broker, logs.toAbsolutePath().toString(), "--sequential", "--factor", "0");
        ingest.awaitEnd();
    }

    private Program learn(Path directory, EmbeddedBroker broker, String state) throws IOException {
        return start(
                "learn",
                directory,
                broker,
                "--checkpoint-directory",
                directory.resolve(state).toString(),
                "--checkpoint-millis",
                "1000",
                "--window-seconds",
                Integer.toString(windowSeconds),
                "--steps",
                Integer.toString(steps));
    }

    private static Program gate(Path directory, EmbeddedBroker broker) throws IOException {
        return start(
                "promote-gate",
                directory,
                broker,
                "--checkpoint-directory",
                directory.resolve("gate").toString(),
                "--checkpoint-millis",
                "1000");
    }

    private static Program start(String command, Path directory, EmbeddedBroker broker, String... options)
            throws IOException {
        List<String> arguments = new ArrayList<>(List.of(command, "--bootstrap-servers", broker.bootstrapServers()));
        arguments.addAll(List.of(options));
        return Program.start(command, Understudy.class.getName(), directory, arguments);
    }
}
