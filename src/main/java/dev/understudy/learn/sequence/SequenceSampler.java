package dev.understudy.learn.sequence;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Feeds;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Result;
import dev.understudy.graph.Shape;
import dev.understudy.graph.SoftmaxLoss;
import dev.understudy.graph.Tensor;
import dev.understudy.network.RecurrentNetwork;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Draws replies from a recurrent network while it learns: the parameters are fed, so none is compiled anew, and a token
 * is drawn from the whole distribution, as the policy gradient asks. (In service,
 * {@link dev.understudy.model.AutoregressivePolicy} leaves out what is very unlikely.) For one thread.
 */
public final class SequenceSampler implements AutoCloseable {
    private static final String THETA = "theta";
    private static final String HIDDEN = "hidden";
    private static final String TOKENS = "tokens";
    private static final String KEPT = "kept";

    private final RecurrentNetwork network;
    private final int rows;
    private final Program reading;
    private final Program saying;

    /**
     * A reply that was drawn.
     *
     * @param tokens with the one that ended it, where one did
     * @param nats -log p of its tokens, summed
     */
    public record Said(int[] tokens, double nats) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Said that && Arrays.equals(tokens, that.tokens) && nats == that.nats;
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(tokens);
        }
    }

    /**
     * Compiles a sampler.
     *
     * @param rows replies drawn at once
     */
    public SequenceSampler(RecurrentNetwork network, int rows) {
        this.network = network;
        this.rows = rows;
        reading = program(false);
        saying = program(true);
    }

    private Program program(boolean says) {
        Graph graph = new Graph();
        Tensor theta =
                graph.input(THETA, ElementType.FLOAT, Shape.of(network.layout().size()));
        Tensor tokens = graph.input(TOKENS, ElementType.INT64, Shape.of(rows));
        Tensor kept = graph.input(KEPT, ElementType.FLOAT, Shape.of(rows, 1));
        Tensor hidden = graph.input(HIDDEN, ElementType.FLOAT, Shape.of(rows, network.state()));
        Map<String, Tensor> parameters = network.layout().unpack(theta);
        RecurrentNetwork.Unrolled step = network.unroll(parameters, tokens, kept, hidden, null);
        Program.Builder builder = Program.builder(graph).state(HIDDEN, hidden, step.last());
        if (says) {
            builder.output(
                    "probabilities",
                    SoftmaxLoss.logits(step.projected(), step.choices()).softmax(1));
        }
        return builder.build();
    }

    /** Sets the parameters, in the order of {@link RecurrentNetwork#layout}. */
    public void parameters(float[] theta) {
        reading.setInput(THETA, theta, Shape.of(theta.length));
        saying.setInput(THETA, theta, Shape.of(theta.length));
    }

    /**
     * Reads all tokens of each context but the last.
     *
     * @param contexts {@code rows} of them, none empty
     * @return the states after them, {@code [rows, d]}
     */
    public float[] read(List<int[]> contexts) {
        int longest =
                contexts.stream().mapToInt(context -> context.length).max().orElse(1);
        reading.setState(HIDDEN, new float[rows * network.state()]);
        long[] tokens = new long[rows];
        float[] kept = new float[rows];
        // They end together; before a row begins, its state is made from nothing again and again.
        for (int left = longest - 1; left > 0; left--) {
            for (int row = 0; row < rows; row++) {
                int[] context = contexts.get(row);
                int at = context.length - 1 - left;
                tokens[row] = at >= 0 ? context[at] : 0;
                kept[row] = at > 0 ? 1 : 0;
            }
            reading.run(new Feeds().longs(TOKENS, tokens).floats(KEPT, kept)).close();
        }
        float[] states = longest > 1 ? reading.state(HIDDEN) : new float[rows * network.state()];
        for (int row = 0; row < rows; row++) {
            if (contexts.get(row).length == 1) {
                Arrays.fill(states, row * network.state(), (row + 1) * network.state(), 0);
            }
        }
        return states;
    }

    /**
     * Draws a reply to each context, token by token.
     *
     * @param states as {@link #read} gives them for these contexts
     * @param most tokens of a reply
     * @param stops tokens that end a reply
     */
    public List<Said> say(List<int[]> contexts, float[] states, int most, Set<Integer> stops, RandomGenerator random) {
        saying.setState(HIDDEN, states);
        int[][] replies = new int[rows][most];
        int[] lengths = new int[rows];
        double[] nats = new double[rows];
        boolean[] ended = new boolean[rows];
        long[] tokens = new long[rows];
        float[] kept = new float[rows];
        Arrays.fill(kept, 1);
        for (int row = 0; row < rows; row++) {
            tokens[row] = contexts.get(row)[contexts.get(row).length - 1];
        }
        int speaking = rows;
        for (int at = 0; at < most && speaking > 0; at++) {
            try (Result result = saying.run(new Feeds().longs(TOKENS, tokens).floats(KEPT, kept))) {
                float[] probabilities = result.floats("probabilities");
                for (int row = 0; row < rows; row++) {
                    if (ended[row]) {
                        continue;
                    }
                    int token = draw(probabilities, row * network.vocabulary(), random.nextDouble());
                    replies[row][lengths[row]++] = token;
                    nats[row] -= Math.log(probabilities[row * network.vocabulary() + token]);
                    tokens[row] = token;
                    if (stops.contains(token)) {
                        ended[row] = true;
                        speaking--;
                    }
                }
            }
        }
        List<Said> said = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            said.add(new Said(Arrays.copyOf(replies[row], lengths[row]), nats[row]));
        }
        return said;
    }

    /** Returns the first token at which the probabilities so far pass a share; the last possible one if none does. */
    private int draw(float[] probabilities, int offset, double share) {
        double left = share;
        int possible = 0;
        for (int token = 0; token < network.vocabulary(); token++) {
            float probability = probabilities[offset + token];
            if (probability > 0) {
                possible = token;
                left -= probability;
                if (left < 0) {
                    return token;
                }
            }
        }
        return possible;
    }

    @Override
    public void close() {
        reading.close();
        saying.close();
    }
}
