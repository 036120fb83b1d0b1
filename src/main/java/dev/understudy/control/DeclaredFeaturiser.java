package dev.understudy.control;

import dev.understudy.data.Rows;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.domain.Refusal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one entity of a declared policy: its signals, resampled, and as many steps as lags and
 * differences reach back. The same class in training, serving and closed loop; for one thread at a time.
 *
 * <p>A sample between two steps, in a log or in live input that is faster than the policy, is observed with its own
 * values as the newest.
 */
final class DeclaredFeaturiser implements Featuriser<ControlStep> {
    private static final byte FORMAT = 1;
    /** As they are numbered in what is written. */
    private static final List<Actor> ACTORS = List.of(Actor.HUMAN, Actor.ASSISTANCE, Actor.POLICY, Actor.MIXED);

    private final Declaration declaration;
    private final DeclaredCheck check;
    private final Resampler resampler;
    private final int signals;
    private final int width;
    /** The last steps, the newest first, each all signals and then the action. */
    private final float[][] history;

    private int known;
    private final float[] last;
    private boolean lastIsEnough;
    private String episode = "";
    private long sequence = -1;
    private long timeMs;
    private boolean isOver;
    private Actor actor = Actor.MIXED;

    DeclaredFeaturiser(Declaration declaration) {
        this.declaration = declaration;
        check = new DeclaredCheck(declaration);
        signals = declaration.signals().size();
        width = signals + declaration.actionSize();
        long[] maxAgesMs = new long[width];
        boolean[] linear = new boolean[width];
        Arrays.fill(maxAgesMs, declaration.longestGapMs());
        Arrays.fill(linear, declaration.areActionsLinear());
        for (int i = 0; i < signals; i++) {
            Signal signal = declaration.signals().get(i);
            maxAgesMs[i] = signal.missing() == Signal.Missing.HOLD ? Long.MAX_VALUE : signal.maxAgeMs();
            linear[i] = signal.isLinear();
        }
        resampler = new Resampler(declaration.stepMs(), declaration.longestGapMs(), maxAgesMs, linear);
        history = new float[declaration.reach() + 1][width];
        last = new float[declaration.observationSize()];
    }

    @Override
    public @Nullable Refusal observe(
            ControlStep sample, boolean expert, Rows target, int row, Featuriser.Steps<ControlStep> steps) {
        boolean goesOn = sequence >= 0 && sample.episode().equals(episode);
        ControlRefusal refusal = refusal(sample, goesOn);
        if (refusal != null) {
            return refusal;
        }
        if (!goesOn) {
            resampler.begin();
        }
        Taking taking = new Taking(sample, goesOn && actor == sample.actor(), target, row, steps);
        boolean isStep = resampler.take(sample.timeMs(), measured(sample), taking);
        if (!isStep) {
            lastIsEnough = observeBetween(sample.timeMs());
            System.arraycopy(last, 0, target.floats(), row * last.length, last.length);
        }
        episode = sample.episode();
        sequence = sample.sequence();
        timeMs = sample.timeMs();
        actor = sample.actor();
        isOver = sample.end() != ControlStep.End.NONE;
        return lastIsEnough ? null : GeneralRefusal.SHORT_HISTORY;
    }

    private @Nullable ControlRefusal refusal(ControlStep sample, boolean goesOn) {
        ControlRefusal refusal = check.check(sample);
        if (refusal != null || !goesOn) {
            return refusal;
        }
        if (sample.sequence() <= sequence || sample.timeMs() <= timeMs) {
            return ControlRefusal.OUT_OF_STEP;
        }
        return isOver ? ControlRefusal.AFTER_END : null;
    }

    /** Returns all signals and then the action, NaN where there is none. */
    private float[] measured(ControlStep sample) {
        float[] all = Arrays.copyOf(sample.observation(), width);
        float[] action = sample.action();
        if (action == null) {
            Arrays.fill(all, signals, width, Float.NaN);
        } else {
            System.arraycopy(action, 0, all, signals, action.length);
        }
        return all;
    }

    /** Passes on the steps that one sample makes. */
    private final class Taking implements Resampler.Steps {
        private final ControlStep sample;
        private final boolean isSameActor;
        private final Rows target;
        private final int row;
        private final Featuriser.Steps<ControlStep> steps;

        Taking(ControlStep sample, boolean isSameActor, Rows target, int row, Featuriser.Steps<ControlStep> steps) {
            this.sample = sample;
            this.isSameActor = isSameActor;
            this.target = target;
            this.row = row;
            this.steps = steps;
        }

        @Override
        public void breaks() {
            known = 0;
            steps.breaks();
        }

        @Override
        public void step(long atMs, float[] values) {
            float[] oldest = history[history.length - 1];
            System.arraycopy(history, 0, history, 1, history.length - 1);
            history[0] = oldest;
            System.arraycopy(values, 0, oldest, 0, width);
            known = Math.min(history.length, known + 1);
            lastIsEnough = known == history.length && observe(List.of(history));
            System.arraycopy(last, 0, target.floats(), row * last.length, last.length);
            boolean isSample = atMs == sample.timeMs();
            steps.step(stepOf(atMs, values, isSample || isSameActor), lastIsEnough);
        }

        private ControlStep stepOf(long atMs, float[] values, boolean hasAction) {
            float[] action = Arrays.copyOfRange(values, signals, width);
            boolean isKnown = hasAction;
            for (float number : action) {
                isKnown &= !Float.isNaN(number);
            }
            return new ControlStep(
                    sample.entity(),
                    sample.episode(),
                    sample.sequence(),
                    atMs,
                    sample.actor(),
                    sample.label(),
                    sample.engaged(),
                    Arrays.copyOf(values, signals),
                    isKnown ? action : null,
                    sample.reward(),
                    sample.end());
        }
    }

    /** A sample that is no step stands before the steps, or in the place of the last one if that is closer. */
    private boolean observeBetween(long atMs) {
        List<float[]> rows = new ArrayList<>(List.of(history));
        boolean replaces = 2 * resampler.sinceStepMs(atMs) < declaration.stepMs();
        if (replaces) {
            rows.remove(0);
        }
        rows.add(0, resampler.atLastSample());
        boolean isKnown = known + (replaces ? 0 : 1) >= history.length;
        return observe(rows) && isKnown;
    }

    /** Writes the observation; returns whether nothing is missing. */
    private boolean observe(List<float[]> rows) {
        int at = 0;
        boolean isWhole = true;
        for (int i = 0; i < signals; i++) {
            Signal signal = declaration.signals().get(i);
            for (int lag : signal.lags()) {
                last[at++] = value(signal, rows.get(lag)[i]);
            }
            for (int steps : signal.differences()) {
                int newest = signal.newestLag();
                last[at++] = value(signal, rows.get(newest)[i]) - value(signal, rows.get(newest + steps)[i]);
            }
        }
        for (int i = 0; i < last.length; i++) {
            if (Float.isNaN(last[i])) {
                isWhole = false;
                last[i] = 0;
            }
        }
        return isWhole;
    }

    private static float value(Signal signal, float measured) {
        return Float.isNaN(measured) && signal.missing() == Signal.Missing.FILL ? signal.fill() : measured;
    }

    /** As the interface says. Of a sample other than the last, what came before is forgotten. */
    @Override
    public @Nullable Refusal observeAgain(ControlStep sample, boolean expert, Rows target, int row) {
        ControlRefusal refusal = check.check(sample);
        if (refusal != null) {
            return refusal;
        }
        if (sample.episode().equals(episode) && sample.sequence() == sequence) {
            System.arraycopy(last, 0, target.floats(), row * last.length, last.length);
            return lastIsEnough ? null : GeneralRefusal.SHORT_HISTORY;
        }
        if (declaration.reach() > 0) {
            return GeneralRefusal.SHORT_HISTORY;
        }
        DeclaredFeaturiser fresh = new DeclaredFeaturiser(declaration);
        return fresh.observe(sample, expert, target, row, Featuriser.Steps.none());
    }

    @Override
    public void begin() {
        episode = "";
        sequence = -1;
        isOver = false;
        known = 0;
        resampler.begin();
    }

    @Override
    public int bytes() {
        return 4
                + 4 * Integer.BYTES
                + 2 * Long.BYTES
                + resampler.bytes()
                + Float.BYTES * (history.length * width + last.length)
                + name().length;
    }

    @Override
    public void write(ByteBuffer out) {
        out.put(FORMAT).putInt(history.length).putInt(width).putInt(last.length).putInt(known);
        out.put((byte) ACTORS.indexOf(actor)).put((byte) (isOver ? 1 : 0)).put((byte) (lastIsEnough ? 1 : 0));
        out.putLong(sequence).putLong(timeMs);
        resampler.write(out);
        for (float[] each : history) {
            put(each, out);
        }
        put(last, out);
        out.put(name());
    }

    private static void put(float[] values, ByteBuffer out) {
        for (float value : values) {
            out.putFloat(value);
        }
    }

    /** Reads what {@link #write} wrote; a memory of another version or another declaration starts afresh. */
    static DeclaredFeaturiser read(Declaration declaration, ByteBuffer in) {
        DeclaredFeaturiser fresh = new DeclaredFeaturiser(declaration);
        if (in.remaining() < fresh.bytes()
                || in.get() != FORMAT
                || in.getInt() != fresh.history.length
                || in.getInt() != fresh.width
                || in.getInt() != fresh.last.length) {
            return fresh;
        }
        fresh.known = in.getInt();
        fresh.actor = ACTORS.get(in.get());
        fresh.isOver = in.get() != 0;
        fresh.lastIsEnough = in.get() != 0;
        fresh.sequence = in.getLong();
        fresh.timeMs = in.getLong();
        fresh.resampler.read(in);
        for (float[] each : fresh.history) {
            get(each, in);
        }
        get(fresh.last, in);
        byte[] name = new byte[in.remaining()];
        in.get(name);
        fresh.episode = new String(name, StandardCharsets.UTF_8);
        return fresh;
    }

    private static void get(float[] values, ByteBuffer in) {
        for (int i = 0; i < values.length; i++) {
            values[i] = in.getFloat();
        }
    }

    private byte[] name() {
        return episode.getBytes(StandardCharsets.UTF_8);
    }
}
