package dev.understudy.streams;

import dev.understudy.domain.Experts;
import dev.understudy.model.IntakeCheck;
import dev.understudy.model.IntakeOutcome;
import dev.understudy.model.ModelIntake;
import dev.understudy.model.ModelSlot;
import dev.understudy.schemas.Acknowledgement;
import dev.understudy.schemas.ArtifactAssembly;
import dev.understudy.schemas.ArtifactAssembly.Artifact;
import dev.understudy.schemas.EpochBound;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.UndecodableException;
import dev.understudy.signing.UntrustedException;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the promoted models of one policy into service. It is told what was promoted; when asked to, it assembles a
 * file, checks it, loads it and warms it up while the old model goes on answering, and only then installs it. A file
 * that is refused is refused for good: the model in service stays, and the reason is acknowledged.
 */
final class ModelDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(ModelDirectory.class);
    private static final int MOST_PENDING = ModelSlot.PREVIOUS + 1;

    private final String policy;
    private final IntakeCheck check;
    private final ModelIntake intake;
    private final ModelSlot slot = new ModelSlot();
    private final ServingMetrics metrics;
    private final Consumer<Acknowledgement> acknowledgements;
    private final PolicyDirectories all;
    private final NavigableMap<Long, Pending> pending = new ConcurrentSkipListMap<>();
    private final Map<String, String> rejected = new HashMap<>();
    private final Map<Long, Pending> settled = new HashMap<>();
    private final NavigableMap<Long, Pending> history = new TreeMap<>();
    private final EpochBound epochs = new EpochBound();
    private long newestEpoch;

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
     * A directory without models.
     *
     * @param policy its name
     * @param check of its models
     * @param intake that takes them in
     * @param metrics where swaps and refusals are counted
     * @param acknowledgements told of every model taken into service or refused, on the loader's thread
     * @param all those of the instance, which have it load
     */
    ModelDirectory(
            String policy,
            IntakeCheck check,
            ModelIntake intake,
            ServingMetrics metrics,
            Consumer<Acknowledgement> acknowledgements,
            PolicyDirectories all) {
        this.policy = policy;
        this.check = check;
        this.intake = intake;
        this.metrics = metrics;
        this.acknowledgements = acknowledgements;
        this.all = all;
    }

    /** Returns the name of the policy. */
    String policy() {
        return policy;
    }

    /** Returns where the models in service are leased. */
    ModelSlot slot() {
        return slot;
    }

    /**
     * Takes note of a promotion; it comes into service once its file is there, good and warm. Of two of one epoch, the
     * later one in the topic counts: an operator and the gate may have chosen the same number.
     *
     * @param offset where it stands in the topic
     * @throws UndecodableException if its epoch is too far ahead of those that are known
     */
    synchronized void promoted(Promotion promotion, long offset) {
        check(promotion);
        newestEpoch = Math.max(newestEpoch, promotion.epoch());
        enqueue(new Pending(promotion, offset, System.nanoTime()));
        history.headMap(newestEpoch).values().forEach(this::enqueue);
    }

    /**
     * Takes note of a verdict in the history. The topic of promotions only keeps the last one; after a restart,
     * observations from before that took effect are answered by those that were in force then.
     *
     * @param offset where it stands in the topic
     * @throws UndecodableException if its epoch is too far ahead of those that are known
     */
    synchronized void judged(Promotion verdict, long offset) {
        check(verdict);
        // Whatever the topic of promotions says of that epoch counts more.
        Pending past = new Pending(verdict, Long.MIN_VALUE + offset, System.nanoTime());
        history.put(verdict.epoch(), past);
        while (history.size() > ModelSlot.PREVIOUS + 1) {
            history.pollFirstEntry();
        }
        // Where it is signed, a later one counts too: the topic of promotions may have been given an older one again.
        if (verdict.epoch() < newestEpoch
                || (verdict.epoch() > newestEpoch && !all.trust().isNone())) {
            enqueue(past);
        }
    }

    private void check(Promotion promotion) {
        if (!epochs.believes(promotion.epoch())) {
            throw new UndecodableException(epochs.problem(promotion.epoch()));
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
            all.hasNews();
        }
    }

    /** Returns whether anything promoted is not loaded yet. */
    boolean isWaiting() {
        return !pending.isEmpty();
    }

    /** Loads what is promoted and complete, the newest first. */
    synchronized void loadPending() {
        for (Pending next : new TreeMap<>(pending).descendingMap().values()) {
            metrics.loading.set(true);
            try {
                long epoch = next.promotion.epoch();
                Pending known = settled.get(epoch);
                boolean again = known != null && known.sameAs(next) && known.isPast() == next.isPast();
                if (again || load(next)) {
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
            artifact = ArtifactAssembly.assemble(policy, promotion.sha256(), all::artifact);
        } catch (UndecodableException | IllegalArgumentException e) {
            // One promotion that cannot be loaded must not keep others from it.
            return refuse(next, String.valueOf(e.getMessage()));
        } catch (InvalidStateStoreException e) {
            return false;
        }
        if (artifact.isEmpty()) {
            return false;
        }
        try {
            all.checkSignature(policy, promotion.sha256());
        } catch (UntrustedException e) {
            return refuse(next, String.valueOf(e.getMessage()));
        }
        return intake.take(check, artifact.get().bytes(), promotion.sha256(), promotion.evidence())
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
        acknowledgements.accept(
                all.acknowledgement(next.promotion, accepted, reason, (System.nanoTime() - next.seenNanos) / 1e6));
    }
}
