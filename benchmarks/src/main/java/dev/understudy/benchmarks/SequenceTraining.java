package dev.understudy.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.learn.sequence.Packing;
import dev.understudy.learn.sequence.SequenceCloning;
import dev.understudy.learn.sequence.SequenceCloningConfig;
import dev.understudy.network.RecurrentNetwork;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Updates of sequence cloning, timed, and written down for a peer: the first parameters and all segments as
 * little-endian files, read by {@code peers/pytorch_gru.py}.
 */
final class SequenceTraining {
    private static final long SEED = 1;

    private final TokenFile file;
    private final RecurrentNetwork network;
    private final SequenceCloningConfig config;

    SequenceTraining(TokenFile file, RecurrentNetwork network, SequenceCloningConfig config) {
        this.file = file;
        this.network = network;
        this.config = config;
    }

    /** Learns the whole file once; the first fifth of the updates is not timed. */
    Map<String, Object> run() {
        List<Double> losses = new ArrayList<>();
        List<Double> wall = new ArrayList<>();
        List<Double> cpu = new ArrayList<>();
        double compileSeconds;
        int segments = new Packing(file.sequences(), network.vocabulary(), config.streams(), config.steps()).segments();
        try (SequenceCloning learner = new SequenceCloning(network, config)) {
            LearnerState state = learner.initialState(SEED);
            long compiling = System.nanoTime();
            try (Update update = learner.begin(state, file.sequences(), List.of(), SEED)) {
                compileSeconds = (System.nanoTime() - compiling) / 1e9;
                boolean more = true;
                while (more) {
                    long begun = System.nanoTime();
                    long cpuBegun = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                    more = update.step();
                    cpu.add((ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpuBegun) / 1e9);
                    wall.add((System.nanoTime() - begun) / 1e9);
                    losses.add(update.report().figures().getOrDefault("lossAfter", Double.NaN));
                }
            }
        }
        int rows = config.streams() * config.steps();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("parameters", network.layout().size());
        figures.put("segments", segments);
        figures.put("compileSeconds", compileSeconds);
        figures.put("lossFirstTen", mean(losses.subList(0, Math.min(10, losses.size()))));
        figures.put("lossLastTen", mean(losses.subList(Math.max(0, losses.size() - 10), losses.size())));
        figures.put(
                "rowsPerSecond",
                rows / Spread.of(wall.subList(wall.size() / 5, wall.size())).median());
        figures.put(
                "rowsPerCpuSecond",
                rows / Spread.of(cpu.subList(cpu.size() / 5, cpu.size())).median());
        return figures;
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }

    /** Writes what a peer needs to take the same updates. */
    void dump(Path folder) throws IOException {
        Files.createDirectories(folder);
        float[] theta;
        try (SequenceCloning learner = new SequenceCloning(network, config)) {
            theta = learner.initialState(SEED).vector("theta");
        }
        try (OutputStream out = Files.newOutputStream(folder.resolve("theta"))) {
            write(out, theta, null);
        }
        Packing packing = new Packing(file.sequences(), network.vocabulary(), config.streams(), config.steps());
        try (OutputStream tokens = Files.newOutputStream(folder.resolve("tokens"));
                OutputStream targets = Files.newOutputStream(folder.resolve("targets"));
                OutputStream kept = Files.newOutputStream(folder.resolve("kept"));
                OutputStream weights = Files.newOutputStream(folder.resolve("weights"))) {
            for (int segment = 0; segment < packing.segments(); segment++) {
                packing.read(segment);
                write(tokens, null, packing.tokens());
                write(targets, null, packing.targets());
                write(kept, packing.kept(), null);
                write(weights, packing.weights(), null);
            }
        }
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("vocabulary", network.vocabulary());
        settings.put("embedding", network.embedding());
        settings.put("state", network.state());
        settings.put("streams", config.streams());
        settings.put("steps", config.steps());
        settings.put("segments", packing.segments());
        settings.put("learningRate", config.learningRate());
        settings.put("warmUp", config.warmUp());
        settings.put("steady", config.steady());
        settings.put("gradientNorm", config.gradientNorm());
        new ObjectMapper().writeValue(folder.resolve("settings.json").toFile(), settings);
    }

    private static void write(OutputStream out, float @Nullable [] floats, long @Nullable [] longs) throws IOException {
        int size = (floats == null ? 0 : Float.BYTES * floats.length) + (longs == null ? 0 : Long.BYTES * longs.length);
        ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        if (floats != null) {
            bytes.asFloatBuffer().put(floats);
        }
        if (longs != null) {
            bytes.asLongBuffer().put(longs);
        }
        out.write(bytes.array());
    }
}
