package dev.understudy.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Steps;
import dev.understudy.driving.FollowingSample;
import dev.understudy.ingest.ReplaySettings.Route;
import dev.understudy.ingest.Row.Problem;
import dev.understudy.schemas.Codecs;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Topics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayTest {
    private final Path folder;
    private final ThrottleTest.HandClock clock = new ThrottleTest.HandClock();
    private final MockProducer<byte[], byte[]> producer = producer(true);

    ReplayTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private static MockProducer<byte[], byte[]> producer(boolean answers) {
        return new MockProducer<>(answers, null, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** So many samples of one car, 100 ms apart; every tenth row is bad when asked. */
    private static final class Steps implements SampleSource {
        private final Iterator<Row> rows;

        Steps(int count, boolean someBad) {
            List<Row> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                all.add(
                        someBad && i % 10 == 9
                                ? new Row.Bad("f.csv", i + 2, 3, Problem.NUMBER, "expected a number, found 'x'", "a,x")
                                : new Row.Sample("f.csv", i + 2, sample(i)));
            }
            rows = all.iterator();
        }

        @Override
        public String describe() {
            return "steps";
        }

        @Override
        public boolean hasNext() {
            return rows.hasNext();
        }

        @Override
        public Row next() {
            return rows.next();
        }

        @Override
        public void close() {}
    }

    private static FollowingSample sample(int i) {
        return new FollowingSample("car", "trip/car", i, 1_000L + i * 100L, Actor.HUMAN, "human", 10, 20, 11);
    }

    private ReplayReport run(ReplaySettings settings, SampleSource source) {
        return new Replay(settings, producer, clock, InstantSource.system()).run(source, report -> {}, row -> {});
    }

    private static ReplaySettings settings() {
        return ReplaySettings.defaults("broker:9092");
    }

    @Test
    void everyStepIsALogAndBadRowsAreDeadLettersWithTheirPlace() {
        ReplayReport report = run(settings(), new Steps(30, true));
        assertThat(report.rows()).isEqualTo(30);
        assertThat(report.logs()).isEqualTo(27);
        assertThat(report.bad()).containsOnlyKeys(Problem.NUMBER).containsValue(3L);
        assertThat(report.finished()).isTrue();
        List<ProducerRecord<byte[], byte[]>> sent = producer.history();
        assertThat(sent.get(0).topic()).isEqualTo(Topics.LOGS);
        assertThat(sent.get(0).key()).isEqualTo(new byte[] {'c', 'a', 'r'});
        assertThat(Codecs.FOLLOWING.decode(sent.get(0).value())).isEqualTo(sample(0));
        DeadLetter letter = Codecs.DEAD_LETTER.decode(sent.get(9).value());
        assertThat(sent.get(9).topic()).isEqualTo(Topics.DEAD_LETTERS);
        assertThat(letter.coordinates()).isEqualTo("f.csv:11");
        assertThat(letter.reason()).isEqualTo("f.csv:11:3: expected a number, found 'x'");
        assertThat(letter.value()).isEqualTo(new byte[] {'a', ',', 'x'});
    }

    @Test
    void anObservationIsSentBeforeTheLogOfTheSameStep() {
        ReplayReport report = run(settings().withRoute(Route.BOTH), new Steps(2, false));
        assertThat(producer.history())
                .extracting(ProducerRecord::topic)
                .containsExactly(Topics.OBSERVATIONS, Topics.LOGS, Topics.OBSERVATIONS, Topics.LOGS);
        assertThat(report.observations()).isEqualTo(2);
        run(settings().withRoute(Route.OBSERVATIONS), new Steps(1, false));
        assertThat(producer.history())
                .hasSize(5)
                .last()
                .extracting(ProducerRecord::topic)
                .isEqualTo(Topics.OBSERVATIONS);
    }

    @Test
    void eventTimePassesAtTheFactorAndProgressIsToldEverySecond() {
        List<ReplayReport> told = new ArrayList<>();
        new Replay(settings().withFactor(20), producer, clock, InstantSource.system())
                .run(new Steps(601, false), told::add, row -> {});
        // 60 s of events at 20 times their speed are 3 s: a report at each second and one at the end
        assertThat(told).hasSize(4);
        assertThat(told.get(3).seconds()).isEqualTo(3);
        assertThat(told.get(0).rows()).isEqualTo(201);
        assertThat(told.get(0).rowsPerSecond()).isEqualTo(201);
        assertThat(told.get(3).eventTimeMs()).isEqualTo(61_000);
    }

    @Test
    void aReplayGoesOnWhereTheLastOneStopped() {
        ReplaySettings resumable = settings().withProgressFile(folder.resolve("progress"));
        assertThat(run(resumable.withLimit(12), new Steps(30, true)).finished()).isTrue();
        ReplayReport second = run(resumable, new Steps(30, true));
        assertThat(second.skipped()).isEqualTo(12);
        assertThat(second.rows()).isEqualTo(18);
        assertThat(producer.history()).hasSize(30);
        assertThat(run(resumable, new Steps(30, true)).rows()).isZero();
    }

    @Test
    void progressOfAnotherSourceAndAnUnwritableFolderAreRefused() throws IOException {
        Path file = folder.resolve("progress");
        Files.writeString(file, "source=other\nrows=3\n");
        assertThatThrownBy(() -> run(settings().withProgressFile(file), new Steps(5, false)))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("expected progress of 'steps'")
                .hasMessageContaining("found progress of 'other'");
        Files.writeString(file, "source=steps\nrows=many\n");
        assertThatThrownBy(() -> run(settings().withProgressFile(file), new Steps(5, false)))
                .hasMessageContaining("expected a number of rows")
                .hasMessageContaining("found 'many'");
        Files.writeString(file, "source=steps\nrows=9\n");
        assertThatThrownBy(() -> run(settings().withProgressFile(file), new Steps(5, false)))
                .hasMessageContaining("expected at least 9 rows in steps");
        assertThatThrownBy(() -> run(settings().withProgressFile(folder.resolve("no/progress")), new Steps(5, false)))
                .hasMessageContaining("expected a writable folder");
        assertThat(producer.history()).isEmpty();
    }

    @Test
    void anInterruptEndsTheReplayAfterTheRowAtHandWithEverythingAcknowledged() {
        ReplaySettings resumable = settings().withProgressFile(folder.resolve("progress"));
        Iterator<Row> rows = new Steps(30, false);
        SampleSource interrupting = new SampleSource() {
            private int given;

            @Override
            public String describe() {
                return "steps";
            }

            @Override
            public boolean hasNext() {
                return rows.hasNext();
            }

            @Override
            public Row next() {
                if (++given == 5) {
                    Thread.currentThread().interrupt();
                }
                return rows.next();
            }

            @Override
            public void close() {}
        };
        ReplayReport report = run(resumable, interrupting);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(report.finished()).isFalse();
        assertThat(report.rows()).isEqualTo(producer.history().size()).isEqualTo(5);
        assertThat(run(resumable, new Steps(30, false)).skipped()).isEqualTo(5);
    }

    @Test
    void stopEndsTheReplay() {
        Replay replay = new Replay(settings().withFactor(1), producer, clock, InstantSource.system());
        ReplayReport report = replay.run(new Steps(600, false), told -> replay.stop(), row -> {});
        assertThat(report.finished()).isFalse();
        assertThat(report.rows()).isEqualTo(11);
    }

    @Test
    void aRecordThatNoBrokerTakesFailsTheReplayAndIsNotCountedAsDone() throws IOException {
        Path file = folder.resolve("progress");
        try (MockProducer<byte[], byte[]> refusing = producer(false)) {
            Replay replay = new Replay(
                    settings().withProgressFile(file).withDeliveryTimeout(Duration.ofSeconds(3)),
                    refusing,
                    clock,
                    InstantSource.system());
            SampleSource source = new Steps(10, false);
            assertThatThrownBy(() -> replay.run(
                            new SampleSource() {
                                private int given;

                                @Override
                                public String describe() {
                                    return "steps";
                                }

                                @Override
                                public boolean hasNext() {
                                    return source.hasNext();
                                }

                                @Override
                                public Row next() {
                                    if (++given == 4) {
                                        refusing.errorNext(new TimeoutException("120 records expired"));
                                    }
                                    return source.next();
                                }

                                @Override
                                public void close() {}
                            },
                            told -> {},
                            row -> {}))
                    .isInstanceOf(IngestException.class)
                    .hasMessageContaining("expected brokers at broker:9092 to take a record within 3.0 s")
                    .hasMessageContaining("found 120 records expired");
        }
        assertThat(file).doesNotExist();
    }

    @Test
    void aBrokerThatIsNotThereIsNamedWithinTheTimeGiven() {
        long began = System.nanoTime();
        assertThatThrownBy(() -> Replay.run(
                        ReplaySettings.defaults("127.0.0.1:1").withDeliveryTimeout(Duration.ofSeconds(1)),
                        new Steps(5, false),
                        told -> {}))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("expected brokers at 127.0.0.1:1 to take a record within 1.0 s");
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(15));
        assertThatThrownBy(() -> Replay.run(ReplaySettings.defaults("nonsense"), new Steps(1, false), told -> {}))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("expected brokers at nonsense, found");
    }

    @Test
    void settingsThatMakeNoSenseAreRefused() {
        assertThatThrownBy(() -> settings().withFactor(-1)).hasMessageContaining("found -1");
        assertThatThrownBy(() -> settings().withLimit(-1)).hasMessageContaining("found -1");
        assertThatThrownBy(() -> settings().withDeliveryTimeout(Duration.ZERO)).hasMessageContaining("PT0S");
    }
}
