package dev.understudy.streams;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Envelope;
import dev.understudy.domain.Experts;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Sample;
import dev.understudy.domain.SampleCodec;
import dev.understudy.environment.ActionSpace;
import dev.understudy.model.ModelMetadata;
import dev.understudy.model.ModelSlot;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.RolloutStep;
import dev.understudy.schemas.SampleCodecs;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UndecodableException;
import dev.understudy.schemas.UnderstudySerdes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Answers observations in micro-batches. What waits for a batch lies in the slots of a cached, logged store, so an
 * offset is never committed for an observation that is neither decided nor stored; a restored task scores those first.
 * The entities of a batch are written to their store once per batch.
 *
 * <p>Every observation ends as a decision, as a duplicate that is dropped, or as a dead letter.
 */
final class DecisionProcessor<S extends Sample> implements Processor<byte[], byte[], byte[], byte[]> {
    static final String ENTITIES = "entities";
    static final String WAITING = "waiting";
    static final String DECISIONS_SINK = "decisions";
    static final String ROLLOUTS_SINK = "rollouts";
    static final String DEAD_LETTERS_SINK = "dead-letters";

    private static final Bytes GENERATION = Bytes.wrap("generation".getBytes(StandardCharsets.UTF_8));
    private static final float[] NOTHING = {};
    private static final Duration FUTURE = Duration.ofMinutes(1);

    /**
     * Most bytes of a key and a value together that are taken in; what is larger would fit neither into the store's
     * changelog nor, whole, into a dead letter, and end the instance.
     */
    static final int MOST_BYTES = 512 * 1024;

    private final ServingConfig config;
    private final ServingMetrics metrics;
    private final BatchScorer scorer;
    private final PolicySpec<S> spec;
    private final ModelSlot slot;
    private final DomainTopics topics;
    private final Envelope<S> envelope;
    private final SampleCodec<S> samples;
    private final Serializer<Decision> decisions = UnderstudySerdes.decision().serializer();
    private final Serializer<RolloutStep> rollouts = UnderstudySerdes.rollout().serializer();
    private final Serializer<DeadLetter> deadLetters =
            UnderstudySerdes.deadLetter().serializer();
    private final List<Waiting> waiting = new ArrayList<>();
    private final List<Row<S>> batch = new ArrayList<>();
    private final Map<Bytes, EntityEntry<S>> touched = new LinkedHashMap<>();
    private final Map<Bytes, EntityEntry<S>> remembered;
    private final Set<Long> restored = new HashSet<>();
    private final Bytes[] slots;
    private long generation;
    private @Nullable ModelMetadata obeyed;
    private Set<Actor> experts = Experts.DEFAULT;
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<Bytes, byte[]> entities;
    private KeyValueStore<Bytes, byte[]> waitingStore;

    /**
     * An observation of the batch under way; {@code index} is its row at the scorer, or -1 if the input is unusable.
     */
    private record Row<S extends Sample>(Waiting source, S sample, EntityEntry<S> entry, int index, String reason) {}

    DecisionProcessor(ServingConfig config, PolicySpec<S> spec, ModelSlot slot, ServingMetrics metrics) {
        this.config = config;
        this.metrics = metrics;
        this.spec = spec;
        this.slot = slot;
        topics = DomainTopics.of(spec.domain());
        envelope = spec.envelope();
        samples = SampleCodecs.of(spec.domain().sampleType());
        scorer = new BatchScorer(spec, slot, metrics);
        slots = new Bytes[config.batchRecords()];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = slot(i);
        }
        remembered = new LinkedHashMap<>(1024, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Bytes, EntityEntry<S>> eldest) {
                return size() > config.mostVehicles();
            }
        };
    }

    private static Bytes slot(int index) {
        return Bytes.wrap(ByteBuffer.allocate(Integer.BYTES).putInt(index).array());
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> initialised) {
        context = initialised;
        entities = initialised.getStateStore(ENTITIES);
        waitingStore = initialised.getStateStore(WAITING);
        // Kafka Streams revives a corrupted task with the processors it had: what they remember is not in the stores.
        waiting.clear();
        restored.clear();
        remembered.clear();
        restore();
        initialised.schedule(config.batchWait(), PunctuationType.WALL_CLOCK_TIME, now -> flush());
    }

    private void restore() {
        byte[] current = waitingStore.get(GENERATION);
        generation = current == null ? 0 : ByteBuffer.wrap(current).getLong();
        for (int i = 0; ; i++) {
            byte[] stored = waitingStore.get(slot(i));
            Waiting one = stored == null ? null : Waiting.fromSlot(stored, generation);
            if (one == null) {
                return;
            }
            waiting.add(one);
            restored.add(one.offset());
        }
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        if (waiting.size() >= slots.length) {
            flush();
        }
        RecordMetadata from = context.recordMetadata().orElseThrow();
        metrics.observed.increment();
        if (length(record.key()) + length(record.value()) > MOST_BYTES) {
            tooLarge(record, from);
            return;
        }
        Waiting one = new Waiting(
                from.topic(), from.partition(), from.offset(), record.timestamp(), record.key(), record.value(), false);
        waitingStore.put(slots[waiting.size()], one.toSlot(generation));
        waiting.add(one);
        if (waiting.size() == slots.length) {
            flush();
        }
    }

    private static int length(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    /** Gives up a record of which no more than the beginning can be kept. */
    private void tooLarge(Record<byte[], byte[]> record, RecordMetadata from) {
        byte[] key = start(record.key());
        Waiting cut = new Waiting(
                from.topic(), from.partition(), from.offset(), record.timestamp(), key, start(record.value()), false);
        dead(
                cut,
                "expected an observation of at most %d bytes, got a key of %d and a value of %d (only their start is kept)"
                        .formatted(MOST_BYTES, length(record.key()), length(record.value())),
                context.currentSystemTimeMs());
    }

    private static byte @Nullable [] start(byte @Nullable [] bytes) {
        return bytes == null ? null : Arrays.copyOf(bytes, Math.min(bytes.length, MOST_BYTES / 2));
    }

    /** Decides everything that waits. */
    private void flush() {
        if (waiting.isEmpty()) {
            return;
        }
        batch.clear();
        touched.clear();
        scorer.begin(waiting.size());
        long nowMs = context.currentSystemTimeMs();
        for (Waiting one : waiting) {
            observe(one, nowMs);
        }
        scorer.score();
        for (Row<S> row : batch) {
            decide(row, nowMs);
        }
        touched.forEach((entity, entry) -> entities.put(entity, entry.toBytes()));
        generation++;
        waitingStore.put(
                GENERATION, ByteBuffer.allocate(Long.BYTES).putLong(generation).array());
        waiting.clear();
        metrics.batches.increment();
    }

    /** Decodes an observation, drops it if it is a duplicate, and adds its features to the batch. */
    private void observe(Waiting one, long nowMs) {
        if (one.value() == null) {
            dead(one, "expected an observation, got a record without a value", nowMs);
            return;
        }
        S sample;
        try {
            sample = samples.decode(one.value());
        } catch (UndecodableException e) {
            dead(one, String.valueOf(e.getMessage()), nowMs);
            return;
        }
        Bytes entity = Bytes.wrap(one.key() == null ? sample.entity().getBytes(StandardCharsets.UTF_8) : one.key());
        EntityEntry<S> entry = touched.computeIfAbsent(entity, this::entry);
        if (entry.wasSeen(sample)) {
            // Taken in before a crash, yet its decision may have been lost with it: decide it again.
            if (one.offset() > entry.offset || (!one.restored() && restored.contains(one.offset()))) {
                metrics.duplicates.increment();
                return;
            }
            metrics.decidedAgain.increment();
            batch.add(decidedAgain(one, sample, entry));
            return;
        }
        entry.offset = Math.max(entry.offset, one.offset());
        batch.add(admitted(one, sample, entry, nowMs));
    }

    /** An observation whose time or sequence disagrees with that of its episode. */
    private Row<S> jumped(Waiting one, S sample, EntityEntry<S> entry) {
        return unusable(
                one,
                sample,
                entry,
                "%s: expected a time near %d and a sequence near %d, those of the episode so far, got %d and %d"
                        .formatted(
                                GeneralRefusal.TIME_JUMP,
                                entry.timeMs(sample.episode()),
                                entry.newest(sample.episode()),
                                sample.timeMs(),
                                sample.sequence()));
    }

    private Row<S> admitted(Waiting one, S sample, EntityEntry<S> entry, long nowMs) {
        Featuriser<S> featuriser = entry.featuriser(experts(sample, entry));
        boolean isBelieved = entry.take(sample, one.sentMs(sample));
        if (sample.timeMs() > nowMs + FUTURE.toMillis()) {
            return unusable(
                    one, sample, entry, "event time lies %d ms in the future".formatted(sample.timeMs() - nowMs));
        }
        if (!isBelieved) {
            return jumped(one, sample, entry);
        }
        if (sample.sequence() < entry.newest(sample.episode())) {
            return unusable(
                    one,
                    sample,
                    entry,
                    "out of order: sequence %d came after %d"
                            .formatted(sample.sequence(), entry.newest(sample.episode())));
        }
        boolean expert = entry.experts().contains(sample.actor());
        return row(
                one,
                sample,
                entry,
                featuriser.observe(sample, expert, scorer.observations(), scorer.next(), Featuriser.Steps.none()));
    }

    private Row<S> decidedAgain(Waiting one, S sample, EntityEntry<S> entry) {
        if (!entry.goesOn(sample, one.sentMs(sample))) {
            return jumped(one, sample, entry);
        }
        Featuriser<S> featuriser = entry.featuriser(entry.experts());
        boolean expert = entry.experts().contains(sample.actor());
        return row(one, sample, entry, featuriser.observeAgain(sample, expert, scorer.observations(), scorer.next()));
    }

    private Row<S> row(Waiting one, S sample, EntityEntry<S> entry, @Nullable Refusal refusal) {
        return refusal != null && refusal.kind() == Refusal.Kind.INPUT
                ? unusable(one, sample, entry, refusal.text())
                : new Row<>(one, sample, entry, scorer.add(sample.timeMs(), refusal == null), "");
    }

    /** Returns whom the model that answers a sample learned from; where none does, whom the entity was observed by. */
    @SuppressWarnings("ReferenceEquality") // one and the same until another model answers
    private Set<Actor> experts(S sample, EntityEntry<S> entry) {
        ModelMetadata metadata = slot.metadata(sample.timeMs());
        if (metadata == null) {
            return entry.experts();
        }
        if (metadata != obeyed) {
            experts = Experts.of(metadata.extra());
            obeyed = metadata;
        }
        return experts;
    }

    private static <S extends Sample> Row<S> unusable(Waiting one, S sample, EntityEntry<S> entry, String reason) {
        return new Row<>(one, sample, entry, -1, reason);
    }

    private EntityEntry<S> entry(Bytes entity) {
        EntityEntry<S> entry = remembered.get(entity);
        if (entry == null) {
            byte[] stored = entities.get(entity);
            entry = stored == null ? new EntityEntry<>(spec) : EntityEntry.fromBytes(stored, spec);
            remembered.put(entity, entry);
        }
        return entry;
    }

    private void decide(Row<S> row, long nowMs) {
        S sample = row.sample;
        BatchScorer.Stamp stamp = row.index < 0 ? null : scorer.stamp(row.index);
        Decision.Kind kind = row.index < 0 ? Decision.Kind.FALLBACK_INPUT : scorer.kind(row.index);
        String reason = row.reason;
        float[] raw = NOTHING;
        double logProbability = Double.NaN;
        float[] action = new float[spec.actionSize()];
        if (kind == Decision.Kind.POLICY) {
            if (config.recording() == Recording.DRAWN && stamp != null) {
                explore(row.index, sample, stamp.sha256());
            }
            raw = scorer.action(row.index);
            logProbability = scorer.logProbability(row.index);
            System.arraycopy(raw, 0, action, 0, raw.length);
            if (config.recording() == Recording.DRAWN) {
                scorer.clip(action);
            }
            String replaced =
                    envelope.judge(sample, action, row.entry.action, sample.timeMs() - row.entry.actionTimeMs);
            if (replaced != null) {
                kind = Decision.Kind.FALLBACK_ENVELOPE;
                reason = replaced;
            }
        } else {
            envelope.fallback(sample, action);
        }
        if (row.index >= 0) {
            row.entry.act(action, sample.timeMs());
        }
        Decision decision = new Decision(
                sample.entity(),
                sample.episode(),
                sample.sequence(),
                sample.timeMs(),
                spec.name(),
                stamp == null ? 0 : stamp.epoch(),
                stamp == null || raw.length == 0 ? "" : stamp.sha256(),
                raw,
                action,
                kind,
                reason,
                logProbability,
                row.source.timestampMs(),
                nowMs,
                config.instance());
        metrics.decided(kind, 1);
        forward(row.source, decisions.serialize(topics.decisions(), decision), nowMs, DECISIONS_SINK);
        if (config.recording() != Recording.OFF && raw.length > 0) {
            record(row, decision, nowMs);
        }
    }

    private void explore(int row, S sample, String sha256) {
        if (spec.actions() instanceof ActionSpace.Discrete) {
            scorer.choose(row, Exploration.uniform(sample.entity(), sample.episode(), sample.sequence(), sha256));
            return;
        }
        for (int i = 0; i < spec.actionSize(); i++) {
            scorer.explore(row, i, Exploration.normal(sample.entity(), sample.episode(), sample.sequence(), sha256, i));
        }
    }

    /** Writes the step of a policy that was asked: its own, or the envelope's, which ends what the policy drove. */
    private void record(Row<S> row, Decision decision, long nowMs) {
        boolean own = decision.kind() == Decision.Kind.POLICY;
        RolloutStep rollout = new RolloutStep(
                decision.entity(),
                decision.episode(),
                decision.sequence(),
                decision.eventTimeMs(),
                decision.policy(),
                decision.epoch(),
                decision.sha256(),
                scorer.observation(row.index),
                own ? decision.rawAction() : decision.action(),
                decision.kind(),
                own ? decision.logProbability() : Double.NaN);
        metrics.recorded.increment();
        forward(row.source, rollouts.serialize(topics.rollouts(), rollout), nowMs, ROLLOUTS_SINK);
    }

    private void dead(Waiting one, String reason, long nowMs) {
        metrics.deadLettered.increment();
        DeadLetter letter = new DeadLetter(
                "serving", reason, one.topic(), one.partition(), one.offset(), one.key(), one.value(), nowMs);
        forward(one, deadLetters.serialize(Topics.DEAD_LETTERS, letter), nowMs, DEAD_LETTERS_SINK);
    }

    @SuppressWarnings("NullAway") // a record may go without a key
    private void forward(Waiting one, byte[] value, long nowMs, String sink) {
        context.forward(new Record<>(one.key(), value, nowMs), sink);
    }
}
