package dev.understudy.flink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.data.Trajectory;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.FollowingSample;
import dev.understudy.flink.kafka.JobRuntime;
import dev.understudy.flink.kafka.KafkaConnectors;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.logs.LogRecord;
import dev.understudy.flink.models.ModelEvent;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.flink.train.TrainedWindow;
import dev.understudy.flink.train.TrainingConfig;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiter;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole learning job between source and sink on Flink's mini cluster, killed in the middle of a window. */
class LearningJobRestartIT {
    private static final int STEPS = 30;
    private static final int ITERATIONS = 6;
    /** Steps of an update after which it is killed. */
    private static final int KILLED_AT = 3;

    private static final List<LearningBranch> BRANCHES = List.of(
            new LearningBranch(Algorithms.CLONING, any -> new Failing(Algorithms.CLONING, STEPS)),
            new LearningBranch(Algorithms.GAIL, any -> new Failing(Algorithms.GAIL, ITERATIONS)));
    private static final LogReading READING = LogReading.defaults();
    private static final Map<String, ConcurrentHashMap<String, TrainedWindow>> RESULTS = new ConcurrentHashMap<>();
    private static final List<FollowingSample> LOGS = logs();
    private static final Map<String, AtomicInteger> FAILURES_LEFT = new ConcurrentHashMap<>();
    private static final AtomicInteger CHECKPOINTS = new AtomicInteger();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    /** A learner whose update fails once, in its middle, after a checkpoint was taken during it. */
    private static final class Failing implements Learner {
        private final String algorithm;
        private final Learner learner;

        Failing(String algorithm, int steps) {
            this.algorithm = algorithm;
            learner = Catalogue.policy(CarFollowing.POLICY).learner(algorithm, steps);
        }

        @Override
        public LearnerState initialState(long seed) {
            return learner.initialState(seed);
        }

        @Override
        public Update begin(LearnerState state, List<Trajectory> demonstrations, List<Trajectory> replay, long seed) {
            Update update = learner.begin(state, demonstrations, replay, seed);
            int checkpointsBefore = CHECKPOINTS.get();
            return new Update() {
                private int steps;

                @Override
                public boolean step() {
                    if (steps == KILLED_AT && failuresLeft(algorithm).get() > 0) {
                        if (CHECKPOINTS.get() <= checkpointsBefore + 1) {
                            return true; // stands still until a checkpoint was taken in the middle of it
                        }
                        if (failuresLeft(algorithm).getAndDecrement() > 0) {
                            throw new IllegalStateException(
                                    "killed in step %d of an update by %s".formatted(steps, algorithm));
                        }
                    }
                    steps++;
                    return update.step();
                }

                @Override
                public double progress() {
                    return update.progress();
                }

                @Override
                public LearnerState state() {
                    return update.state();
                }

                @Override
                public TrainingReport report() {
                    return update.report();
                }

                @Override
                public void close() {
                    update.close();
                }
            };
        }

        @Override
        public byte[] export(LearnerState state) {
            return learner.export(state);
        }

        @Override
        public void close() {
            learner.close();
        }
    }

    /** Keeps what was learned where the test finds it, and counts whole checkpoints. */
    private static final class Keep implements MapFunction<TrainedWindow, TrainedWindow>, CheckpointListener {
        private static final long serialVersionUID = 1L;
        private final String run;

        Keep(String run) {
            this.run = run;
        }

        @Override
        public TrainedWindow map(TrainedWindow trained) {
            TrainedWindow before = RESULTS.computeIfAbsent(run, any -> new ConcurrentHashMap<>())
                    .put(trained.candidate().id(), trained);
            if (before != null) {
                assertThat(trained.model()).as("published again").isEqualTo(before.model());
            }
            return trained;
        }

        @Override
        public void notifyCheckpointComplete(long checkpointId) {
            CHECKPOINTS.incrementAndGet();
        }
    }

    private static List<FollowingSample> logs() {
        List<FollowingSample> logs = new ArrayList<>();
        for (int car = 0; car < 2; car++) {
            logs.addAll(TestLogs.trip("car" + car, TestLogs.tripName(false, car, READING), TestLogs.START_MS, 1500));
        }
        logs.sort(Comparator.comparingLong(FollowingSample::timeMs));
        return logs;
    }

    private static AtomicInteger failuresLeft(String algorithm) {
        return FAILURES_LEFT.computeIfAbsent(algorithm, any -> new AtomicInteger());
    }

    /**
     * Returns a rate at which the last third of the logs waits until each update that is to be killed was: once a
     * source has ended there are no checkpoints any more.
     */
    @SuppressWarnings("unchecked") // Flink gives the rate without its type
    private static <S extends SourceSplit> RateLimiterStrategy<S> untilKilled(double perSecond) {
        RateLimiterStrategy<S> rate = RateLimiterStrategy.perSecond(perSecond);
        return subtasks -> {
            RateLimiter<S> limiter = rate.createRateLimiter(subtasks);
            AtomicInteger acquired = new AtomicInteger();
            return records -> acquired.addAndGet(records) < LOGS.size() * 2 / 3
                    ? limiter.acquire(records)
                    : limiter.acquire(records).thenCompose(any -> nobodyIsLeftToBeKilled());
        };
    }

    private static CompletionStage<Void> nobodyIsLeftToBeKilled() {
        if (BRANCHES.stream().allMatch(each -> failuresLeft(each.algorithm()).get() <= 0)) {
            return CompletableFuture.completedFuture(null);
        }
        return CompletableFuture.runAsync(() -> {}, CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS))
                .thenCompose(any -> nobodyIsLeftToBeKilled());
    }

    private Map<String, TrainedWindow> run(String name, int failures) throws Exception {
        BRANCHES.forEach(branch -> failuresLeft(branch.algorithm()).set(failures));
        JobRuntime runtime = TestJobs.runtime(folder.resolve(name), Duration.ofMillis(100), 2);
        LearningJobConfig config = new LearningJobConfig(
                runtime,
                READING,
                TrainingConfig.defaults(Catalogue.only(CarFollowing.POLICY))
                        .withWindow(Duration.ofSeconds(60))
                        .withSlice(Duration.ofMillis(1)));
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(1, runtime.configuration());
        env.configure(runtime.configuration());
        GeneratorFunction<Long, LogRecord> generator = index -> TestLogs.read(LOGS.get(index.intValue()), 0, index);
        DataStream<LogRecord> read = env.fromSource(
                        new DataGeneratorSource<>(
                                generator, LOGS.size(), untilKilled(600), LogRecord.CODEC.typeInformation()),
                        WatermarkStrategy.noWatermarks(),
                        "logs")
                .uid("logs");
        DataStream<LogRecord> logs = KafkaConnectors.ordered(read, runtime, READING, any -> TestJobs.moreToCome(0));
        DataStream<ModelEvent> models = TestJobs.noModels(logs);
        LearningJob.flows(logs, models, config, BRANCHES)
                .trained()
                .map(new Keep(name))
                .returns(TrainedWindow.CODEC.typeInformation())
                .sinkTo(new DiscardingSink<>());
        env.execute(name);
        return new TreeMap<>(RESULTS.getOrDefault(name, new ConcurrentHashMap<>()));
    }

    @Test
    void givesTheSameModelsAfterItWasKilledInTheMiddleOfAWindow() throws Exception {
        Map<String, TrainedWindow> whole = run("whole", 0);
        Map<String, TrainedWindow> killed = run("killed", 1);
        for (String algorithm : List.of(Algorithms.CLONING, Algorithms.GAIL)) {
            assertThat(failuresLeft(algorithm).get())
                    .as("an update by %s was killed", algorithm)
                    .isLessThan(1);
            assertThat(whole.values())
                    .filteredOn(trained -> trained.candidate().algorithm().equals(algorithm))
                    .as("windows learned by %s", algorithm)
                    .hasSizeGreaterThanOrEqualTo(2)
                    .allSatisfy(trained -> assertThat(trained.prequential().isEmpty())
                            .as("scored elsewhere")
                            .isEqualTo(algorithm.equals(Algorithms.GAIL)));
        }
        assertThat(killed.keySet()).isEqualTo(whole.keySet());
        whole.forEach((id, trained) -> assertThat(
                        Objects.requireNonNull(killed.get(id)).model())
                .as(
                        "model of window %d by %s",
                        trained.candidate().windowStartMs(), trained.candidate().algorithm())
                .isEqualTo(trained.model()));
    }
}
