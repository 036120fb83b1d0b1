package dev.understudy.flink.order;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.driving.FollowingSample;
import dev.understudy.flink.TestLogs;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.logs.LogRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.metrics.groups.InternalOperatorMetricGroup;
import org.apache.flink.runtime.metrics.util.InterceptingOperatorMetricGroup;
import org.apache.flink.runtime.metrics.util.InterceptingTaskMetricGroup;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.operators.testutils.MockEnvironmentBuilder;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The operator between a source and Kafka that are moved by hand. */
class OrderLogsTest {
    private static final LogReading READING = LogReading.defaults();
    private static final Duration INTERVAL = Duration.ofMillis(20);
    private static final int SAMPLES = 600;
    private static final long END_MS = TestLogs.START_MS + 100L * SAMPLES;

    /** A topic whose records are written as time goes on. While it is stopped it says nothing. */
    private static final class Topic implements PartitionEnds {
        final List<List<LogRecord>> partitions;
        long nowMs = TestLogs.START_MS;
        boolean isStopped;

        Topic(List<List<LogRecord>> partitions) {
            this.partitions = partitions;
        }

        long end(int partition) {
            return partitions.get(partition).stream()
                    .filter(log -> log.sentMs() < nowMs)
                    .count();
        }

        @Override
        public Optional<Seen> look(Map<Integer, Long> positions) {
            if (isStopped) {
                return Optional.empty();
            }
            Map<Integer, Long> ends = new HashMap<>();
            for (int i = 0; i < partitions.size(); i++) {
                ends.put(i, end(i));
            }
            return Optional.of(new Seen(nowMs, ends));
        }

        @Override
        public void close() {}
    }

    private static final class Run implements AutoCloseable {
        final Topic topic;
        final int[] position;
        final List<LogRecord> out = new ArrayList<>();
        final InterceptingOperatorMetricGroup metrics = new InterceptingOperatorMetricGroup();
        OneInputStreamOperatorTestHarness<LogRecord, LogRecord> harness;

        Run(Topic topic) throws Exception {
            this.topic = topic;
            position = new int[topic.partitions.size()];
            harness = open(null);
        }

        private OneInputStreamOperatorTestHarness<LogRecord, LogRecord> open(@Nullable OperatorSubtaskState state)
                throws Exception {
            MockEnvironment environment = new MockEnvironmentBuilder()
                    .setMetricGroup(new InterceptingTaskMetricGroup() {
                        @Override
                        public InternalOperatorMetricGroup getOrAddOperator(
                                OperatorID id, String name, Map<String, String> variables) {
                            return metrics;
                        }
                    })
                    .build();
            var opened = new OneInputStreamOperatorTestHarness<LogRecord, LogRecord>(
                    new OrderLogs(READING, INTERVAL, any -> topic), environment);
            opened.setup(LogRecord.CODEC.serializer());
            if (state != null) {
                opened.initializeState(state);
            }
            opened.setProcessingTime(topic.nowMs);
            opened.open();
            return opened;
        }

        /** Reads what is there in one partition. */
        void read(int partition) throws Exception {
            while (position[partition] < topic.end(partition)) {
                harness.processElement(topic.partitions.get(partition).get(position[partition]++), 0);
            }
        }

        void tick(long nowMs) throws Exception {
            topic.nowMs = nowMs;
            harness.setProcessingTime(nowMs);
        }

        void restart() throws Exception {
            OperatorSubtaskState state = harness.snapshot(1, topic.nowMs);
            take();
            harness.close();
            harness = open(state);
        }

        Object held() {
            return ((Gauge<?>) metrics.get(OrderLogs.HELD)).getValue();
        }

        /** Moves what came out to {@link #out} and returns how much there is now. */
        int take() {
            out.addAll(harness.extractOutputValues());
            harness.getOutput().clear();
            return out.size();
        }

        @Override
        public void close() throws Exception {
            harness.close();
        }
    }

    private static List<LogRecord> partition(int number, String... vehicles) {
        List<FollowingSample> samples = new ArrayList<>();
        for (String vehicle : vehicles) {
            samples.addAll(TestLogs.trip(vehicle, "trip of " + vehicle, TestLogs.START_MS, SAMPLES));
        }
        samples.sort(Comparator.comparingLong(FollowingSample::timeMs));
        List<LogRecord> logs = new ArrayList<>();
        for (FollowingSample sample : samples) {
            logs.add(TestLogs.read(sample, number, logs.size(), sample.timeMs() + 30 + number));
        }
        return logs;
    }

    /** Three partitions: one in which a device sends all it has at the end only, one that is never written to. */
    private static Topic topic() {
        List<LogRecord> second = new ArrayList<>();
        for (FollowingSample sample : TestLogs.trip("late", "late trip", TestLogs.START_MS, 200)) {
            second.add(TestLogs.read(sample, 1, second.size(), TestLogs.START_MS + 40_000));
        }
        return new Topic(List.of(partition(0, "a", "b"), second, List.of(), partition(3, "c")));
    }

    private static List<LogRecord> live() throws Exception {
        try (Run run = new Run(topic())) {
            for (long nowMs = TestLogs.START_MS; nowMs < END_MS + 10_000; nowMs += 20) {
                run.tick(nowMs);
                for (int partition = 0; partition < 4; partition++) {
                    run.read(partition);
                }
            }
            run.take();
            assertThat(run.out)
                    .filteredOn(LogRecord::isLate)
                    .as("what the device held back")
                    .hasSize(200)
                    .allMatch(log -> log.partition() == 1);
            return List.copyOf(run.out);
        }
    }

    @Test
    void recordsTakeTheirTurnSoonAfterTheyWereSentAlsoBesideSilentPartitions() throws Exception {
        try (Run run = new Run(topic())) {
            for (long nowMs = TestLogs.START_MS; nowMs < TestLogs.START_MS + 20_000; nowMs += 20) {
                run.tick(nowMs);
                run.read(0);
                run.read(3);
            }
            run.take();
            long newestMs = run.out.get(run.out.size() - 1).sentMs();
            assertThat(run.topic.nowMs - newestMs).isLessThan(500);
        }
    }

    @Test
    void aPartitionThatIsNotReadForTenSecondsChangesNothing() throws Exception {
        try (Run run = new Run(topic())) {
            int beforeStarving = 0;
            for (long nowMs = TestLogs.START_MS; nowMs < END_MS + 10_000; nowMs += 20) {
                run.tick(nowMs);
                run.read(0);
                run.read(1);
                boolean isStarved = nowMs >= TestLogs.START_MS + 15_000 && nowMs < TestLogs.START_MS + 25_000;
                if (!isStarved) {
                    run.read(3);
                } else if (nowMs == TestLogs.START_MS + 15_500) {
                    beforeStarving = run.take();
                } else if (nowMs == TestLogs.START_MS + 24_980) {
                    assertThat(run.take()).as("all wait for it").isEqualTo(beforeStarving);
                }
            }
            run.take();
            assertThat(run.out).isEqualTo(live());
        }
    }

    @Test
    void aBrokerThatSaysNothingLetsTimeStandStillAndChangesNothing() throws Exception {
        try (Run run = new Run(topic())) {
            for (long nowMs = TestLogs.START_MS; nowMs < END_MS + 10_000; nowMs += 20) {
                boolean isStopped = nowMs >= TestLogs.START_MS + 15_000 && nowMs < TestLogs.START_MS + 27_000;
                run.topic.isStopped = isStopped;
                run.tick(nowMs);
                for (int partition = 0; partition < 4 && !isStopped; partition++) {
                    run.read(partition);
                }
                if (nowMs == TestLogs.START_MS + 20_000) {
                    run.restart(); // a task fails meanwhile
                }
            }
            run.take();
            assertThat(run.out).isEqualTo(live());
        }
    }

    @Test
    void catchingUpAfterAnOutageIsAsHavingBeenThere() throws Exception {
        List<LogRecord> live = live();
        for (int[] order : new int[][] {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}}) {
            try (Run run = new Run(topic())) {
                run.tick(END_MS + 3_600_000);
                for (int partition : order) {
                    run.read(partition);
                    run.tick(run.topic.nowMs + 5_000); // slowly
                }
                run.take();
                assertThat(run.out).isEqualTo(live);
            }
        }
    }

    @Test
    void aRestartInTheMiddleOfCatchingUpChangesNothing() throws Exception {
        try (Run run = new Run(topic())) {
            run.tick(END_MS + 3_600_000);
            run.read(0);
            run.restart();
            run.read(3);
            run.tick(run.topic.nowMs + 100);
            run.restart();
            run.read(1);
            run.tick(run.topic.nowMs + 100);
            run.take();
            assertThat(run.out).isEqualTo(live());
        }
    }

    @Test
    void afterARestartTheTimeIsWhatItWasThoughNoRecordComes() throws Exception {
        try (Run run = new Run(new Topic(List.of(partition(0, "a"))))) {
            for (long nowMs = TestLogs.START_MS; nowMs < END_MS; nowMs += 100) {
                run.tick(nowMs);
                run.read(0);
            }
            run.tick(END_MS + 1_000);
            long before = lastWatermark(run);
            assertThat(before).isGreaterThan(TestLogs.START_MS);
            run.restart();
            run.tick(END_MS + 1_020);
            assertThat(lastWatermark(run)).isEqualTo(before);
        }
    }

    private static long lastWatermark(Run run) {
        long lastMs = Long.MIN_VALUE;
        for (Object each : run.harness.getOutput()) {
            lastMs = each instanceof Watermark mark ? mark.getTimestamp() : lastMs;
        }
        return lastMs;
    }

    @Test
    void recordsThatWaitAreCounted() throws Exception {
        try (Run run = new Run(topic())) {
            run.topic.isStopped = true;
            run.tick(END_MS + 3_600_000);
            run.read(0);
            assertThat(run.held()).isEqualTo(2 * SAMPLES);
            run.topic.isStopped = false;
            run.read(1);
            run.read(3);
            run.tick(run.topic.nowMs + 1_000);
            assertThat(run.held()).isEqualTo(0);
        }
    }

    @Test
    void watermarksNeverPassTheTurnsOfRecords() throws Exception {
        try (Run run = new Run(topic())) {
            run.tick(END_MS + 3_600_000);
            run.read(0);
            run.read(1);
            run.read(3);
            run.tick(run.topic.nowMs + 1_000);
            long watermarkMs = Long.MIN_VALUE;
            for (Object each : run.harness.getOutput()) {
                if (each instanceof Watermark watermark) {
                    watermarkMs = watermark.getTimestamp();
                } else {
                    LogRecord log = (LogRecord) ((StreamRecord<?>) each).getValue();
                    assertThat(log.clockMs()).isGreaterThanOrEqualTo(watermarkMs);
                }
            }
            assertThat(watermarkMs).isEqualTo(END_MS - 100 - 501);
        }
    }

    @Test
    void atTheEndOfTheInputAllTakeTheirTurn() throws Exception {
        try (Run run = new Run(topic())) {
            run.topic.isStopped = true;
            run.tick(END_MS + 3_600_000);
            run.read(0);
            run.read(3);
            assertThat(run.take()).isZero();
            run.harness.processWatermark(Watermark.MAX_WATERMARK); // which comes before the end itself
            assertThat(run.harness.getOutput()).last().isEqualTo(Watermark.MAX_WATERMARK);
            assertThat(run.harness.getOutput().stream()
                            .filter(each -> !(each instanceof Watermark))
                            .count())
                    .isEqualTo(3 * SAMPLES);
        }
    }
}
