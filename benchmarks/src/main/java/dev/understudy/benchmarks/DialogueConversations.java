package dev.understudy.benchmarks;

import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.data.Trajectory;
import dev.understudy.dialogue.Conversation;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.Experts;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.ingest.DialogueFormat;
import dev.understudy.ingest.SampleSource;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.model.ServedPolicy;
import dev.understudy.model.TrainedFigures;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Conversations of a file, and policies of dialogue learned from some of them. */
final class DialogueConversations {
    private DialogueConversations() {}

    static List<Conversation> read(Path demos, DialogueFormat format) {
        try (SampleSource source = format.open(List.of(demos), Instant.EPOCH);
                Stream<Turn> read = source.samples(Turn.class, row -> {})) {
            return Conversation.of(read.toList());
        }
    }

    static List<Trajectory> trajectories(PolicySpec<Turn> spec, List<Conversation> conversations) {
        List<Step> steps = new ArrayList<>();
        Assembler.Output<Turn> out = new Assembler.Output<>() {
            @Override
            public void step(Step step) {
                steps.add(step);
            }

            @Override
            public void rejected(Turn turn, Refusal reason) {}
        };
        for (Conversation conversation : conversations) {
            Assembler<Turn> assembler = new Assembler<>(spec, Experts.DEFAULT);
            conversation.turns().forEach(turn -> assembler.offer(turn, out));
            assembler.end(out);
        }
        return Steps.trajectories(steps, spec.stepMs());
    }

    /** A policy that was learned, and how long that took. */
    record Learned(ServedPolicy policy, double seconds, double steps) {}

    /** Clones a policy and loads what was exported. */
    static Learned learn(PolicySpec<Turn> spec, List<Trajectory> trajectories, int passes, long seed) {
        long began = System.nanoTime();
        try (Learner learner = spec.learner(Algorithms.CLONING, passes);
                Update update = learner.begin(learner.initialState(seed), trajectories, List.of(), seed)) {
            while (update.step()) {
                // the next
            }
            LearnerState state = update.state();
            double seconds = (System.nanoTime() - began) / 1e9;
            Rows golden = TrainedFigures.goldenObservations(trajectories);
            ModelMetadata metadata = new ModelMetadata(
                            spec.name(),
                            "",
                            0,
                            1,
                            List.of(),
                            seed,
                            spec.fingerprint(),
                            "{}",
                            golden,
                            new Matrix(golden.rows(), spec.actionSize(), new float[golden.rows() * spec.actionSize()]),
                            "bench",
                            ModelMetadata.UNKNOWN_LICENCE,
                            new TreeMap<>())
                    .with(learner.metadata(state));
            ModelFile file = ModelFile.createGolden(learner.export(state), metadata, spec::load);
            return new Learned(
                    spec.load(file), seconds, update.report().figures().getOrDefault("steps", Double.NaN));
        }
    }
}
