package dev.understudy.streams;

import dev.understudy.schemas.Decision;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

/** What a serving instance counts; written by its threads without locks, read by anybody at any time. */
public final class ServingMetrics implements ServingMetricsMXBean {
    private static final int MOST_PAUSES = 10_000;

    final LongAdder observed = new LongAdder();
    final LongAdder duplicates = new LongAdder();
    final LongAdder deadLettered = new LongAdder();
    final LongAdder decidedAgain = new LongAdder();
    final LongAdder recorded = new LongAdder();
    final LongAdder batches = new LongAdder();
    final LongAdder modelsRejected = new LongAdder();
    final LongAdder swaps = new LongAdder();
    final LongAdder unreadable = new LongAdder();
    final LongAdder untrusted = new LongAdder();
    /** Whether a model is being loaded: what slows an event down then is put down to the swap. */
    final AtomicBoolean loading = new AtomicBoolean();

    private final Map<Decision.Kind, LongAdder> decided = new EnumMap<>(Decision.Kind.class);
    private final ConcurrentLinkedDeque<Double> swapPausesMillis = new ConcurrentLinkedDeque<>();
    private final LongAdder pauses = new LongAdder();
    private final LongAccumulator longestBatchNanos = new LongAccumulator(Math::max, 0);

    public ServingMetrics() {
        for (Decision.Kind kind : Decision.Kind.values()) {
            decided.put(kind, new LongAdder());
        }
    }

    /**
     * Every count at one moment.
     *
     * @param observed observations read; each is decided, a duplicate, dead-lettered, or still waits
     * @param decided decisions by what they rest on
     * @param duplicates observations dropped because they were decided before
     * @param deadLettered observations that could not be decoded
     * @param decidedAgain decisions made once more after a crash, part of {@code decided}
     * @param batches batches scored
     * @param swaps promotions that came into service
     * @param modelsRejected promotions that were refused
     * @param unreadable records of the models topics that could not be read
     * @param untrusted records of the models topics that nobody signed who is trusted with them
     */
    public record Snapshot(
            long observed,
            Map<Decision.Kind, Long> decided,
            long duplicates,
            long deadLettered,
            long decidedAgain,
            long batches,
            long swaps,
            long modelsRejected,
            long unreadable,
            long untrusted) {
        public Snapshot {
            decided = Map.copyOf(decided);
        }

        /** Returns the number of decisions of every kind. */
        public long decisions() {
            return decided.values().stream().mapToLong(Long::longValue).sum();
        }

        /** Returns the number of decisions that are not the policy's. */
        public long fallbacks() {
            return decisions() - decided.getOrDefault(Decision.Kind.POLICY, 0L);
        }
    }

    /** Returns every count; those of one record may be taken just before and after it. */
    public Snapshot snapshot() {
        Map<Decision.Kind, Long> kinds = new EnumMap<>(Decision.Kind.class);
        decided.forEach((kind, count) -> kinds.put(kind, count.sum()));
        return new Snapshot(
                observed.sum(),
                kinds,
                duplicates.sum(),
                deadLettered.sum(),
                decidedAgain.sum(),
                batches.sum(),
                swaps.sum(),
                modelsRejected.sum(),
                unreadable.sum(),
                untrusted.sum());
    }

    /**
     * Returns, for each swap and task, how long its slowest batch took from asking for the policy to having the
     * actions, from the beginning of the load to the first answer of the new model; an upper bound on what the swap
     * added.
     */
    public List<Double> swapPausesMillis() {
        return List.copyOf(swapPausesMillis);
    }

    /** Returns how many of these there were so far. */
    public long swapPauses() {
        return pauses.sum();
    }

    /** Returns how long the slowest batch took since this was last asked, in milliseconds; 0 if there was none. */
    public double takeLongestBatchMillis() {
        return longestBatchNanos.getThenReset() / 1e6;
    }

    void batchTook(long nanos) {
        longestBatchNanos.accumulate(nanos);
    }

    void decided(Decision.Kind kind, long count) {
        LongAdder adder = decided.get(kind);
        if (adder != null) {
            adder.add(count);
        }
    }

    void swapPause(long nanos) {
        swapPausesMillis.add(nanos / 1e6);
        if (swapPausesMillis.size() > MOST_PAUSES) {
            swapPausesMillis.poll();
        }
        pauses.increment();
    }

    @Override
    public long getObserved() {
        return observed.sum();
    }

    @Override
    public long getDecided() {
        return snapshot().decisions();
    }

    @Override
    public long getFallbacks() {
        return snapshot().fallbacks();
    }

    @Override
    public long getDuplicates() {
        return duplicates.sum();
    }

    @Override
    public long getDeadLettered() {
        return deadLettered.sum();
    }

    @Override
    public long getRollouts() {
        return recorded.sum();
    }

    @Override
    public long getSwaps() {
        return swaps.sum();
    }

    @Override
    public long getModelsRejected() {
        return modelsRejected.sum();
    }

    @Override
    public long getUntrusted() {
        return untrusted.sum();
    }

    @Override
    public long getUnreadable() {
        return unreadable.sum();
    }

    @Override
    public double getLongestSwapPauseMillis() {
        double[] pauses =
                swapPausesMillis.stream().mapToDouble(Double::doubleValue).toArray();
        return Arrays.stream(pauses).max().orElse(0);
    }
}
