package dev.understudy.streams;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Envelope;
import dev.understudy.domain.Experts;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicyName;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Sample;
import dev.understudy.domain.SampleCodec;
import dev.understudy.model.ModelMetadata;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.RolloutStep;
import dev.understudy.schemas.SampleCodecs;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UndecodableException;
import dev.understudy.schemas.UnderstudySerdes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * Answers observations in micro-batches. The entities of a batch are written to their store once per batch; what waits
 * for one lies in {@link WaitingSlots}.
 *
 * <p>Every observation ends as a decision, as a duplicate that is dropped, or as a dead letter.
 */
final class DecisionProcessor<S extends Sample> implements Processor<byte[], byte[], byte[], byte[]> {
    static final String ENTITIES = "entities";
    static final String WAITING = "waiting";
    static final String DECISIONS_SINK = "decisions";
    static final String ROLLOUTS_SINK = "rollouts";
    static final String DEAD_LETTERS_SINK = "dead-letters";

    private static final float[] NOTHING = {};
    private static final Duration FUTURE = Duration.ofMinutes(1);

    /** How often it looks for what is left over: what waited when the task moved. */
    private static final Duration LOOK = Duration.ofMillis(100);

    /**
     * Most bytes of a key and a value together that are taken in; what is larger would fit neither into the store's
     * changelog nor, whole, into a dead letter, and end the instance.
     */
    static final int MOST_BYTES = 512 * 1024;

    private final ServingConfig config;
    private final ServingMetrics metrics;
    private final Policies<S> policies;
    private final PolicyDirectories directories;
    private final DomainTopics topics;
    private final String suffix;
    private final SampleCodec<S> samples;
    private final Serializer<Decision> decisions = UnderstudySerdes.decision().serializer();
    private final Serializer<RolloutStep> rollouts = UnderstudySerdes.rollout().serializer();
    private final Serializer<DeadLetter> deadLetters =
            UnderstudySerdes.deadLetter().serializer();
    private final Map<String, Answering<S>> answeringOf = new LinkedHashMap<>();
    private final Map<String, Set<Actor>> expertsOf = new HashMap<>();
    private final WaitingSlots waiting;
    private final List<Row<S>> batch = new ArrayList<>();
    private final RememberedEntities<S> entities;
    private ProcessorContext<byte[], byte[]> context;
    private Polled polled = Polled.of(Map.of());
    private TopicPartition partition;

    /** What all policies of one spec are answered with: rows of one width. */
    private record Answering<S extends Sample>(PolicySpec<S> spec, Envelope<S> envelope, BatchScorer scorer) {}

    /** An observation of the batch under way, and the policy of its episode. */
    private static final class Row<S extends Sample> {
        final Waiting source;
        final S sample;
        final EntityEntry<S> entry;
        final PolicyName policy;
        final Answering<S> by;
        /** Its number at the scorer, -1 where the input is unusable, which then has its reason. */
        int index = -1;

        String reason = "";

        Row(Waiting source, S sample, EntityEntry<S> entry, PolicyName policy, Answering<S> by) {
            this.source = source;
            this.sample = sample;
            this.entry = entry;
            this.policy = policy;
            this.by = by;
        }
    }

    /** @param suffix of the names of its stores and sinks */
    DecisionProcessor(
            ServingConfig config,
            Policies<S> policies,
            String suffix,
            PolicyDirectories directories,
            ServingMetrics metrics) {
        this.config = config;
        this.metrics = metrics;
        this.policies = policies;
        this.directories = directories;
        this.suffix = suffix;
        topics = DomainTopics.of(policies.domain());
        samples = SampleCodecs.of(policies.domain().sampleType());
        for (PolicySpec<S> spec : policies.specs()) {
            answeringOf.put(spec.name(), new Answering<>(spec, spec.envelope(), new BatchScorer(spec, metrics)));
        }
        waiting = new WaitingSlots(config.batching().records());
        entities = new RememberedEntities<>(policies, config.bounds().entities());
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> initialised) {
        context = initialised;
        // Kafka Streams revives a corrupted task with the processors it had: what they remember is not in the stores.
        waiting.restore(initialised.getStateStore(WAITING + suffix));
        entities.restore(initialised.getStateStore(ENTITIES + suffix));
        polled = Polled.of(initialised.appConfigs());
        partition =
                new TopicPartition(topics.observations(), initialised.taskId().partition());
        Duration wait = config.batching().longestWait();
        initialised.schedule(wait.isZero() ? LOOK : wait, PunctuationType.WALL_CLOCK_TIME, nowMs -> flush());
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        if (waiting.isFull()) {
            flush();
        }
        metrics.observed.increment();
        Waiting one = Waiting.of(context.recordMetadata().orElseThrow(), record);
        if (one.length() > MOST_BYTES) {
            dead(
                    one.cut(MOST_BYTES / 2),
                    "expected an observation of at most %d bytes, got a key of %d and a value of %d (only their start is kept)"
                            .formatted(MOST_BYTES, Waiting.length(one.key()), Waiting.length(one.value())),
                    context.currentSystemTimeMs());
        } else {
            waiting.add(one);
        }
        if (waiting.isFull() || isLastOfItsPoll(one)) {
            flush();
        }
    }

    /** Returns whether waiting would bring no fuller batch: nothing that was read with it is left. */
    private boolean isLastOfItsPoll(Waiting one) {
        return config.batching().longestWait().isZero() && polled.isLast(partition, one.offset());
    }

    /** Decides everything that waits. */
    private void flush() {
        List<Waiting> all = waiting.all();
        if (all.isEmpty()) {
            return;
        }
        batch.clear();
        answeringOf.values().forEach(each -> each.scorer.begin(all.size()));
        long nowMs = context.currentSystemTimeMs();
        for (Waiting one : all) {
            observe(one, nowMs);
        }
        answeringOf.values().forEach(each -> each.scorer.score());
        for (Row<S> row : batch) {
            decide(row, nowMs);
        }
        entities.store();
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
        EntityEntry<S> entry = entities.of(entity);
        PolicyName policy = entry.policyOf(sample);
        Answering<S> by = policy == null ? null : answeringOf.get(policy.spec());
        if (policy == null || by == null) {
            dead(
                    one,
                    "%s: expected an episode of %s, got %s of entity %s with label '%s'"
                            .formatted(
                                    GeneralRefusal.OTHER_POLICY,
                                    policies,
                                    sample.episode(),
                                    sample.entity(),
                                    sample.label()),
                    nowMs);
            return;
        }
        entry.isKnown = true;
        Row<S> row = new Row<>(one, sample, entry, policy, by);
        if (entry.wasSeen(sample)) {
            // Taken in before a crash, yet its decision may have been lost with it: decide it again.
            if (one.offset() > entry.offset || (!one.restored() && waiting.wasRestored(one.offset()))) {
                metrics.duplicates.increment();
                return;
            }
            metrics.decidedAgain.increment();
            batch.add(row);
            row.reason = observeAgain(row);
            return;
        }
        entry.offset = Math.max(entry.offset, one.offset());
        batch.add(row);
        row.reason = admit(row, nowMs);
    }

    /** Says of an observation that its time or sequence disagrees with that of its episode. */
    private String jumped(Row<S> row) {
        S sample = row.sample;
        return "%s: expected a time near %d and a sequence near %d, those of the episode so far, got %d and %d"
                .formatted(
                        GeneralRefusal.TIME_JUMP,
                        row.entry.timeMs(sample.episode()),
                        row.entry.newest(sample.episode()),
                        sample.timeMs(),
                        sample.sequence());
    }

    /** Takes note of an observation and gives it to the scorer; returns why not, empty if it could be used. */
    private String admit(Row<S> row, long nowMs) {
        S sample = row.sample;
        EntityEntry<S> entry = row.entry;
        boolean isBelieved = entry.take(sample, row.policy, row.source.sentMs(sample));
        if (sample.timeMs() > nowMs + FUTURE.toMillis()) {
            return "event time lies %d ms in the future".formatted(sample.timeMs() - nowMs);
        }
        if (!isBelieved) {
            return jumped(row);
        }
        if (sample.sequence() < entry.newest(sample.episode())) {
            return "out of order: sequence %d came after %d"
                    .formatted(sample.sequence(), entry.newest(sample.episode()));
        }
        ModelDirectory directory = directories.answering(row.policy, sample.timeMs());
        Featuriser<S> featuriser = entry.featuriser(row.by.spec, experts(directory, sample, entry));
        boolean expert = entry.experts().contains(sample.actor());
        BatchScorer scorer = row.by.scorer;
        return add(
                row,
                directory,
                featuriser.observe(sample, expert, scorer.observations(), scorer.next(), Featuriser.Steps.none()));
    }

    private String observeAgain(Row<S> row) {
        S sample = row.sample;
        if (!row.entry.goesOn(sample, row.source.sentMs(sample))) {
            return jumped(row);
        }
        Featuriser<S> featuriser = row.entry.featuriserAgain(row.by.spec);
        boolean expert = row.entry.experts().contains(sample.actor());
        BatchScorer scorer = row.by.scorer;
        return add(
                row,
                directories.answering(row.policy, sample.timeMs()),
                featuriser.observeAgain(sample, expert, scorer.observations(), scorer.next()));
    }

    private String add(Row<S> row, ModelDirectory directory, @Nullable Refusal refusal) {
        if (refusal != null && refusal.kind() == Refusal.Kind.INPUT) {
            return refusal.text();
        }
        boolean isAsked = row.by.spec.asks(row.sample);
        row.index = row.by.scorer.add(directory, row.sample, isAsked && refusal == null);
        return isAsked ? "" : "context: no policy is asked about it";
    }

    /** Returns whom the model that answers a sample learned from; where none does, whom the entity was observed by. */
    private Set<Actor> experts(ModelDirectory directory, S sample, EntityEntry<S> entry) {
        ModelMetadata metadata = directory.slot().metadata(sample.timeMs());
        if (metadata == null) {
            return entry.experts();
        }
        String text = metadata.extra().get(Experts.KEY);
        return text == null ? Experts.DEFAULT : expertsOf.computeIfAbsent(text, Experts::parse);
    }

    private void decide(Row<S> row, long nowMs) {
        S sample = row.sample;
        PolicySpec<S> spec = row.by.spec;
        BatchScorer scorer = row.by.scorer;
        BatchScorer.Stamp stamp = row.index < 0 ? null : scorer.stamp(row.index);
        Decision.Kind kind = row.index < 0 ? Decision.Kind.FALLBACK_INPUT : scorer.kind(row.index);
        String reason = row.reason;
        float[] raw = NOTHING;
        double logProbability = Double.NaN;
        float[] action = new float[spec.actionSize()];
        if (kind == Decision.Kind.POLICY) {
            if (config.recording() == Recording.DRAWN) {
                scorer.draw(row.index, sample);
            }
            raw = scorer.action(row.index);
            logProbability = scorer.logProbability(row.index);
            System.arraycopy(raw, 0, action, 0, raw.length);
            if (config.recording() == Recording.DRAWN) {
                scorer.clip(action);
            }
            String replaced = row.by.envelope.judge(
                    sample, action, row.entry.action(spec), sample.timeMs() - row.entry.actionTimeMs);
            if (replaced != null) {
                kind = Decision.Kind.FALLBACK_ENVELOPE;
                reason = replaced;
            }
        } else if (spec.asks(sample)) {
            row.by.envelope.fallback(sample, action);
        }
        if (row.index >= 0 && spec.asks(sample)) {
            row.entry.act(spec, action, sample.timeMs());
        }
        String text = scorer.text(action);
        Decision decision = new Decision(
                sample.entity(),
                sample.episode(),
                sample.sequence(),
                sample.timeMs(),
                stamp == null ? row.policy.toString() : stamp.policy(),
                stamp == null ? 0 : stamp.epoch(),
                stamp == null || raw.length == 0 ? "" : stamp.sha256(),
                text == null ? raw : NOTHING,
                text == null ? action : NOTHING,
                kind,
                reason,
                logProbability,
                text,
                kind == Decision.Kind.POLICY ? scorer.seed(row.index) : null,
                row.source.timestampMs(),
                nowMs,
                config.instance());
        metrics.decided(kind, 1);
        forward(row.source, decisions.serialize(topics.decisions(), decision), nowMs, DECISIONS_SINK);
        if (config.recording() != Recording.OFF && raw.length > 0) {
            record(row, decision, nowMs);
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
                row.by.scorer.observation(row.index),
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
        context.forward(new Record<>(one.key(), value, nowMs), sink + suffix);
    }
}
