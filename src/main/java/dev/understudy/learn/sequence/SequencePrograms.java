package dev.understudy.learn.sequence;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Shape;
import dev.understudy.graph.SoftmaxLoss;
import dev.understudy.graph.Tensor;
import dev.understudy.learn.LearnerState;
import dev.understudy.network.NGramTables;
import dev.understudy.network.Optimiser;
import dev.understudy.network.ParameterLayout;
import dev.understudy.network.RecurrentNetwork;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The compiled programs of sequence cloning: one segment learned, and one scored. */
final class SequencePrograms implements AutoCloseable {
    static final String THETA = "theta";
    static final String AVERAGE = "average";
    /** What the n-gram tables hold. */
    static final String MEMORY = "memory";

    static final String HIDDEN = "hidden";
    static final String TOKENS = "tokens";
    static final String TARGETS = "targets";
    static final String KEPT = "kept";
    static final String WEIGHTS = "weights";
    static final String LEARNING_RATE = "learningRate";
    /** How far the average goes towards the newest parameters. */
    static final String NEWEST = "newest";

    /** What the n-gram tables say of the targets, and of their contexts. */
    static final String RECALLED = "recalled";

    static final String EVIDENCE = "evidence";

    static final String EMBEDDED_MASK = "embeddedMask";
    static final String PROJECTED_MASK = "projectedMask";

    private final RecurrentNetwork network;
    private final SequenceCloningConfig config;
    private final Optimiser optimiser;
    private @Nullable Program training;
    private @Nullable Program scoring;

    SequencePrograms(RecurrentNetwork network, SequenceCloningConfig config, Optimiser optimiser) {
        this.network = network;
        this.config = config;
        this.optimiser = optimiser;
    }

    /** Returns what the n-gram tables hold in a state: nothing, if it is of before there were any. */
    static float[] memory(NGramTables tables, LearnerState state) {
        float[] memory = state.vectors().get(MEMORY);
        return memory == null ? tables.initial() : memory;
    }

    /** Advances theta, the optimiser's memory, the average and the hidden state; gives the {@code loss}, summed. */
    Program training() {
        Program program = training;
        if (program == null) {
            program = new Segment(true).training();
            training = program;
        }
        return program;
    }

    /** Advances the hidden state; gives the {@code losses} of all rows under a theta that is fed. */
    Program scoring() {
        Program program = scoring;
        if (program == null) {
            program = new Segment(false).scoring();
            scoring = program;
        }
        return program;
    }

    @Override
    public void close() {
        if (training != null) {
            training.close();
            training = null;
        }
        if (scoring != null) {
            scoring.close();
            scoring = null;
        }
    }

    /** The graph of one segment. */
    private final class Segment {
        private final Graph graph = new Graph();
        private final ParameterLayout layout = network.layout();
        private final int rows = config.streams() * config.steps();
        private final Tensor theta = graph.input(THETA, ElementType.FLOAT, Shape.of(layout.size()));
        private final Tensor hidden =
                graph.input(HIDDEN, ElementType.FLOAT, Shape.of(config.streams(), network.state()));
        private final Tensor targets = graph.input(TARGETS, ElementType.INT64, Shape.of(rows));
        private final Tensor weights = graph.input(WEIGHTS, ElementType.FLOAT, Shape.of(rows));
        private final Map<String, Tensor> parameters = layout.unpack(theta);
        private final RecurrentNetwork.Unrolled unrolled;
        private final @Nullable Tensor recalled;
        private final @Nullable Tensor evidence;

        Segment(boolean learns) {
            Tensor tokens = graph.input(TOKENS, ElementType.INT64, Shape.of(rows));
            Tensor kept = graph.input(KEPT, ElementType.FLOAT, Shape.of(rows, 1));
            Shape mask = Shape.of(config.streams(), network.embedding());
            RecurrentNetwork.Dropout dropout = learns && config.dropout() > 0
                    ? new RecurrentNetwork.Dropout(
                            graph.input(EMBEDDED_MASK, ElementType.FLOAT, mask),
                            graph.input(PROJECTED_MASK, ElementType.FLOAT, mask))
                    : null;
            unrolled = network.unroll(parameters, tokens, kept, hidden, dropout);
            NGramTables tables = network.nGrams();
            recalled = tables == null ? null : graph.input(RECALLED, ElementType.FLOAT, Shape.of(rows));
            evidence =
                    tables == null ? null : graph.input(EVIDENCE, ElementType.FLOAT, Shape.of(rows, tables.evidence()));
        }

        Program training() {
            Tensor learningRate = graph.input(LEARNING_RATE, ElementType.FLOAT, Shape.of(1));
            Tensor sum = graph.constant(0);
            Tensor objective = graph.constant(0);
            for (int from = 0; from < rows; from += config.piece()) {
                Tensor own =
                        SoftmaxLoss.of(piece(unrolled.projected(), from), unrolled.choices(), piece(targets, from));
                Tensor mixed = mixed(own.stopGradient(), from);
                sum = sum.add(mixed.mul(piece(weights, from)).sum());
                // The network learns as if it were alone; beside it, the gate learns to mix.
                Tensor each = network.nGrams() == null ? own : own.add(mixed);
                objective = objective.add(each.mul(piece(weights, from)).sum());
            }
            // Of all rows, learned or not: where few are, the step is short.
            Tensor gradient = network.gradient(objective.div(rows), parameters, unrolled);
            Tensor clipped = Optimiser.clipNorm(gradient, (float) config.gradientNorm());
            Map<String, Tensor> memory = new LinkedHashMap<>();
            for (Optimiser.Memory vector : optimiser.memory(layout.size())) {
                memory.put(
                        vector.name(),
                        graph.input(vector.name(), ElementType.FLOAT, Shape.of(vector.initial().length)));
            }
            Optimiser.Step step = optimiser.step(theta, clipped, learningRate, memory);
            Program.Builder builder = Program.builder(graph)
                    .output("loss", sum)
                    .state(THETA, theta, step.theta())
                    .state(HIDDEN, hidden, unrolled.last());
            memory.forEach((name, vector) -> builder.state(
                    name, vector, Objects.requireNonNull(step.memory().get(name))));
            if (config.averaging() > 0) {
                Tensor newest = graph.input(NEWEST, ElementType.FLOAT, Shape.of(1));
                Tensor average = graph.input(AVERAGE, ElementType.FLOAT, theta.shape());
                builder.state(
                        AVERAGE, average, average.add(step.theta().sub(average).mul(newest)));
            }
            return builder.build();
        }

        Program scoring() {
            List<Tensor> losses = new ArrayList<>();
            for (int from = 0; from < rows; from += config.piece()) {
                losses.add(mixed(
                        SoftmaxLoss.valueOf(
                                piece(unrolled.projected(), from), unrolled.choices(), piece(targets, from)),
                        from));
            }
            return Program.builder(graph)
                    .output("losses", losses.size() == 1 ? losses.get(0) : Tensor.concat(0, losses))
                    .state(HIDDEN, hidden, unrolled.last())
                    .build();
        }

        /** Returns the losses of rows of the network, or of it and the tables together. */
        private Tensor mixed(Tensor losses, int from) {
            if (recalled == null || evidence == null) {
                return losses;
            }
            return network.mixture(
                    parameters,
                    piece(unrolled.projected(), from),
                    losses,
                    piece(recalled, from),
                    piece(evidence, from));
        }

        private Tensor piece(Tensor all, int from) {
            return all.slice(0, from, (long) from + config.piece());
        }
    }
}
