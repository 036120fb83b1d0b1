package dev.understudy.streams;

import dev.understudy.domain.Experts;
import dev.understudy.domain.PolicySpec;
import dev.understudy.model.IntakeCheck;
import dev.understudy.model.IntakeLimits;
import dev.understudy.model.IntakeOutcome;
import dev.understudy.model.ModelSlot;
import dev.understudy.schemas.Acknowledgement;
import dev.understudy.schemas.ArtifactAssembly;
import dev.understudy.schemas.ArtifactAssembly.Artifact;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.UndecodableException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings promoted models into service. The global stores tell it what was promoted and hand out the chunks; a thread of
 * its own assembles a file, checks it, loads it and warms it up while the old model goes on answering, and only then
 * installs it. A file that is refused is refused for good: the model in service stays, and the reason is acknowledged.
 */
public final class ModelDirectory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelDirectory.class);
    private static final int MOST_PENDING = ModelSlot.PREVIOUS + 1;

    private final String instance;
    private final PolicySpec<?> spec;
    private final String policy;
    private final IntakeCheck check;
    private final ModelSlot slot = new ModelSlot();
    private final ServingMetrics metrics;
    private final Consumer<Acknowledgement> acknowledgements;
    private final InstantSource clock;
    private final NavigableMap<Long, Pending> pending = new ConcurrentSkipListMap<>();
    private final Map<String, String> rejected = new HashMap<>();
    private final Map<Long, Pending> settled = new HashMap<>();
    private final NavigableMap<Long, Pending> history = new TreeMap<>();
    private long newestEpoch;
    private final Semaphore news = new Semaphore(0);
    private volatile Function<ArtifactKey, @Nullable ArtifactChunk> artifacts = key -> null;
    private volatile boolean closed;
    private @Nullable Thread loader;

    /**
     * A promotion, its place among those of the same epoch, of which the last one counts, and when it was first seen.
     */
    private record Pending(Promotion promotion, long order, long seenNanos) {
        /** Returns whether only the history tells of it. */
        boolean isPast() {
            return order < 0;
        }

        boolean sameAs(Pending other) {
            return promotion.sha256().equals(other.promotion.sha256())
                    && promotion.effectiveFromMs() == other.promotion.effectiveFromMs();
        }
    }

    /**
     * A directory without models. It loads none before {@link #start}.
     *
     * @param instance name of the serving instance
     * @param spec the policy it serves; promotions of others are ignored
     * @param limits what a model may ask for
     * @param metrics where swaps and refusals are counted
     * @param acknowledgements told of every model taken into service or refused, on the loader's thread
     * @param clock wall clock of the acknowledgements
     */
    public ModelDirectory(
            String instance,
            PolicySpec<?> spec,
            IntakeLimits limits,
            ServingMetrics metrics,
            Consumer<Acknowledgement> acknowledgements,
            InstantSource clock) {
        this.instance = instance;
        this.spec = spec;
        policy = spec.name();
        check = spec.intakeCheck(limits);
        this.metrics = metrics;
        this.acknowledgements = acknowledgements;
        this.clock = clock;
    }

    /** Returns the policy it serves. */
    PolicySpec<?> spec() {
        return spec;
    }

    /** Returns where the models in service are leased. */
    public ModelSlot slot() {
        return slot;
    }

    /** Begins to load what is promoted, on a thread of its own. */
    public synchronized void start() {
        if (loader == null && !closed) {
            loader = new Thread(this::run, "model-loader-" + instance);
            loader.setDaemon(true);
            loader.start();
        }
    }

    /** Sets where chunks are looked up. */
    void artifactsFrom(Function<ArtifactKey, @Nullable ArtifactChunk> lookup) {
        artifacts = lookup;
        news.release();
    }

    /**
     * Takes note of a promotion; it comes into service once its file is there, good and warm. Of two of one epoch, the
     * later one in the topic counts: an operator and the gate may have chosen the same number.
     *
     * @param offset where it stands in the topic
     */
    synchronized void promoted(Promotion promotion, long offset) {
        if (promotion.promoted() && promotion.policy().equals(policy)) {
            newestEpoch = Math.max(newestEpoch, promotion.epoch());
            enqueue(new Pending(promotion, offset, System.nanoTime()));
            history.headMap(newestEpoch).values().forEach(this::enqueue);
        }
    }

    /**
     * Takes note of a verdict in the history. The topic of promotions only keeps the last one; after a restart,
     * observations from before that took effect are answered by those that were in force then.
     *
     * @param offset where it stands in the topic
     */
    synchronized void judged(Promotion verdict, long offset) {
        if (verdict.promoted() && verdict.policy().equals(policy)) {
            // Whatever the topic of promotions says of that epoch counts more.
            Pending past = new Pending(verdict, Long.MIN_VALUE + offset, System.nanoTime());
            history.put(verdict.epoch(), past);
            while (history.size() > ModelSlot.PREVIOUS + 1) {
                history.pollFirstEntry();
            }
            if (verdict.epoch() < newestEpoch) {
                enqueue(past);
            }
        }
    }

    private void enqueue(Pending next) {
        long epoch = next.promotion.epoch();
        Pending known = settled.get(epoch);
        if (known == null || next.order > known.order) {
            pending.merge(epoch, next, (one, other) -> other.order > one.order ? other : one);
            while (pending.size() > MOST_PENDING) {
                pending.pollFirstEntry();
            }
            news.release();
        }
    }

    /** Takes note that another piece of a model file arrived. */
    void arrived() {
        if (!pending.isEmpty()) {
            news.release();
        }
    }

    private void run() {
        while (!closed) {
            try {
                if (news.tryAcquire(1, TimeUnit.SECONDS) || !pending.isEmpty()) {
                    news.drainPermits();
                    loadPending();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                LOG.warn("Kept the model in service: loading failed and will be tried again", e);
            }
        }
    }

    /** Loads what is promoted and complete, the newest first. */
    synchronized void loadPending() {
        for (Pending next : new TreeMap<>(pending).descendingMap().values()) {
            metrics.loading.set(true);
            try {
                long epoch = next.promotion.epoch();
                Pending known = settled.get(epoch);
                boolean again = known != null && known.sameAs(next);
                if (!closed && (again || load(next))) {
                    pending.remove(epoch, next);
                    settled.put(epoch, next);
                }
            } finally {
                metrics.loading.set(false);
            }
        }
    }

    /** Returns whether the promotion is settled: in service or refused. */
    private boolean load(Pending next) {
        Promotion promotion = next.promotion;
        String known = rejected.get(promotion.sha256());
        if (known != null) {
            return refuse(next, known);
        }
        if (slot.reinstall(promotion.epoch(), promotion.sha256(), promotion.effectiveFromMs())) {
            return installed(next);
        }
        Optional<Artifact> artifact;
        try {
            artifact = ArtifactAssembly.assemble(promotion.policy(), promotion.sha256(), artifacts);
        } catch (UndecodableException e) {
            return refuse(next, String.valueOf(e.getMessage()));
        } catch (InvalidStateStoreException e) {
            return false;
        }
        if (artifact.isEmpty()) {
            return false;
        }
        return check.check(artifact.get().bytes(), promotion.sha256())
                .fold(accepted -> install(next, accepted), refusal -> refuse(next, refusal.reason()));
    }

    private boolean install(Pending next, IntakeOutcome.Accepted accepted) {
        Promotion promotion = next.promotion;
        try {
            Experts.of(accepted.policy().metadata().extra());
        } catch (IllegalArgumentException e) {
            accepted.policy().close();
            return refuse(next, String.valueOf(e.getMessage()));
        }
        // Not installed is out of date already, or the directory is closing: no need to try again.
        return !slot.install(promotion.epoch(), accepted.policy(), promotion.effectiveFromMs()) || installed(next);
    }

    private boolean installed(Pending next) {
        if (!next.isPast()) {
            metrics.swaps.increment();
        }
        LOG.info(
                "Promotion {} of {} is in service from event time {}: model {}",
                next.promotion.epoch(),
                policy,
                next.promotion.effectiveFromMs(),
                next.promotion.sha256());
        acknowledge(next, true, "");
        return true;
    }

    private boolean refuse(Pending next, String reason) {
        rejected.put(next.promotion.sha256(), reason);
        metrics.modelsRejected.increment();
        String kept = slot.newestEpoch().map(epoch -> "promotion " + epoch).orElse("no model");
        LOG.warn(
                "Kept {}: model {} of promotion {} is refused: {}",
                kept,
                next.promotion.sha256(),
                next.promotion.epoch(),
                reason);
        acknowledge(next, false, reason);
        return true;
    }

    /** Tells of a promotion; not of one that is over, or it would stand as the last word of this instance. */
    private void acknowledge(Pending next, boolean accepted, String reason) {
        if (next.isPast()) {
            return;
        }
        acknowledgements.accept(new Acknowledgement(
                instance,
                policy,
                next.promotion.epoch(),
                next.promotion.sha256(),
                accepted,
                reason,
                (System.nanoTime() - next.seenNanos) / 1e6,
                Double.NaN,
                clock.millis()));
    }

    /** Stops loading and takes every model out of service; sessions close as their leases come back. */
    @Override
    public void close() {
        closed = true;
        Thread running;
        synchronized (this) {
            running = loader;
            loader = null;
        }
        if (running != null) {
            running.interrupt();
            try {
                running.join(Duration.ofSeconds(10).toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        slot.close();
    }
}
