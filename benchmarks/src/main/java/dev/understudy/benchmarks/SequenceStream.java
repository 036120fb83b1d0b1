package dev.understudy.benchmarks;

import dev.understudy.dialogue.KneserNey;
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
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One pass over conversations as a stream: each window is scored by what was learned before it, then learned. Bits per
 * byte are over the text of all turns, one byte added for each turn. An interpolated modified Kneser-Ney 5-gram may go
 * through the same windows beside it.
 */
final class SequenceStream {
    private static final int REPORTED = 1000;

    private final TokenFile file;
    private final Settings settings;
    private final Consumer<String> progress;
    private final double[] bits;
    private final @Nullable KneserNey fiveGram;
    private final double[] fiveGramBits;
    private double scoreCpuSeconds;
    private double learnCpuSeconds;

    /**
     * How the stream is gone through.
     *
     * @param window conversations of a window
     * @param replay conversations rehearsed with each window, as a multiple of the window, drawn from all before it
     * @param seed of the first parameters and of all draws
     * @param out where the model is written at the end
     * @param fiveGram whether a 5-gram goes beside
     * @param unseen other conversations, scored by what is learned at the end; null for none
     * @param csv where a line for each window is written as it is scored; null for nowhere
     */
    record Settings(
            RecurrentNetwork network,
            SequenceCloningConfig config,
            int window,
            double replay,
            long seed,
            boolean fiveGram,
            @Nullable TokenFile unseen,
            @Nullable Path out,
            @Nullable Path csv) {}

    SequenceStream(TokenFile file, Settings settings, Consumer<String> progress) {
        this.file = file;
        this.settings = settings;
        this.progress = progress;
        this.bits = new double[file.sequences().size()];
        this.fiveGramBits = new double[bits.length];
        this.fiveGram =
                settings.fiveGram() ? new KneserNey(5, settings.network().vocabulary(), TokenFile.END) : null;
    }

    /** Runs the pass. */
    Map<String, Object> run() throws IOException {
        int count = file.sequences().size();
        int lastTenth = count - count / 10;
        Map<String, Object> beside = new LinkedHashMap<>();
        try (SequenceCloning learner = new SequenceCloning(settings.network(), settings.config())) {
            LearnerState state = learner.initialState(settings.seed());
            SplittableRandom random = new SplittableRandom(settings.seed());
            int reported = 0;
            for (int from = 0; from < count; from += settings.window()) {
                int to = Math.min(count, from + settings.window());
                if (from >= lastTenth && beside.isEmpty()) {
                    heldOut("LastTenthStatic", learner, state, file, from, beside);
                }
                List<TokenSequence> window = file.sequences().subList(from, to);
                score(learner, state, window, from);
                line(from, to);
                state = learn(learner, state, window, replay(from, to - from, random), from);
                if (to / REPORTED > reported / REPORTED || to == count) {
                    progress.accept("%d conversations: %.4f bits per byte, %.4f in the last %d; %.0f s of CPU"
                            .formatted(
                                    to,
                                    bitsPerByte(bits, 0, to),
                                    bitsPerByte(bits, reported, to),
                                    to - reported,
                                    scoreCpuSeconds + learnCpuSeconds));
                    reported = to;
                }
            }
            if (settings.unseen() != null) {
                heldOut("Unseen", learner, state, settings.unseen(), 0, beside);
            }
            if (settings.out() != null) {
                Files.write(settings.out(), learner.export(state));
            }
        }
        return figures(lastTenth, beside);
    }

    /** Scores conversations from one on, by what is learned so far. */
    private void heldOut(
            String name,
            SequenceCloning learner,
            LearnerState state,
            TokenFile others,
            int from,
            Map<String, Object> figures) {
        List<TokenSequence> sequences =
                others.sequences().subList(from, others.sequences().size());
        double bytes = others.bytes(from, others.sequences().size());
        figures.put("bitsPerByte" + name, learner.score(state, sequences).totalBits() / bytes);
        if (fiveGram != null) {
            figures.put(
                    "fiveGramBitsPerByte" + name,
                    sequences.stream().mapToDouble(this::fiveGramBits).sum() / bytes);
        }
    }

    private double fiveGramBits(TokenSequence sequence) {
        return fiveGram == null
                ? 0
                : Arrays.stream(fiveGram.bits(sequence.tokens())).sum();
    }

    /** Appends what a window cost to the file of windows. */
    private void line(int from, int to) throws IOException {
        if (settings.csv() != null) {
            String header = from == 0 ? "conversations,bits_per_byte,bits_per_byte_so_far,five_gram,cpu_seconds\n" : "";
            String line = "%s%d,%.4f,%.4f,%.4f,%.1f%n"
                    .formatted(
                            header,
                            to,
                            bitsPerByte(bits, from, to),
                            bitsPerByte(bits, 0, to),
                            bitsPerByte(fiveGramBits, from, to),
                            scoreCpuSeconds + learnCpuSeconds);
            Files.writeString(
                    settings.csv(),
                    line,
                    StandardOpenOption.CREATE,
                    from == 0 ? StandardOpenOption.TRUNCATE_EXISTING : StandardOpenOption.APPEND);
        }
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
        for (int i = 0; i < window.size(); i++) {
            fiveGramBits[from + i] = fiveGramBits(window.get(i));
        }
        if (fiveGram != null) {
            window.forEach(sequence -> fiveGram.add(sequence.tokens()));
        }
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

    private double bitsPerByte(double[] each, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += each[i];
        }
        return sum / file.bytes(from, to);
    }

    private Map<String, Object> figures(int lastTenth, Map<String, Object> beside) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("conversations", bits.length);
        figures.put("settings", settings.config().toString());
        figures.put("seed", settings.seed());
        figures("bitsPerByte", bits, lastTenth, figures);
        if (fiveGram != null) {
            figures("fiveGramBitsPerByte", fiveGramBits, lastTenth, figures);
        }
        figures.putAll(beside);
        figures.put("scoreCpuSeconds", scoreCpuSeconds);
        figures.put("learnCpuSeconds", learnCpuSeconds);
        return figures;
    }

    private void figures(String name, double[] each, int lastTenth, Map<String, Object> figures) {
        int count = each.length;
        figures.put(name, bitsPerByte(each, 0, count));
        figures.put(name + "SecondHalf", bitsPerByte(each, count / 2, count));
        figures.put(name + "LastTenth", bitsPerByte(each, lastTenth, count));
        List<Double> thousands = new ArrayList<>();
        for (int from = 0; from < count; from += REPORTED) {
            thousands.add(bitsPerByte(each, from, Math.min(count, from + REPORTED)));
        }
        figures.put(name + "ByThousand", thousands);
    }
}
