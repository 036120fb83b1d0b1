package dev.understudy.flink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.FollowingSample;
import dev.understudy.flink.gate.GateConfig;
import dev.understudy.flink.kafka.JobRuntime;
import dev.understudy.flink.kafka.KafkaConnectors;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.logs.LogRecord;
import dev.understudy.flink.models.ModelEvent;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.flink.train.TrainedWindow;
import dev.understudy.flink.train.TrainingConfig;
import dev.understudy.learn.Algorithms;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.Promotion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Savepoints that the build before decision 13 took of both jobs, of the logs below: of learning after its first
 * window, of promotion after its verdict on that window's model.
 */
class EarlierSavepointIT {
    private static final String FIRST_MODEL = "d8eec099dcd0ae7ed6ba71102e3cf6088276b7f9d17c1105fc60eb82fe0e8c6b";
    private static final String FIRST_CANDIDATE = "79ffa0c848bcade9b41e52dfb82da2c3";
    private static final LogReading READING = LogReading.defaults();
    private static final List<FollowingSample> LOGS = logs(false);
    private static final List<FollowingSample> HELD_OUT = logs(true);
    private static final List<Candidate> CANDIDATES =
            List.of(candidate(FIRST_CANDIDATE, 0), candidate("of the window after it", 60_000));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static List<FollowingSample> logs(boolean heldOut) {
        List<FollowingSample> logs = new ArrayList<>();
        for (int car = 0; car < 2; car++) {
            logs.addAll(TestLogs.trip("car" + car, TestLogs.tripName(heldOut, car, READING), TestLogs.START_MS, 1500));
        }
        logs.sort(Comparator.comparingLong(FollowingSample::timeMs));
        return logs;
    }

    /** A candidate of the first model; the shelf in the savepoint has its file. */
    private static Candidate candidate(String id, long afterMs) {
        long startMs = TestLogs.START_MS + afterMs;
        return new Candidate(
                id,
                CarFollowing.POLICY,
                "",
                FIRST_MODEL,
                28_955,
                startMs,
                startMs + 60_000,
                startMs + 60_000,
                1,
                "earlier",
                CarFollowing.fingerprint(),
                new TreeMap<>(),
                1,
                startMs + 60_000,
                Algorithms.CLONING);
    }

    private JobRuntime runtime() {
        return TestJobs.runtime(folder.resolve("checkpoints"), Duration.ofMillis(100), 2);
    }

    /** Returns an environment that goes on from a savepoint of this name. */
    private StreamExecutionEnvironment from(String savepoint) throws IOException {
        Path unpacked = Files.createDirectories(folder.resolve(savepoint));
        try (InputStream in =
                        Objects.requireNonNull(getClass().getResourceAsStream("savepoints/" + savepoint + ".zip"));
                ZipInputStream zip = new ZipInputStream(in)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Files.copy(zip, unpacked.resolve(entry.getName()));
            }
        }
        Configuration configuration = runtime().configuration();
        configuration.set(StateRecoveryOptions.SAVEPOINT_PATH, unpacked.toUri().toString());
        configuration.set(StateRecoveryOptions.SAVEPOINT_IGNORE_UNCLAIMED_STATE, true);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(1, configuration);
        env.configure(configuration);
        return env;
    }

    private DataStream<LogRecord> logs(StreamExecutionEnvironment env, GeneratorFunction<Long, LogRecord> generator) {
        DataStream<LogRecord> read = env.fromSource(
                        new DataGeneratorSource<>(
                                generator,
                                LOGS.size(),
                                RateLimiterStrategy.perSecond(600),
                                LogRecord.CODEC.typeInformation()),
                        WatermarkStrategy.noWatermarks(),
                        "logs")
                .uid("logs");
        return KafkaConnectors.ordered(read, runtime(), READING, any -> TestJobs.moreToCome(0));
    }

    @Test
    void learningGoesOnFromTheModelThatAnEarlierBuildLearned() throws Exception {
        StreamExecutionEnvironment env = from("learning");
        DataStream<LogRecord> logs = logs(env, index -> TestLogs.read(LOGS.get(index.intValue()), 0, index));
        DataStream<ModelEvent> models = TestJobs.noModels(logs);
        LearningJobConfig config = new LearningJobConfig(
                runtime(),
                READING,
                TrainingConfig.defaults(Catalogue.only(CarFollowing.POLICY))
                        .withWindow(Duration.ofSeconds(60))
                        .withSlice(Duration.ofMillis(1)));
        DataStream<TrainedWindow> trained = LearningJob.flows(
                        logs,
                        models,
                        config,
                        LearningBranch.of(Algorithms.CLONING, config.training().policies(), 30, 0))
                .trained();
        try (CloseableIterator<TrainedWindow> all = trained.executeAndCollect()) {
            Candidate next = all.next().candidate();
            assertThat(next.parentSha256()).isEqualTo(FIRST_MODEL);
            assertThat(next.windowStartMs()).isEqualTo(TestLogs.START_MS + 60_000);
            assertThat(next.figures().get("rowsRehearsed"))
                    .as("of the window before")
                    .isPositive();
        }
    }

    @Test
    void promotionKnowsWhatAnEarlierBuildJudged() throws Exception {
        StreamExecutionEnvironment env = from("promotion");
        DataStream<LogRecord> logs = logs(env, index -> TestLogs.read(HELD_OUT.get(index.intValue()), 0, index));
        GeneratorFunction<Long, ModelEvent> proposals =
                index -> new ModelEvent.Proposed(CANDIDATES.get(index.intValue()));
        DataStream<ModelEvent> models = env.fromSource(
                        new DataGeneratorSource<>(proposals, CANDIDATES.size(), ModelEvent.CODEC.typeInformation()),
                        WatermarkStrategy.forGenerator(context -> new KafkaConnectors.NoWait<>()),
                        "models")
                .uid("models proposed again");
        PromotionJobConfig config =
                new PromotionJobConfig(runtime(), READING, GateConfig.defaults(Catalogue.only(CarFollowing.POLICY)));
        try (CloseableIterator<Promotion> verdicts =
                PromotionJob.verdicts(logs, models, config, TestHistory.NONE).executeAndCollect()) {
            assertThat(verdicts.next().candidateId())
                    .isEqualTo(CANDIDATES.get(1).id());
        }
    }
}
