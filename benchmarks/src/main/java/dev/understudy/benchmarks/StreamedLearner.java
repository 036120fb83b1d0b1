package dev.understudy.benchmarks;

import dev.understudy.data.Matrix;
import dev.understudy.data.Reservoir;
import dev.understudy.data.Trajectory;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.HeldOut;
import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Sample;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.train.TrainingConfig;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * What the learning job does with the logs of one policy, without Kafka and Flink: assembler, held-out episodes,
 * windows, rehearsal and learner are the job's own. Every candidate goes into service.
 */
final class StreamedLearner<S extends Sample> implements AutoCloseable {
    /** What is rehearsed of the windows before. */
    enum Memory {
        /** What the learning job keeps. */
        RESERVOIR("as the learning job"),
        /** Of runs shorter than half a piece each with a chance of its share of that, as the job did once. */
        LONG_RUNS("long runs"),
        /** All there was: HG-DAgger as published. */
        ALL("everything");

        private final String told;

        Memory(String told) {
            this.told = told;
        }

        /** Returns it in words. */
        String told() {
            return told;
        }
    }

    private final PolicySpec<S> spec;
    private final Memory memory;
    private final long seed;
    private final Learner learner;
    private final Assembler<S> assembler;
    private final int pieceSteps;
    private final Reservoir reservoir;
    private final List<Trajectory> all = new ArrayList<>();
    private final SplittableRandom chance;
    private LearnerState state;
    private int windows;

    StreamedLearner(PolicySpec<S> spec, int length, Memory memory, long seed) {
        this.spec = spec;
        this.memory = memory;
        this.seed = seed;
        TrainingConfig training = TrainingConfig.defaults(Policies.one(spec));
        learner = spec.onStreams(Algorithms.CLONING, length);
        assembler = new Assembler<>(spec, LogReading.defaults().experts());
        pieceSteps = training.replayPieceSteps();
        reservoir = new Reservoir(training.replayPieces(), pieceSteps, training.replayRecency(), seed);
        chance = new SplittableRandom(seed);
        state = learner.initialState(seed);
    }

    /** Learns one window's logs, without those of held-out episodes; nothing where no step is to be learned. */
    void learn(List<S> logs) {
        List<Trajectory> window = demonstrations(logs);
        if (window.isEmpty()) {
            return;
        }
        try (Update update = learner.begin(state, window, rehearsed(), 1000 * seed + windows++)) {
            boolean more = true;
            while (more) {
                more = update.step();
            }
            state = update.state();
        }
        all.addAll(window);
        window.stream().filter(this::isKept).forEach(reservoir::offer);
    }

    private List<Trajectory> demonstrations(List<S> logs) {
        List<Step> steps = new ArrayList<>();
        Assembler.Output<S> out = new Assembler.Output<>() {
            @Override
            public void step(Step step) {
                steps.add(step);
            }

            @Override
            public void rejected(S sample, Refusal reason) {}
        };
        int percent = LogReading.defaults().heldOutPercent();
        logs.stream()
                .filter(sample -> !HeldOut.isHeldOut(sample.episode(), percent))
                .forEach(sample -> assembler.offer(sample, out));
        return Steps.trajectories(steps, spec.stepMs());
    }

    private boolean isKept(Trajectory trajectory) {
        return memory != Memory.LONG_RUNS || chance.nextDouble() * pieceSteps < 2.0 * trajectory.steps();
    }

    private List<Trajectory> rehearsed() {
        return switch (memory) {
            case RESERVOIR, LONG_RUNS -> reservoir.trajectories();
            case ALL -> List.copyOf(all);
        };
    }

    /** Returns what was learned so far. */
    LoadedPolicy policy() {
        int n = spec.observationSize();
        int k = spec.actionSize();
        ModelMetadata metadata = new ModelMetadata(
                spec.name(),
                "",
                0,
                0,
                List.of(),
                seed,
                spec.fingerprint(),
                "{}",
                new Matrix(1, n, new float[n]),
                new Matrix(1, k, new float[k]),
                "benchmark",
                "",
                new TreeMap<>());
        return LoadedPolicy.load(ModelFile.createGolden(learner.export(state), metadata), n, k);
    }

    /** Returns how many steps were learned from so far. */
    int steps() {
        return all.stream().mapToInt(Trajectory::steps).sum();
    }

    @Override
    public void close() {
        learner.close();
    }
}
