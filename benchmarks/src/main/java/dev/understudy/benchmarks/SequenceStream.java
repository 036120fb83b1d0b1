package dev.understudy.benchmarks;

import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.learn.sequence.SequenceCloning;
import dev.understudy.learn.sequence.SequenceCloningConfig;
import dev.understudy.learn.sequence.TokenSequence;
import dev.understudy.network.RecurrentNetwork;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One pass over conversations as a stream: each window is scored by what was learned before it, then learned. Bits per
 * byte are over the text of all turns, one byte added for each turn.
 */
final class SequenceStream {
    private static final int REPORTED = 1000;

    private final TokenFile file;
    private final Settings settings;
    private final Consumer<String> progress;
    private final double[] bits;
    private double scoreCpuSeconds;
    private double learnCpuSeconds;

    /**
     * How the stream is gone through.
     *
     * @param window conversations of a window
     * @param replay conversations rehearsed with each window, as a multiple of the window, drawn from all before it
     * @param seed of the first parameters and of all draws
     * @param out where the model is written at the end
     */
    record Settings(
            RecurrentNetwork network,
            SequenceCloningConfig config,
            int window,
            double replay,
            long seed,
            @Nullable Path out) {}

    SequenceStream(TokenFile file, Settings settings, Consumer<String> progress) {
        this.file = file;
        this.settings = settings;
        this.progress = progress;
        this.bits = new double[file.sequences().size()];
    }

    /** Runs the pass. */
    Map<String, Object> run() throws IOException {
        int count = file.sequences().size();
        int lastTenth = count - count / 10;
        double[] ofState = {Double.NaN};
        try (SequenceCloning learner = new SequenceCloning(settings.network(), settings.config())) {
            LearnerState state = learner.initialState(settings.seed());
            SplittableRandom random = new SplittableRandom(settings.seed());
            int reported = 0;
            for (int from = 0; from < count; from += settings.window()) {
                int to = Math.min(count, from + settings.window());
                if (from >= lastTenth && Double.isNaN(ofState[0])) {
                    ofState[0] = learner.score(state, file.sequences().subList(from, count))
                                    .totalBits()
                            / file.bytes(from, count);
                }
                List<TokenSequence> window = file.sequences().subList(from, to);
                score(learner, state, window, from);
                state = learn(learner, state, window, replay(from, to - from, random), from);
                if (to / REPORTED > reported / REPORTED || to == count) {
                    progress.accept("%d conversations: %.4f bits per byte, %.4f in the last %d; %.0f s of CPU"
                            .formatted(
                                    to,
                                    bitsPerByte(0, to),
                                    bitsPerByte(reported, to),
                                    to - reported,
                                    scoreCpuSeconds + learnCpuSeconds));
                    reported = to;
                }
            }
            if (settings.out() != null) {
                Files.write(settings.out(), learner.export(state));
            }
        }
        return figures(lastTenth, ofState[0]);
    }

    private List<TokenSequence> replay(int seen, int window, SplittableRandom random) {
        List<TokenSequence> replay = new ArrayList<>();
        for (int i = 0; seen > 0 && i < Math.round(settings.replay() * window); i++) {
            replay.add(file.sequences().get(random.nextInt(seen)));
        }
        return replay;
    }

    private void score(SequenceCloning learner, LearnerState state, List<TokenSequence> window, int from) {
        long begun = cpuNanos();
        double[] ofWindow = learner.score(state, window).bits();
        System.arraycopy(ofWindow, 0, bits, from, ofWindow.length);
        scoreCpuSeconds += (cpuNanos() - begun) / 1e9;
    }

    private LearnerState learn(
            SequenceCloning learner,
            LearnerState state,
            List<TokenSequence> window,
            List<TokenSequence> replay,
            int from) {
        long begun = cpuNanos();
        try (Update update = learner.begin(state, window, replay, settings.seed() + from)) {
            while (update.step()) {}
            String problem = update.report().problem();
            if (problem != null) {
                throw new IllegalStateException(problem);
            }
            return update.state();
        } finally {
            learnCpuSeconds += (cpuNanos() - begun) / 1e9;
        }
    }

    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private double bitsPerByte(int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += bits[i];
        }
        return sum / file.bytes(from, to);
    }

    private Map<String, Object> figures(int lastTenth, double ofState) {
        int count = bits.length;
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("conversations", count);
        figures.put("settings", settings.toString());
        figures.put("bitsPerByte", bitsPerByte(0, count));
        figures.put("bitsPerByteSecondHalf", bitsPerByte(count / 2, count));
        figures.put("bitsPerByteLastTenth", bitsPerByte(lastTenth, count));
        figures.put("bitsPerByteLastTenthStatic", ofState);
        List<Double> thousands = new ArrayList<>();
        for (int from = 0; from < count; from += REPORTED) {
            thousands.add(bitsPerByte(from, Math.min(count, from + REPORTED)));
        }
        figures.put("bitsPerByteByThousand", thousands);
        figures.put("scoreCpuSeconds", scoreCpuSeconds);
        figures.put("learnCpuSeconds", learnCpuSeconds);
        return figures;
    }
}
