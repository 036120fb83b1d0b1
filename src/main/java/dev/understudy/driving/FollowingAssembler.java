package dev.understudy.driving;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
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
 * out with a delay, because a label needs {@link AccelerationFilter#REACH} samples of look-ahead.
 *
 * <pre>
 * sample -> SampleCheck -> hole in time? end the trajectory -> featurise -> wait for look-ahead -> label -> step
 *              |                              |                   |
 *           rejected                  waiting: NO_LABEL     SHORT_HISTORY, OTHER_EXPERT
 * </pre>
 */
public final class FollowingAssembler {
    /** Receives what becomes of each sample. */
    public interface Output {
        /** Receives a step to learn from. */
        void step(LabelledStep step);

        /** Receives a sample that is not learned from. */
        void rejected(FollowingSample sample, RejectReason reason);
    }

    private record Waiting(FollowingSample sample, @Nullable RejectReason reason, float[] observation) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Waiting that
                    && sample.equals(that.sample)
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
        private static final int FORMAT = 1;

        private final float[] memory;
        private final List<Waiting> window = new ArrayList<>();
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
                out.writeInt(window.size());
                for (Waiting waiting : window) {
                    SampleBytes.write(out, waiting.sample);
                    out.writeUTF(waiting.reason == null ? "" : waiting.reason.name());
                    SampleBytes.writeFloats(out, waiting.observation);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return bytes.toByteArray();
        }

        /**
         * Reads what {@link #toBytes} wrote.
         *
         * @throws IllegalArgumentException if the bytes are of another format or featuriser, or end early
         */
        public static State fromBytes(byte[] bytes) {
            try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
                int format = in.readInt();
                if (format != FORMAT) {
                    throw new IllegalArgumentException(
                            "expected assembler state of format %d, got %d".formatted(FORMAT, format));
                }
                long trajectory = in.readLong();
                float[] memory = SampleBytes.readFloats(in);
                if (memory.length != FollowingFeaturiser.MEMORY_SIZE) {
                    throw new IllegalArgumentException(
                            "expected a memory of %d numbers in the assembler's state, got %d"
                                    .formatted(FollowingFeaturiser.MEMORY_SIZE, memory.length));
                }
                State state = new State(memory);
                state.trajectory = trajectory;
                state.previous = in.readBoolean() ? SampleBytes.read(in) : null;
                for (int left = in.readInt(); left > 0; left--) {
                    FollowingSample sample = SampleBytes.read(in);
                    String reason = in.readUTF();
                    state.window.add(new Waiting(
                            sample,
                            reason.isEmpty() ? null : RejectReason.valueOf(reason),
                            SampleBytes.readFloats(in)));
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
        Optional<RejectReason> reason = SampleCheck.check(state.previous, sample);
        if (reason.isPresent()) {
            out.rejected(sample, reason.get());
            return;
        }
        FollowingSample previous = state.previous;
        if (previous == null
                || !previous.trip().equals(sample.trip())
                || !FollowingFeaturiser.follows(previous.timeMs(), sample.timeMs())) {
            end(state, out);
        }
        FollowingFeaturiser.arrive(
                state.memory,
                previous == null ? null : previous.trip(),
                previous == null ? 0 : previous.timeMs(),
                sample);
        boolean expert = experts.contains(sample.actor());
        float[] observation = new float[CarFollowing.observationSize()];
        boolean enough = FollowingFeaturiser.observe(
                state.memory,
                sample.speedMetersPerSecond(),
                sample.gapMeters(),
                sample.leaderSpeedMetersPerSecond(),
                expert,
                observation,
                0);
        RejectReason why = expert ? (enough ? null : RejectReason.SHORT_HISTORY) : RejectReason.OTHER_EXPERT;
        state.window.add(new Waiting(sample, why, observation));
        state.previous = sample;
        label(state, out);
    }

    /** Ends the trajectory, as at the end of the log: what still waits for look-ahead has no label. */
    public void end(State state, Output out) {
        int waiting = Math.min(AccelerationFilter.REACH, state.window.size());
        for (Waiting last : state.window.subList(state.window.size() - waiting, state.window.size())) {
            out.rejected(last.sample, Objects.requireNonNullElse(last.reason, RejectReason.NO_LABEL));
        }
        if (!state.window.isEmpty()) {
            state.trajectory++;
            state.window.clear();
        }
    }

    /** Labels the sample that now has its look-ahead. */
    private static void label(State state, Output out) {
        int reach = AccelerationFilter.REACH;
        int centre = state.window.size() - 1 - reach;
        if (centre < 0) {
            return;
        }
        Waiting ready = state.window.get(centre);
        if (ready.reason != null) {
            out.rejected(ready.sample, ready.reason);
        } else if (centre < reach) {
            out.rejected(ready.sample, RejectReason.NO_LABEL);
        } else {
            double acceleration = AccelerationFilter.acceleration(
                    state.window.get(centre - reach).sample.speedMetersPerSecond(),
                    state.window.get(centre + reach).sample.speedMetersPerSecond());
            out.step(new LabelledStep(
                    ready.sample, state.trajectory, ready.observation, new float[] {(float) acceleration}));
        }
        if (state.window.size() > 2 * reach) {
            state.window.remove(0);
        }
    }
}
