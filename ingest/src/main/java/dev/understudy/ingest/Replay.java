package dev.understudy.ingest;

import dev.understudy.driving.FollowingSample;
import dev.understudy.ingest.ReplaySettings.Route;
import dev.understudy.ingest.Row.Problem;
import dev.understudy.schemas.Codecs;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Sends the rows of a source to Kafka at a chosen speed. Bad rows go to {@code dead-letters.v1} and are counted.
 *
 * <p>Nothing is lost: what the progress file counts was acknowledged by all replicas. After a failure some records may
 * be sent twice; readers drop them by sequence. One call of {@link #run} per instance; {@link #stop} from any thread.
 */
public final class Replay {
    private static final long REPORT_NANOS = 1_000_000_000L;

    private final ReplaySettings settings;
    private final Producer<byte[], byte[]> producer;
    private final Throttle.Ticker ticker;
    private final InstantSource clock;
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private final Map<Problem, Long> bad = new EnumMap<>(Problem.class);
    private volatile boolean stopped;
    private long rows;
    private long skipped;
    private long logs;
    private long observations;
    private long eventTimeMs;

    /** A replay through a producer that the caller closes. */
    Replay(ReplaySettings settings, Producer<byte[], byte[]> producer, Throttle.Ticker ticker, InstantSource clock) {
        this.settings = settings;
        this.producer = producer;
        this.ticker = ticker;
        this.clock = clock;
    }

    /** A replay through a producer that the caller made from {@link ReplaySettings#producerProperties} and closes. */
    public Replay(ReplaySettings settings, Producer<byte[], byte[]> producer) {
        this(settings, producer, Throttle.SYSTEM, InstantSource.system());
    }

    /**
     * Replays a source with a producer of its own.
     *
     * @param progress told once a second and at the end
     * @throws IngestException if the brokers do not take a record in time, or the progress file cannot be used
     */
    public static ReplayReport run(ReplaySettings settings, SampleSource source, Consumer<ReplayReport> progress) {
        KafkaProducer<byte[], byte[]> producer;
        try {
            producer = new KafkaProducer<>(settings.producerProperties());
        } catch (KafkaException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IngestException(
                    "expected brokers at " + settings.bootstrapServers() + ", found " + cause.getMessage(), e);
        }
        try {
            return new Replay(settings, producer).run(source, progress, bad -> {});
        } finally {
            producer.close(Duration.ofSeconds(1));
        }
    }

    /**
     * Sends every row, from where the progress file says. Returns when the source or the limit is reached, on
     * {@link #stop}, or when the thread is interrupted (which it then still is); what was sent has been acknowledged.
     *
     * @param progress told once a second and at the end, on this thread
     * @param onBad told of each bad row, on this thread
     * @throws IngestException if the brokers do not take a record in time, or the progress file cannot be used
     */
    public ReplayReport run(SampleSource source, Consumer<ReplayReport> progress, Consumer<Row.Bad> onBad) {
        ReplayProgress file =
                settings.progressFile() == null ? null : new ReplayProgress(settings.progressFile(), source.describe());
        long done = file == null ? 0 : file.read();
        Throttle throttle = new Throttle(settings.factor(), ticker);
        long began = ticker.nanos();
        long reported = began;
        boolean interrupted = false;
        try {
            skipped = source.skip(done);
            if (skipped < done) {
                throw new IngestException("expected at least " + done + " rows in " + source.describe()
                        + ", as the progress file says, found " + skipped);
            }
            while (goesOn() && rows < settings.limit() && source.hasNext()) {
                send(source.next(), throttle, onBad);
                long now = ticker.nanos();
                if (now - reported >= REPORT_NANOS) {
                    reported = now;
                    acknowledge(file);
                    progress.accept(report(began, false));
                }
            }
        } catch (InterruptedException | InterruptException e) {
            interrupted = true;
        } catch (KafkaException e) {
            failure.compareAndSet(null, e);
        }
        // Clears the flag, or the flush below would give up at once.
        interrupted |= Thread.interrupted();
        acknowledge(file);
        ReplayReport last = report(began, !stopped && !interrupted);
        progress.accept(last);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return last;
    }

    /** Ends {@link #run} after the row at hand. */
    public void stop() {
        stopped = true;
    }

    private boolean goesOn() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        return !stopped && failure.get() == null;
    }

    private void send(Row row, Throttle throttle, Consumer<Row.Bad> onBad) throws InterruptedException {
        if (row instanceof Row.Sample read) {
            FollowingSample sample = read.sample();
            throttle.await(sample.timeMs());
            byte[] key = sample.vehicle().getBytes(StandardCharsets.UTF_8);
            byte[] value = Codecs.FOLLOWING.encode(sample);
            if (settings.route() != Route.LOGS) {
                send(Topics.OBSERVATIONS, key, value);
                observations++;
            }
            if (settings.route() != Route.OBSERVATIONS) {
                send(Topics.LOGS, key, value);
                logs++;
            }
            eventTimeMs = sample.timeMs();
        } else if (row instanceof Row.Bad wrong) {
            bad.merge(wrong.problem(), 1L, Long::sum);
            onBad.accept(wrong);
            DeadLetter letter = new DeadLetter(
                    "ingest",
                    wrong.describe(),
                    wrong.source(),
                    DeadLetter.FILE,
                    wrong.line(),
                    null,
                    wrong.text().getBytes(StandardCharsets.UTF_8),
                    clock.millis());
            send(
                    Topics.DEAD_LETTERS,
                    wrong.source().getBytes(StandardCharsets.UTF_8),
                    Codecs.DEAD_LETTER.encode(letter));
        }
        rows++;
    }

    private void send(String topic, byte[] key, byte[] value) {
        var unused = producer.send(new ProducerRecord<>(topic, key, value), (metadata, error) -> {
            if (error != null) {
                failure.compareAndSet(null, error);
            }
        });
    }

    /** Waits until all that was sent is acknowledged and notes it. */
    private void acknowledge(@Nullable ReplayProgress file) {
        if (failure.get() == null) {
            producer.flush();
        }
        Exception error = failure.get();
        if (error != null) {
            throw new IngestException(
                    "expected brokers at " + settings.bootstrapServers() + " to take a record within "
                            + settings.deliveryTimeout().toMillis() / 1000.0 + " s, found "
                            + error.getMessage() + "; " + (skipped + rows)
                            + " rows were read"
                            + (file == null
                                    ? ""
                                    : ", the same command goes on after those that " + settings.progressFile()
                                            + " counts"),
                    error);
        }
        if (file != null) {
            file.write(skipped + rows);
        }
    }

    private ReplayReport report(long began, boolean finished) {
        return new ReplayReport(
                rows,
                skipped,
                logs,
                observations,
                new TreeMap<>(bad),
                eventTimeMs,
                (ticker.nanos() - began) / 1e9,
                finished);
    }
}
