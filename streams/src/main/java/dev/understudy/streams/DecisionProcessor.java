package dev.understudy.streams;

import dev.understudy.driving.Actor;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.Envelope;
import dev.understudy.driving.FollowingFeaturiser;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.RejectReason;
import dev.understudy.driving.SampleCheck;
import dev.understudy.driving.StepGrid;
import dev.understudy.model.ModelSlot;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Rollout;
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
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.Deserializer;
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
 * The vehicles of a batch are written to their store once per batch.
 *
 * <p>Every observation ends as a decision, as a duplicate that is dropped, or as a dead letter.
 */
final class DecisionProcessor implements Processor<byte[], byte[], byte[], byte[]> {
    static final String VEHICLES = "vehicles";
    static final String WAITING = "waiting";
    static final String DECISIONS_SINK = "decisions";
    static final String ROLLOUTS_SINK = "rollouts";
    static final String DEAD_LETTERS_SINK = "dead-letters";

    private static final Bytes GENERATION = Bytes.wrap("generation".getBytes(StandardCharsets.UTF_8));
    private static final Duration FUTURE = Duration.ofMinutes(1);

    /**
     * Most bytes of a key and a value together that are taken in; what is larger would fit neither into the store's
     * changelog nor, whole, into a dead letter, and end the instance.
     */
    static final int MOST_BYTES = 512 * 1024;

    private final ServingConfig config;
    private final ServingMetrics metrics;
    private final BatchScorer scorer;
    private final Envelope envelope = new Envelope();
    private final Deserializer<FollowingSample> samples =
            UnderstudySerdes.following().deserializer();
    private final Serializer<Decision> decisions = UnderstudySerdes.decision().serializer();
    private final Serializer<Rollout> rollouts = UnderstudySerdes.rollout().serializer();
    private final Serializer<DeadLetter> deadLetters =
            UnderstudySerdes.deadLetter().serializer();
    private final List<Waiting> waiting = new ArrayList<>();
    private final List<Row> batch = new ArrayList<>();
    private final Map<Bytes, VehicleEntry> touched = new LinkedHashMap<>();
    private final Map<Bytes, VehicleEntry> remembered;
    private final Set<Long> restored = new HashSet<>();
    private final float[] proposed = new float[CarFollowing.ACTION_SIZE];
    private final Bytes[] slots;
    private long generation;
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<Bytes, byte[]> vehicles;
    private KeyValueStore<Bytes, byte[]> waitingStore;

    /**
     * An observation of the batch under way; {@code index} is its row at the scorer, or -1 if the input is unusable.
     */
    private record Row(Waiting source, FollowingSample sample, VehicleEntry entry, int index, String reason) {}

    DecisionProcessor(ServingConfig config, ModelSlot slot, ServingMetrics metrics) {
        this.config = config;
        this.metrics = metrics;
        scorer = new BatchScorer(slot, metrics);
        slots = new Bytes[config.batchRecords()];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = slot(i);
        }
        remembered = new LinkedHashMap<>(1024, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Bytes, VehicleEntry> eldest) {
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
        vehicles = initialised.getStateStore(VEHICLES);
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
        for (Row row : batch) {
            decide(row, nowMs);
        }
        touched.forEach((vehicle, entry) -> vehicles.put(vehicle, entry.toBytes()));
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
        FollowingSample sample;
        try {
            sample = samples.deserialize(one.topic(), one.value());
        } catch (UndecodableException e) {
            dead(one, String.valueOf(e.getMessage()), nowMs);
            return;
        }
        Bytes vehicle = Bytes.wrap(one.key() == null ? sample.vehicle().getBytes(StandardCharsets.UTF_8) : one.key());
        VehicleEntry entry = touched.computeIfAbsent(vehicle, this::entry);
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

    /** An observation whose time disagrees with that of its trip. */
    private static Row jumped(Waiting one, FollowingSample sample, VehicleEntry entry) {
        return unusable(
                one,
                sample,
                entry,
                "%s: expected a time near %d, that of the observation before, got %d"
                        .formatted(RejectReason.TIME_JUMP, entry.timeMs(sample.trip()), sample.timeMs()));
    }

    private Row admitted(Waiting one, FollowingSample sample, VehicleEntry entry, long nowMs) {
        boolean isBelieved = entry.take(sample, one.sentMs(sample));
        if (sample.timeMs() > nowMs + FUTURE.toMillis()) {
            return unusable(
                    one, sample, entry, "event time lies %d ms in the future".formatted(sample.timeMs() - nowMs));
        }
        if (!isBelieved) {
            return jumped(one, sample, entry);
        }
        if (sample.sequence() < entry.newest(sample.trip())) {
            return unusable(
                    one,
                    sample,
                    entry,
                    "out of order: sequence %d came after %d"
                            .formatted(sample.sequence(), entry.newest(sample.trip())));
        }
        if (entry.grid.arrive(sample)) {
            FollowingFeaturiser.breakHistory(entry.memory);
        }
        FollowingSample previous = entry.measured(sample.trip());
        if (previous != null && sample.timeMs() <= previous.timeMs()) {
            return unusable(
                    one,
                    sample,
                    entry,
                    "event time ran backwards: expected more than %d, got %d"
                            .formatted(previous.timeMs(), sample.timeMs()));
        }
        Optional<RejectReason> fault = SampleCheck.check(previous, sample);
        if (fault.isPresent()) {
            return unusable(one, sample, entry, fault.get().name());
        }
        if (entry.grid.isTooSlow()) {
            FollowingFeaturiser.breakHistory(entry.memory);
            return unusable(
                    one,
                    sample,
                    entry,
                    "%s: expected an observation each %d ms at least, got one each %d ms"
                            .formatted(RejectReason.RATE_TOO_LOW, StepGrid.SLOWEST_MS, entry.grid.usualIntervalMs()));
        }
        boolean enough = step(previous, sample, entry);
        entry.measure(sample);
        return new Row(one, sample, entry, scorer.add(sample.timeMs(), enough), "");
    }

    /**
     * Takes the steps of the grid up to an observation into the memory of its vehicle and writes the features of the
     * observation itself; returns whether they may be used.
     */
    private boolean step(@Nullable FollowingSample previous, FollowingSample sample, VehicleEntry entry) {
        boolean enough = false;
        boolean itself = false;
        FollowingSample before = previous;
        for (FollowingSample point : entry.grid.points(previous, sample, entry.grid.joins(previous, sample))) {
            FollowingFeaturiser.arrive(
                    entry.memory, before == null ? null : before.trip(), before == null ? 0 : before.timeMs(), point);
            enough = observe(point, entry.memory);
            itself = point.timeMs() == sample.timeMs();
            before = point;
        }
        return itself
                ? enough
                : FollowingFeaturiser.observeBetween(
                        entry.memory,
                        entry.grid.secondsSincePoint(sample.timeMs()),
                        sample.speedMetersPerSecond(),
                        sample.gapMeters(),
                        sample.leaderSpeedMetersPerSecond(),
                        scorer.observations(),
                        scorer.offset());
    }

    private boolean observe(FollowingSample sample, float[] memory) {
        return FollowingFeaturiser.observe(
                memory,
                sample.speedMetersPerSecond(),
                sample.gapMeters(),
                sample.leaderSpeedMetersPerSecond(),
                sample.actor() == Actor.HUMAN || sample.actor() == Actor.ASSISTANCE,
                scorer.observations(),
                scorer.offset());
    }

    private Row decidedAgain(Waiting one, FollowingSample sample, VehicleEntry entry) {
        if (!entry.goesOn(sample, one.sentMs(sample))) {
            return jumped(one, sample, entry);
        }
        Optional<RejectReason> fault = SampleCheck.check(null, sample);
        return fault.isPresent()
                ? unusable(one, sample, entry, fault.get().name())
                : new Row(one, sample, entry, scorer.add(sample.timeMs(), observe(sample, entry.memory.clone())), "");
    }

    private static Row unusable(Waiting one, FollowingSample sample, VehicleEntry entry, String reason) {
        return new Row(one, sample, entry, -1, reason);
    }

    private VehicleEntry entry(Bytes vehicle) {
        VehicleEntry entry = remembered.get(vehicle);
        if (entry == null) {
            byte[] stored = vehicles.get(vehicle);
            entry = stored == null ? new VehicleEntry() : VehicleEntry.fromBytes(stored);
            remembered.put(vehicle, entry);
        }
        return entry;
    }

    private void decide(Row row, long nowMs) {
        FollowingSample sample = row.sample;
        BatchScorer.Stamp stamp = row.index < 0 ? null : scorer.stamp(row.index);
        Decision.Kind kind = row.index < 0 ? Decision.Kind.FALLBACK_INPUT : scorer.kind(row.index);
        String reason = row.reason;
        float[] raw = {};
        double logProbability = Double.NaN;
        float action;
        if (kind == Decision.Kind.POLICY) {
            if (config.recording() == Recording.DRAWN && stamp != null) {
                scorer.explore(
                        row.index,
                        Exploration.normal(sample.vehicle(), sample.trip(), sample.sequence(), stamp.sha256()));
            }
            raw = new float[] {scorer.action(row.index)};
            logProbability = scorer.logProbability(row.index);
            proposed[0] = config.recording() == Recording.DRAWN ? Exploration.clipped(raw[0]) : raw[0];
            Envelope.Verdict verdict = envelope.apply(
                    proposed,
                    sample.speedMetersPerSecond(),
                    sample.gapMeters(),
                    sample.leaderSpeedMetersPerSecond(),
                    row.entry.action,
                    sample.timeMs() - row.entry.actionTimeMs);
            action = verdict.acceleration();
            if (verdict instanceof Envelope.Fallback fallback) {
                kind = Decision.Kind.FALLBACK_ENVELOPE;
                reason = fallback.reason().name();
            }
        } else {
            action = envelope.fallbackAcceleration(
                    sample.speedMetersPerSecond(), sample.gapMeters(), sample.leaderSpeedMetersPerSecond());
        }
        if (row.index >= 0) {
            row.entry.action = action;
            row.entry.actionTimeMs = sample.timeMs();
        }
        Decision decision = new Decision(
                sample.vehicle(),
                sample.trip(),
                sample.sequence(),
                sample.timeMs(),
                CarFollowing.POLICY,
                stamp == null ? 0 : stamp.epoch(),
                stamp == null || raw.length == 0 ? "" : stamp.sha256(),
                raw,
                new float[] {action},
                kind,
                reason,
                logProbability,
                row.source.timestampMs(),
                nowMs,
                config.instance());
        metrics.decided(kind, 1);
        forward(row.source, decisions.serialize(Topics.DECISIONS, decision), nowMs, DECISIONS_SINK);
        if (config.recording() != Recording.OFF && raw.length > 0) {
            record(row, decision, nowMs);
        }
    }

    /** Writes the step of a policy that was asked: its own, or the envelope's, which ends what the policy drove. */
    private void record(Row row, Decision decision, long nowMs) {
        boolean own = decision.kind() == Decision.Kind.POLICY;
        Rollout rollout = new Rollout(
                decision.vehicle(),
                decision.trip(),
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
        forward(row.source, rollouts.serialize(Topics.ROLLOUTS, rollout), nowMs, ROLLOUTS_SINK);
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
