package dev.understudy.driving;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns one entity's samples, in order of time and without duplicates, into labelled steps. A pure state machine: all
 * it remembers is in a {@link State} that the caller keeps and can save at any point.
 *
 * <p>Every sample offered comes out exactly once, as a step or as a rejected sample with its reason; the last few come
 * out with a delay, because a label needs {@link AccelerationFilter#REACH} steps of look-ahead. Steps are the points of
 * a {@link StepGrid}: of samples that are closer together than steps, the last one up to a point comes out as its step
 * and the others as {@link RejectReason#RESAMPLED}; where samples are further apart, the points between them come out
 * besides, as {@link Output#between}.
 *
 * <pre>
 * sample -> SampleCheck -> hole in time? end the trajectory -> points of the grid -> featurise -> wait -> label -> step
 *              |                              |                      |                   |
 *           rejected                  waiting: NO_LABEL          RESAMPLED     SHORT_HISTORY, OTHER_EXPERT
 * </pre>
 */
public final class FollowingAssembler {
    /** Receives what becomes of each sample. */
    public interface Output {
        /**
         * Receives a step to learn from. Its sample is the one offered where that is on the grid; else it has the
         * offered sample's names and sequence, and what was between it and the one before at the time of the step.
         */
        void step(LabelledStep step);

        /**
         * Receives a step to learn from that belongs to no sample: samples are further apart than steps. It has the
         * names and the sequence of the sample after it, which is still to come out.
         */
        default void between(LabelledStep step) {
            step(step);
        }

        /** Receives a sample that is not learned from. */
        void rejected(FollowingSample sample, RejectReason reason);
    }

    /** A point of the grid, and the sample that is to come out with it; null where that belongs to a later point. */
    private record Waiting(
            FollowingSample sample,
            @Nullable FollowingSample offered,
            @Nullable RejectReason reason,
            float[] observation) {
        void reject(RejectReason why, Output out) {
            if (offered != null) {
                out.rejected(offered, why);
            }
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Waiting that
                    && sample.equals(that.sample)
                    && Objects.equals(offered, that.offered)
                    && reason == that.reason
                    && Arrays.equals(observation, that.observation);
        }

        @Override
        public int hashCode() {
            return sample.hashCode();
        }

        @Override
        public String toString() {
            return "Waiting[%s, %s]".formatted(sample, reason);
        }
    }

    /** What the assembler remembers of one entity. */
    public static final class State {
        private static final int FORMAT = 2;
        /** Of the release before, whose samples were their own steps. */
        private static final int WITHOUT_GRID = 1;

        // What comes out with a point of the grid.
        private static final int ITSELF = 0;
        private static final int NONE = 1;
        private static final int ANOTHER = 2;

        private final float[] memory;
        private final List<Waiting> window = new ArrayList<>();
        private StepGrid grid = new StepGrid();
        private @Nullable FollowingSample previous;
        private long trajectory;

        /** Creates the state of an entity that nothing is known of. */
        public State() {
            this(FollowingFeaturiser.newMemory());
        }

        private State(float[] memory) {
            this.memory = memory;
        }

        /** Returns the event time of the last sample that passed, milliseconds since 1970; empty if there was none. */
        public Optional<Long> lastTimeMs() {
            return Optional.ofNullable(previous).map(FollowingSample::timeMs);
        }

        /** Returns the state as bytes, big-endian, after a version. Equal states give equal bytes. */
        public byte[] toBytes() {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
            try (DataOutputStream out = new DataOutputStream(bytes)) {
                out.writeInt(FORMAT);
                out.writeLong(trajectory);
                SampleBytes.writeFloats(out, memory);
                out.writeBoolean(previous != null);
                if (previous != null) {
                    SampleBytes.write(out, previous);
                }
                byte[] gridBytes = grid.toBytes();
                out.writeInt(gridBytes.length);
                out.write(gridBytes);
                out.writeInt(window.size());
                for (Waiting waiting : window) {
                    SampleBytes.write(out, waiting.sample);
                    boolean itself = waiting.sample.equals(waiting.offered);
                    out.writeByte(itself ? ITSELF : waiting.offered == null ? NONE : ANOTHER);
                    if (waiting.offered != null && !itself) {
                        SampleBytes.write(out, waiting.offered);
                    }
                    out.writeUTF(waiting.reason == null ? "" : waiting.reason.name());
                    SampleBytes.writeFloats(out, waiting.observation);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return bytes.toByteArray();
        }

        /**
         * Reads what {@link #toBytes} wrote. Of a state of another featuriser, what is known of the entity starts
         * afresh.
         *
         * @throws IllegalArgumentException if the bytes are of another format, or end early
         */
        public static State fromBytes(byte[] bytes) {
            try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
                int format = in.readInt();
                if (format != FORMAT && format != WITHOUT_GRID) {
                    throw new IllegalArgumentException(
                            "expected assembler state of format %d, got %d".formatted(FORMAT, format));
                }
                long trajectory = in.readLong();
                float[] memory = SampleBytes.readFloats(in);
                boolean known = memory.length == FollowingFeaturiser.MEMORY_SIZE;
                State state = new State(known ? memory : FollowingFeaturiser.newMemory());
                state.trajectory = trajectory;
                state.previous = in.readBoolean() ? SampleBytes.read(in) : null;
                if (format == FORMAT) {
                    int length = in.readInt();
                    byte[] grid = in.readNBytes(length);
                    if (grid.length < length) {
                        throw new EOFException();
                    }
                    state.grid = StepGrid.fromBytes(grid);
                } else if (state.previous != null) {
                    state.grid.resumeAfter(state.previous);
                }
                for (int left = in.readInt(); left > 0; left--) {
                    FollowingSample sample = SampleBytes.read(in);
                    int offered = format == FORMAT ? in.readByte() : ITSELF;
                    FollowingSample comesOut =
                            offered == ITSELF ? sample : offered == NONE ? null : SampleBytes.read(in);
                    String reason = in.readUTF();
                    RejectReason why = reason.isEmpty() ? null : RejectReason.valueOf(reason);
                    float[] observation = SampleBytes.readFloats(in);
                    if (observation.length != CarFollowing.observationSize()) {
                        why = RejectReason.SHORT_HISTORY;
                    }
                    state.window.add(new Waiting(sample, comesOut, why, observation));
                }
                return state;
            } catch (IOException e) {
                throw new IllegalArgumentException("assembler state of %d bytes ends early".formatted(bytes.length), e);
            }
        }
    }

    private final Set<Actor> experts;

    /**
     * Creates an assembler.
     *
     * @param experts whose driving is learned; not empty
     */
    public FollowingAssembler(Set<Actor> experts) {
        if (experts.isEmpty()) {
            throw new IllegalArgumentException("expected at least one actor to learn from, got none");
        }
        this.experts = EnumSet.copyOf(experts);
    }

    /** Creates an assembler that learns from people and from driver assistance alike. */
    public FollowingAssembler() {
        this(EnumSet.of(Actor.HUMAN, Actor.ASSISTANCE));
    }

    /** Takes one sample of the entity whose state this is. */
    public void offer(State state, FollowingSample sample, Output out) {
        if (state.grid.arrive(sample)) {
            FollowingFeaturiser.breakHistory(state.memory);
        }
        Optional<RejectReason> reason = SampleCheck.check(state.previous, sample);
        if (reason.isPresent()) {
            out.rejected(sample, reason.get());
            return;
        }
        if (state.grid.isTooSlow()) {
            end(state, out);
            FollowingFeaturiser.breakHistory(state.memory);
            out.rejected(sample, RejectReason.RATE_TOO_LOW);
            return;
        }
        FollowingSample previous = state.previous;
        boolean joins = state.grid.joins(previous, sample);
        if (!joins) {
            end(state, out);
        }
        List<FollowingSample> points = state.grid.points(previous, sample, joins);
        if (points.isEmpty()) {
            out.rejected(sample, RejectReason.RESAMPLED);
        }
        FollowingSample before = previous;
        for (int i = 0; i < points.size(); i++) {
            FollowingSample point = points.get(i);
            take(state, before, point, i == points.size() - 1 ? sample : null, out);
            before = point;
        }
        state.previous = sample;
    }

    /** Observes a point of the grid and labels the one that now has its look-ahead. */
    private void take(
            State state,
            @Nullable FollowingSample before,
            FollowingSample point,
            @Nullable FollowingSample offered,
            Output out) {
        FollowingFeaturiser.arrive(
                state.memory, before == null ? null : before.trip(), before == null ? 0 : before.timeMs(), point);
        boolean expert = experts.contains(point.actor());
        float[] observation = new float[CarFollowing.observationSize()];
        boolean enough = FollowingFeaturiser.observe(
                state.memory,
                point.speedMetersPerSecond(),
                point.gapMeters(),
                point.leaderSpeedMetersPerSecond(),
                expert,
                observation,
                0);
        RejectReason why = expert ? (enough ? null : RejectReason.SHORT_HISTORY) : RejectReason.OTHER_EXPERT;
        state.window.add(new Waiting(point, offered, why, observation));
        label(state, out);
    }

    /** Ends the trajectory, as at the end of the log: what still waits for look-ahead has no label. */
    public void end(State state, Output out) {
        int waiting = Math.min(AccelerationFilter.REACH, state.window.size());
        for (Waiting last : state.window.subList(state.window.size() - waiting, state.window.size())) {
            last.reject(Objects.requireNonNullElse(last.reason, RejectReason.NO_LABEL), out);
        }
        if (!state.window.isEmpty()) {
            state.trajectory++;
            state.window.clear();
        }
    }

    /** Labels the point that now has its look-ahead. */
    private static void label(State state, Output out) {
        int reach = AccelerationFilter.REACH;
        int centre = state.window.size() - 1 - reach;
        if (centre < 0) {
            return;
        }
        Waiting ready = state.window.get(centre);
        if (ready.reason != null) {
            ready.reject(ready.reason, out);
        } else if (centre < reach) {
            ready.reject(RejectReason.NO_LABEL, out);
        } else {
            double acceleration = AccelerationFilter.acceleration(
                    state.window.get(centre - reach).sample.speedMetersPerSecond(),
                    state.window.get(centre + reach).sample.speedMetersPerSecond());
            LabelledStep step = new LabelledStep(
                    ready.sample, state.trajectory, ready.observation, new float[] {(float) acceleration});
            if (ready.offered == null) {
                out.between(step);
            } else {
                out.step(step);
            }
        }
        if (state.window.size() > 2 * reach) {
            state.window.remove(0);
        }
    }
}
