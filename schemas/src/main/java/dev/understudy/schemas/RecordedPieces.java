package dev.understudy.schemas;

import dev.understudy.domain.Refusal;
import dev.understudy.environment.End;
import dev.understudy.environment.Rollout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What policies drove, joined from records of {@code driving.rollouts.v1}. A piece of a trajectory is a run of steps of
 * one vehicle, trip and model whose numbers rise by one; the record after it, whoever drove there, has the observation
 * after its last step. Where there is none, the last step is given up for its observation. No piece is the end of an
 * episode: each went on.
 *
 * @param rollouts the pieces, by the hash of the model that drove them
 * @param refused how many records could not be used, by reason
 */
public record RecordedPieces(SortedMap<String, Rollout> rollouts, Map<Refusal, Integer> refused) {
    /** Why a record is not used. */
    public enum Refusal {
        /** The observation or the action has another length: the policy has another featuriser. */
        OTHER_SIZE,
        /** A number is missing or infinite. */
        NOT_FINITE,
        /** A policy's step without the density of its action, or without the name of the model. */
        NO_DENSITY,
        /** The step is there already. */
        REPEATED,
        /** Nothing is known of what came after the step. */
        NO_NEXT_OBSERVATION
    }

    private static final Comparator<RolloutStep> ORDER = Comparator.comparing(RolloutStep::entity)
            .thenComparing(RolloutStep::episode)
            .thenComparingLong(RolloutStep::sequence);

    public RecordedPieces {
        rollouts = Collections.unmodifiableSortedMap(new TreeMap<>(rollouts));
        refused = Map.copyOf(refused);
    }

    /**
     * Joins records, in whatever order they come.
     *
     * @param observationSize n
     * @param actionSize k
     * @param most steps of a piece; longer ones are cut
     */
    public static RecordedPieces of(Collection<RolloutStep> records, int observationSize, int actionSize, int most) {
        Map<Refusal, Integer> refused = new EnumMap<>(Refusal.class);
        List<RolloutStep> sorted = new ArrayList<>();
        for (RolloutStep record : records) {
            Refusal fault = fault(record, observationSize, actionSize);
            if (fault == null) {
                sorted.add(record);
            } else {
                refused.merge(fault, 1, Integer::sum);
            }
        }
        sorted.sort(ORDER);
        List<RolloutStep> steps = new ArrayList<>();
        for (RolloutStep record : sorted) {
            if (steps.isEmpty() || ORDER.compare(steps.get(steps.size() - 1), record) != 0) {
                steps.add(record);
            } else {
                refused.merge(Refusal.REPEATED, 1, Integer::sum);
            }
        }
        SortedMap<String, Rollout.Builder> builders = new TreeMap<>();
        int from = 0;
        while (from < steps.size()) {
            int to = from;
            while (to < steps.size() && to - from < most && goesOn(steps, from, to)) {
                to++;
            }
            if (to == from) {
                from++; // the envelope's
                continue;
            }
            boolean known = to < steps.size() && follows(steps.get(to - 1), steps.get(to));
            int length = known ? to - from : to - from - 1;
            if (!known) {
                refused.merge(Refusal.NO_NEXT_OBSERVATION, 1, Integer::sum);
            }
            if (length > 0) {
                append(
                        steps.subList(from, from + length + 1),
                        builders.computeIfAbsent(
                                steps.get(from).sha256(),
                                model -> new Rollout.Builder(observationSize, actionSize, steps.size())));
            }
            from = to;
        }
        SortedMap<String, Rollout> rollouts = new TreeMap<>();
        builders.forEach((model, builder) -> rollouts.put(model, builder.build()));
        return new RecordedPieces(rollouts, refused);
    }

    private static @Nullable Refusal fault(RolloutStep record, int observationSize, int actionSize) {
        if (record.observation().length != observationSize || record.action().length != actionSize) {
            return Refusal.OTHER_SIZE;
        }
        if (!finite(record.observation()) || !finite(record.action())) {
            return Refusal.NOT_FINITE;
        }
        boolean own = record.kind() == Decision.Kind.POLICY;
        return own
                        && (!Double.isFinite(record.logProbability())
                                || record.sha256().isEmpty())
                ? Refusal.NO_DENSITY
                : null;
    }

    private static boolean finite(float[] values) {
        for (float value : values) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }

    /** Returns whether step {@code at} goes on with the piece that begins at {@code from}. */
    private static boolean goesOn(List<RolloutStep> steps, int from, int at) {
        RolloutStep step = steps.get(at);
        return step.kind() == Decision.Kind.POLICY
                && step.sha256().equals(steps.get(from).sha256())
                && (at == from || follows(steps.get(at - 1), step));
    }

    private static boolean follows(RolloutStep before, RolloutStep step) {
        return step.entity().equals(before.entity())
                && step.episode().equals(before.episode())
                && step.sequence() == before.sequence() + 1;
    }

    /** Appends a piece; the last of its records is there for its observation only. */
    private static void append(List<RolloutStep> piece, Rollout.Builder builder) {
        int length = piece.size() - 1;
        int n = piece.get(0).observation().length;
        int k = piece.get(0).action().length;
        float[] observed = new float[piece.size() * n];
        float[] done = new float[length * k];
        float[] densities = new float[length];
        for (int i = 0; i <= length; i++) {
            System.arraycopy(piece.get(i).observation(), 0, observed, i * n, n);
            if (i < length) {
                System.arraycopy(piece.get(i).action(), 0, done, i * k, k);
                densities[i] = (float) piece.get(i).logProbability();
            }
        }
        builder.append(observed, 0, done, new float[length], densities, 0, length, End.RUNNING);
    }
}
