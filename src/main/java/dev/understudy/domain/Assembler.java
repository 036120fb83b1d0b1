package dev.understudy.domain;

import dev.understudy.data.Rows;
import dev.understudy.data.Texts;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns one entity's samples, in order of time and without duplicates, into steps of demonstrations. All it remembers
 * can be saved at any point.
 *
 * <p>Every sample offered comes out exactly once, as a step or as a rejected sample with its reason; the last few come
 * out with a delay, because a label needs {@link Labeller#reach} steps of look-ahead. Of samples that are closer
 * together than steps, the last one up to a step comes out as that and the others as {@link GeneralRefusal#RESAMPLED};
 * where samples are further apart, the steps between them come out besides, as {@link Output#between}.
 *
 * <pre>
 * sample -> featuriser -> steps up to it -> wait -> label -> step
 *              |               |                      |
 *           refused        RESAMPLED     SHORT_HISTORY, OTHER_EXPERT, NO_LABEL
 * </pre>
 *
 * @param <S> the samples of a domain
 */
public final class Assembler<S extends Sample> {
    private static final int FORMAT = 1;

    // What comes out with a step.
    private static final int ITSELF = 0;
    private static final int NONE = 1;
    private static final int ANOTHER = 2;

    /** What becomes of a step whose action nobody knows. */
    public enum Unlabelled {
        /** It is refused: every learner needs an action. */
        LEFT_OUT,
        /** It comes out with NaN for an action. */
        KEPT
    }

    /** Receives what becomes of each sample. */
    public interface Output<S extends Sample> {
        /** Receives the step to learn from that a sample comes out as. */
        void step(Step step);

        /**
         * Receives a step to learn from that belongs to no sample: samples are further apart than steps. It has the
         * names and the sequence of the sample after it, which is still to come out.
         */
        default void between(Step step) {
            step(step);
        }

        /** Receives a sample that is not learned from. */
        void rejected(S sample, Refusal reason);
    }

    /** A step that waits for its label, and the sample that is to come out with it; null if that belongs to a later. */
    private record Waiting<S extends Sample>(
            S step, @Nullable S offered, @Nullable Refusal reason, Rows observation, int partition, long offset) {}

    private final PolicySpec<S> spec;
    private final Labeller<S> labeller;
    private final Set<Actor> experts;
    private final Unlabelled unlabelled;
    private final Rows row;
    private final List<Waiting<S>> window = new ArrayList<>();
    private Featuriser<S> featuriser;
    private long run;
    private long lastTimeMs = Long.MIN_VALUE;

    /** The sample under way. */
    private final Taking taking = new Taking();

    /** Creates an assembler for an entity that nothing is known of, which leaves out steps without an action. */
    public Assembler(PolicySpec<S> spec, Set<Actor> experts) {
        this(spec, experts, Unlabelled.LEFT_OUT);
    }

    /**
     * Creates an assembler for an entity that nothing is known of.
     *
     * @param experts who is learned from; not empty
     */
    public Assembler(PolicySpec<S> spec, Set<Actor> experts, Unlabelled unlabelled) {
        if (experts.isEmpty()) {
            throw new IllegalArgumentException("expected at least one actor to learn from, got none");
        }
        this.spec = spec;
        this.experts = EnumSet.copyOf(experts);
        this.unlabelled = unlabelled;
        labeller = spec.labeller();
        featuriser = spec.featuriser();
        row = spec.observationType().room(1, spec.observationSize());
    }

    /** Returns the time of the last sample that could be used; {@link Long#MIN_VALUE} if there was none. */
    public long lastTimeMs() {
        return lastTimeMs;
    }

    /** Takes one sample of the entity that comes from no topic. */
    public void offer(S sample, Output<S> out) {
        offer(sample, 0, sample.sequence(), out);
    }

    /** Takes one sample of the entity, whose record was at that place of its topic. */
    public void offer(S sample, int partition, long offset, Output<S> out) {
        taking.begin(sample, partition, offset, out);
        Refusal refusal = featuriser.observe(sample, experts.contains(sample.actor()), row, 0, taking);
        if (refusal != null && refusal.kind() == Refusal.Kind.INPUT) {
            out.rejected(sample, refusal);
            return;
        }
        lastTimeMs = sample.timeMs();
        if (!taking.end(sample)) {
            out.rejected(sample, GeneralRefusal.RESAMPLED);
        }
    }

    /** Passes the steps of one sample on, each once it is known whether the sample comes out with it. */
    private final class Taking implements Featuriser.Steps<S> {
        private @Nullable Output<S> out;
        private boolean isExpert;
        private int partition;
        private long offset;
        private @Nullable S step;
        private boolean isEnough;
        private @Nullable Rows observation;

        void begin(S sample, int ofPartition, long atOffset, Output<S> to) {
            isExpert = experts.contains(sample.actor());
            partition = ofPartition;
            offset = atOffset;
            out = to;
            step = null;
        }

        @Override
        public void breaks() {
            Assembler.this.end(Objects.requireNonNull(out));
        }

        @Override
        public void step(S next, boolean nextIsEnough) {
            end(null);
            step = next;
            isEnough = nextIsEnough;
            observation = row.copyOf(0);
        }

        /** Puts the last step into the window; returns whether there was one. */
        boolean end(@Nullable S offered) {
            if (step == null || observation == null) {
                return false;
            }
            Refusal why = !isExpert ? GeneralRefusal.OTHER_EXPERT : isEnough ? null : GeneralRefusal.SHORT_HISTORY;
            window.add(new Waiting<>(step, offered, why, observation, partition, offset));
            step = null;
            label(Objects.requireNonNull(out));
            return true;
        }
    }

    /** Ends the run, as at the end of the log: what still waits for look-ahead has no label. */
    public void end(Output<S> out) {
        int waiting = Math.min(labeller.reach(), window.size());
        for (Waiting<S> last : window.subList(window.size() - waiting, window.size())) {
            reject(last, last.reason == null ? GeneralRefusal.NO_LABEL : last.reason, out);
        }
        if (!window.isEmpty()) {
            run++;
            window.clear();
        }
    }

    private void reject(Waiting<S> waiting, Refusal why, Output<S> out) {
        if (waiting.offered != null) {
            out.rejected(waiting.offered, why);
        }
    }

    /** Labels the step that now has its look-ahead. */
    private void label(Output<S> out) {
        int reach = labeller.reach();
        int centre = window.size() - 1 - reach;
        if (centre < 0) {
            return;
        }
        Waiting<S> ready = window.get(centre);
        if (ready.reason != null) {
            reject(ready, ready.reason, out);
        } else if (centre < labeller.before()) {
            reject(ready, GeneralRefusal.NO_LABEL, out);
        } else {
            label(ready, centre, out);
        }
        if (window.size() > labeller.before() + reach) {
            window.remove(0);
        }
    }

    private void label(Waiting<S> ready, int centre, Output<S> out) {
        float[] action = new float[spec.actionSize()];
        Labeller.Label label = labeller.label(new Samples(), centre, action);
        boolean isUnknown = label == Labeller.Label.UNKNOWN;
        if (label == Labeller.Label.NOT_WANTED || (isUnknown && unlabelled == Unlabelled.LEFT_OUT)) {
            reject(ready, GeneralRefusal.NO_LABEL, out);
            return;
        }
        if (isUnknown) {
            Arrays.fill(action, Float.NaN);
        }
        S at = ready.step;
        Step step = new Step(
                spec.name(),
                at.entity(),
                at.episode(),
                at.sequence(),
                at.timeMs(),
                at.label(),
                run,
                ready.observation,
                action,
                ready.partition,
                ready.offset,
                at.timeMs());
        if (ready.offered == null) {
            out.between(step);
        } else {
            out.step(step);
        }
    }

    /** The samples of the window. */
    private final class Samples extends AbstractList<S> {
        @Override
        public S get(int index) {
            return window.get(index).step;
        }

        @Override
        public int size() {
            return window.size();
        }
    }

    /** Returns all that is remembered as bytes, after a version. Equal memories give equal bytes. */
    public byte[] toBytes(SampleCodec<S> codec) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(2048);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(FORMAT);
            out.writeLong(run);
            out.writeLong(lastTimeMs);
            ByteBuffer memory = ByteBuffer.allocate(featuriser.bytes());
            featuriser.write(memory);
            write(memory.array(), out);
            out.writeInt(window.size());
            for (Waiting<S> each : window) {
                write(codec.encode(each.step), out);
                boolean itself = each.step.equals(each.offered);
                out.writeByte(itself ? ITSELF : each.offered == null ? NONE : ANOTHER);
                if (each.offered != null && !itself) {
                    write(codec.encode(each.offered), out);
                }
                Texts.write(each.reason == null ? "" : each.reason.name(), out);
                write(each.observation.toBytes(), out);
                out.writeInt(each.partition);
                out.writeLong(each.offset);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /**
     * Reads what {@link #toBytes} wrote. Of observations of another featuriser, nothing is learned.
     *
     * @throws IllegalArgumentException if the bytes are of another format, or end early
     */
    public static <S extends Sample> Assembler<S> fromBytes(
            byte[] bytes, PolicySpec<S> spec, Set<Actor> experts, SampleCodec<S> codec) {
        return fromBytes(bytes, spec, experts, Unlabelled.LEFT_OUT, codec);
    }

    /** The same for an assembler that does something else with steps without an action. */
    public static <S extends Sample> Assembler<S> fromBytes(
            byte[] bytes, PolicySpec<S> spec, Set<Actor> experts, Unlabelled unlabelled, SampleCodec<S> codec) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int format = in.readInt();
            if (format != FORMAT) {
                throw new IllegalArgumentException(
                        "expected assembler state of format %d, got %d".formatted(FORMAT, format));
            }
            Assembler<S> assembler = new Assembler<>(spec, experts, unlabelled);
            assembler.run = in.readLong();
            assembler.lastTimeMs = in.readLong();
            assembler.featuriser = spec.featuriser(ByteBuffer.wrap(read(in)));
            for (int left = in.readInt(); left > 0; left--) {
                S step = codec.decode(read(in));
                int offered = in.readByte();
                S comesOut = offered == ITSELF ? step : offered == NONE ? null : codec.decode(read(in));
                String reason = Texts.read(in);
                Rows observation = Rows.fromBytes(read(in));
                boolean fits =
                        observation.type() == spec.observationType() && observation.columns() == spec.observationSize();
                Refusal why =
                        !fits ? GeneralRefusal.SHORT_HISTORY : reason.isEmpty() ? null : GeneralRefusal.valueOf(reason);
                assembler.window.add(new Waiting<>(step, comesOut, why, observation, in.readInt(), in.readLong()));
            }
            return assembler;
        } catch (IOException e) {
            throw new IllegalArgumentException("assembler state of %d bytes ends early".formatted(bytes.length), e);
        }
    }

    private static void write(byte[] bytes, DataOutputStream out) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static byte[] read(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw new EOFException();
        }
        return in.readNBytes(length);
    }
}
