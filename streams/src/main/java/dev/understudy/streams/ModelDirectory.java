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
import dev.understudy.schemas.Precedence;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the promoted models of one policy into service. It is told what was promoted; when asked to, it assembles a
 * file, checks it, loads it and warms it up while the old model goes on answering, and only then installs it. A
 * promotion that is refused leaves the model in service, and the reason is acknowledged. A file whose bytes are bad is
 * refused for good; what else is wrong is looked at again when the promotion comes again.
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
    /** Why files are refused, by hash: what their bytes are guilty of, and nothing that may change. */
    private final Map<String, String> refusedFiles = new HashMap<>();

    private final Map<Long, Settled> settled = new HashMap<>();
    private final NavigableMap<Long, Pending> history = new TreeMap<>();
    private final EpochBound epochs = new EpochBound();
    private long newestEpoch;

    /** A promotion, its place among those that do not differ in their precedence, and when it was first seen. */
    private record Pending(Promotion promotion, long order, long seenNanos) {
        boolean comesAfter(@Nullable Pending other) {
            if (other == null) {
                return true;
            }
            int difference = Precedence.of(promotion).compareTo(Precedence.of(other.promotion));
            return difference == 0 ? order > other.order : difference > 0;
        }

        /** Returns whether only the history tells of it. */
        boolean isPast() {
            return order < 0;
        }
    }

    /** What became of a promotion. */
    private enum Outcome {
        /** Something is missing that may still come. */
        WAITS,
        /** It is in service, out of date, or its file is bad. */
        SETTLED,
        /**
         * It is refused for something that may be otherwise the next time: a signature, its own fields, the machine.
         */
        REFUSED_FOR_NOW
    }

    /** The last promotion of an epoch that does not wait any more. */
    private record Settled(Pending promotion, Outcome outcome) {
        /** Returns whether what became of it becomes of another one too. */
        boolean answers(Pending next) {
            return outcome == Outcome.SETTLED
                    && promotion.promotion.sha256().equals(next.promotion.sha256())
                    && promotion.promotion.effectiveFromMs() == next.promotion.effectiveFromMs()
                    && promotion.isPast() == next.isPast();
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
     * one counts that takes {@link Precedence}.
     *
     * @param offset where it stands in the topic
     * @throws UndecodableException if its epoch is too far ahead of those that are known
     */
    synchronized void promoted(Promotion promotion, long offset) {
        check(promotion);
        newestEpoch = Math.max(newestEpoch, promotion.epoch());
        enqueue(new Pending(promotion, offset, System.nanoTime()));
        history.headMap(newestEpoch, true).values().forEach(this::enqueue);
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
        // The same record in the topic of promotions counts more. That topic keeps one alone, which may be an older one
        // that was sent again.
        Pending past = new Pending(verdict, Long.MIN_VALUE + offset, System.nanoTime());
        history.merge(verdict.epoch(), past, (one, other) -> other.comesAfter(one) ? other : one);
        while (history.size() > ModelSlot.PREVIOUS + 1) {
            history.pollFirstEntry();
        }
        // Where it is signed, one of a higher epoch counts too.
        if (verdict.epoch() <= newestEpoch || !all.trust().isNone()) {
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
        Settled known = settled.get(epoch);
        if (next.comesAfter(known == null ? null : known.promotion)) {
            pending.merge(epoch, next, (one, other) -> other.comesAfter(one) ? other : one);
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
                Settled known = settled.get(epoch);
                Outcome outcome = known != null && known.answers(next) ? known.outcome : load(next);
                if (outcome != Outcome.WAITS) {
                    pending.remove(epoch, next);
                    settled.put(epoch, new Settled(next, outcome));
                }
            } finally {
                metrics.loading.set(false);
            }
        }
    }

    private Outcome load(Pending next) {
        Promotion promotion = next.promotion;
        String known = refusedFiles.get(promotion.sha256());
        if (known != null) {
            return refuse(next, known, Outcome.SETTLED);
        }
        if (slot.reinstall(promotion.epoch(), promotion.sha256(), promotion.effectiveFromMs())) {
            return installed(next);
        }
        Optional<Artifact> artifact;
        try {
            artifact = ArtifactAssembly.assemble(policy, promotion.sha256(), all::artifact);
        } catch (UndecodableException | IllegalArgumentException e) {
            // One promotion that cannot be loaded must not keep others from it.
            return refuse(next, String.valueOf(e.getMessage()), Outcome.REFUSED_FOR_NOW);
        } catch (InvalidStateStoreException e) {
            return Outcome.WAITS;
        }
        if (artifact.isEmpty()) {
            return Outcome.WAITS;
        }
        try {
            all.checkSignature(policy, promotion.sha256());
        } catch (UntrustedException e) {
            return refuse(next, String.valueOf(e.getMessage()), Outcome.REFUSED_FOR_NOW);
        }
        return intake.take(check, artifact.get().bytes(), promotion.sha256(), promotion.evidence())
                .fold(
                        accepted -> install(next, accepted),
                        refusal -> refusal.cause() == IntakeOutcome.Cause.FILE
                                ? refuseFile(next, refusal.reason())
                                : refuse(next, refusal.reason(), Outcome.REFUSED_FOR_NOW));
    }

    private Outcome install(Pending next, IntakeOutcome.Accepted accepted) {
        Promotion promotion = next.promotion;
        try {
            Experts.of(accepted.policy().metadata().extra());
        } catch (IllegalArgumentException e) {
            accepted.policy().close();
            return refuseFile(next, String.valueOf(e.getMessage()));
        }
        // Not installed is out of date already, or the directory is closing: no need to try again.
        return slot.install(promotion.epoch(), accepted.policy(), promotion.effectiveFromMs())
                ? installed(next)
                : Outcome.SETTLED;
    }

    private Outcome installed(Pending next) {
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
        return Outcome.SETTLED;
    }

    /** Refuses a promotion whose file is bad, whoever promotes it. */
    private Outcome refuseFile(Pending next, String reason) {
        refusedFiles.put(next.promotion.sha256(), reason);
        return refuse(next, reason, Outcome.SETTLED);
    }

    private Outcome refuse(Pending next, String reason, Outcome outcome) {
        metrics.modelsRejected.increment();
        String kept = slot.newestEpoch().map(epoch -> "promotion " + epoch).orElse("no model");
        LOG.warn(
                "Kept {}: model {} of promotion {} is refused: {}",
                kept,
                next.promotion.sha256(),
                next.promotion.epoch(),
                reason);
        acknowledge(next, false, reason);
        return outcome;
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
