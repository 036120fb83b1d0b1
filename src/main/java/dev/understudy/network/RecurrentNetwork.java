package dev.understudy.network;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Gradient;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Shape;
import dev.understudy.graph.SoftmaxLoss;
import dev.understudy.graph.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A recurrent network over tokens: one embedding for what is read and what is predicted (Press and Wolf 2017,
 * arXiv:1608.05859) around a gated recurrent unit (Cho et al. 2014, arXiv:1406.1078). The carried state is all that it
 * knows of what came before.
 *
 * <pre>
 *   x = E[token]                                      [e]
 *   r, z = sigmoid(x W + b + h U + c), its first two thirds
 *   n = tanh(x W + b + r (h U + c)), its last third   [d]   the reset gate after the product, as in cuDNN
 *   h' = n + z (h - n)                                [d]
 *   logits = h' P E' + bias                           [vocabulary]
 * </pre>
 *
 * <p>With n-gram tables beside it, a gate says how far to go by them, given the projected state and how well the tables
 * know the context (v, {@link NGramTables.Recall#evidence}):
 *
 * <pre>
 *   g = sigmoid([h' P, 1] a + v b)
 *   p = (1 - g) softmax(logits) + g p of the tables
 * </pre>
 *
 * @param vocabulary number of tokens
 * @param embedding e, width of a token
 * @param state d, width of the state
 * @param nGrams the tables; null for none
 */
public record RecurrentNetwork(
        int vocabulary, int embedding, int state, @Nullable NGramTables nGrams) {
    private static final String GATE = "gate";
    private static final String GATE_EVIDENCE = "gateEvidence";
    private static final String EMBEDDING = "embedding";
    private static final String BIAS = "bias";
    private static final String INPUT = "input";
    private static final String INPUT_BIAS = "inputBias";
    private static final String RECURRENT = "recurrent";
    private static final String RECURRENT_BIAS = "recurrentBias";
    private static final String PROJECTION = "projection";

    public RecurrentNetwork {
        if (vocabulary < 2 || embedding < 1 || state < 1) {
            throw new IllegalArgumentException(
                    "expected a vocabulary of at least 2 and widths of at least 1, got %d, %d and %d"
                            .formatted(vocabulary, embedding, state));
        }
        if (nGrams != null && nGrams.vocabulary() != vocabulary) {
            throw new IllegalArgumentException("expected n-gram tables of the same vocabulary %d, got %d"
                    .formatted(vocabulary, nGrams.vocabulary()));
        }
    }

    /** Makes a network without n-gram tables. */
    public RecurrentNetwork(int vocabulary, int embedding, int state) {
        this(vocabulary, embedding, state, null);
    }

    /** Returns the same network beside other tables. */
    public RecurrentNetwork with(@Nullable NGramTables otherNGrams) {
        return new RecurrentNetwork(vocabulary, embedding, state, otherNGrams);
    }

    /**
     * What is multiplied into the embedded tokens and into the projected states of each stream, the same at all of its
     * steps (Gal and Ghahramani 2016, arXiv:1512.05287): 0 or 1 / (1 - rate).
     *
     * @param embedded {@code [streams, e]}
     * @param projected {@code [streams, e]}
     */
    public record Dropout(Tensor embedded, Tensor projected) {}

    /**
     * The network along some steps of parallel streams; rows are those of all streams at the first step, then of all at
     * the second, and so on.
     *
     * @param projected h' P with a last column of ones, {@code [steps * streams, e + 1]}
     * @param choices E with the bias as its last column, {@code [vocabulary, e + 1]}
     * @param last the state after the last step, {@code [streams, d]}
     * @param states before each step, {@code [streams, d]}
     * @param products h U + c of each step, {@code [streams, 3 d]}; U and c are constant to them
     */
    public record Unrolled(Tensor projected, Tensor choices, Tensor last, List<Tensor> states, List<Tensor> products) {
        public Unrolled {
            states = List.copyOf(states);
            products = List.copyOf(products);
        }
    }

    /** Returns where its weights lie. */
    public ParameterLayout layout() {
        ParameterLayout.Builder builder = ParameterLayout.builder()
                .add(EMBEDDING, vocabulary, embedding)
                .add(BIAS, vocabulary)
                .add(INPUT, embedding, 3L * state)
                .add(INPUT_BIAS, 3L * state)
                .add(RECURRENT, state, 3L * state)
                .add(RECURRENT_BIAS, 3L * state)
                .add(PROJECTION, state, embedding);
        if (nGrams != null) {
            builder.add(GATE, embedding + 1L, 1).add(GATE_EVIDENCE, nGrams.evidence(), 1);
        }
        return builder.build();
    }

    /** Returns how many numbers {@link #toModel} takes: all weights and, behind them, what the tables hold. */
    public int exported() {
        return layout().size() + (nGrams == null ? 0 : nGrams.exported());
    }

    /** Returns the width of the state of a served step: d, and the tokens that the tables look back at. */
    public int servedState() {
        return state + (nGrams == null ? 0 : nGrams.order() - 1);
    }

    /**
     * Draws first weights: embeddings uniform with deviation 1 / sqrt(e), the rest uniform within 1 / sqrt(d), as
     * PyTorch does for its GRU; biases and the gate 0.
     */
    public float[] initialise(RandomGenerator random) {
        ParameterLayout layout = layout();
        float[] theta = new float[layout.size()];
        draw(theta, layout, EMBEDDING, Math.sqrt(3.0 / embedding), random);
        for (String name : List.of(INPUT, RECURRENT, PROJECTION)) {
            draw(theta, layout, name, Math.sqrt(1.0 / state), random);
        }
        return theta;
    }

    private static void draw(float[] theta, ParameterLayout layout, String name, double bound, RandomGenerator random) {
        int offset = layout.offset(name);
        for (int i = 0; i < layout.length(name); i++) {
            theta[offset + i] = (float) random.nextDouble(-bound, bound);
        }
    }

    /**
     * Runs along parallel streams.
     *
     * @param weights by name, as {@link ParameterLayout#unpack} gives them
     * @param tokens INT64 {@code [steps * streams]}
     * @param kept 0 where a conversation begins, so that the state before it is forgotten; 1 elsewhere; {@code [steps *
     *     streams, 1]}
     * @param first the state before the first step, {@code [streams, d]}
     */
    public Unrolled unroll(
            Map<String, Tensor> weights, Tensor tokens, Tensor kept, Tensor first, @Nullable Dropout dropout) {
        int streams = Math.toIntExact(first.shape().dim(0));
        int steps = Math.toIntExact(tokens.shape().dim(0) / streams);
        Tensor embedded = weight(weights, EMBEDDING).gather(0, tokens);
        if (dropout != null) {
            embedded = masked(embedded, dropout.embedded(), steps);
        }
        List<Tensor> inputs = embedded.gemm(weight(weights, INPUT), weight(weights, INPUT_BIAS))
                .split(1, 2L * state, state);
        long[] lengths = new long[steps];
        Arrays.fill(lengths, streams);
        List<Tensor> gates = inputs.get(0).split(0, lengths);
        List<Tensor> candidates = inputs.get(1).split(0, lengths);
        List<Tensor> keeps = kept.split(0, lengths);
        // Constant here: gradient() makes theirs in one product over all steps.
        Tensor recurrent = weight(weights, RECURRENT).stopGradient();
        Tensor recurrentBias = weight(weights, RECURRENT_BIAS).stopGradient();
        List<Tensor> before = new ArrayList<>();
        List<Tensor> products = new ArrayList<>();
        List<Tensor> after = new ArrayList<>();
        Tensor h = first;
        for (int t = 0; t < steps; t++) {
            before.add(h.mul(keeps.get(t)));
            products.add(before.get(t).gemm(recurrent, recurrentBias));
            h = next(gates.get(t), candidates.get(t), before.get(t), products.get(t));
            after.add(h);
        }
        Tensor projected = Tensor.concat(0, after).matMul(weight(weights, PROJECTION));
        if (dropout != null) {
            projected = masked(projected, dropout.projected(), steps);
        }
        return new Unrolled(withOnes(projected), choices(weights), h, before, products);
    }

    private Tensor next(Tensor gates, Tensor candidate, Tensor h, Tensor product) {
        List<Tensor> recurrent = product.split(1, 2L * state, state);
        List<Tensor> opened = gates.add(recurrent.get(0)).sigmoid().split(1, state, state);
        Tensor n = candidate.add(opened.get(0).mul(recurrent.get(1))).tanh();
        return n.add(opened.get(1).mul(h.sub(n)));
    }

    private Tensor masked(Tensor rows, Tensor mask, int steps) {
        Shape apart = Shape.of(steps, mask.shape().dim(0), embedding);
        return rows.reshape(apart).mul(mask).reshape(rows.shape());
    }

    private static Tensor withOnes(Tensor rows) {
        float[] ones = new float[Math.toIntExact(rows.shape().dim(0))];
        Arrays.fill(ones, 1f);
        return Tensor.concat(1, List.of(rows, rows.graph().constant(ones, Shape.of(ones.length, 1))));
    }

    private Tensor choices(Map<String, Tensor> weights) {
        return Tensor.concat(
                1, List.of(weight(weights, EMBEDDING), weight(weights, BIAS).reshape(Shape.of(vocabulary, 1))));
    }

    /**
     * Returns the gradient of a loss of an unrolled network as one vector in the order of {@link #layout}.
     *
     * <p>U and c act at every step. Their gradients are sums over the steps, made here as one product of all states
     * with what flows back to all products, in place of a product and a sum for each step.
     *
     * @param loss of one element
     */
    public Tensor gradient(Tensor loss, Map<String, Tensor> weights, Unrolled unrolled) {
        List<String> names = layout().names();
        List<Tensor> by = new ArrayList<>();
        names.forEach(name -> by.add(weight(weights, name)));
        by.addAll(unrolled.products());
        List<Tensor> gradients = Gradient.of(loss, by);
        Tensor flowing = Tensor.concat(0, gradients.subList(names.size(), gradients.size()));
        Map<String, Tensor> parts = new LinkedHashMap<>();
        for (int i = 0; i < names.size(); i++) {
            parts.put(names.get(i), gradients.get(i));
        }
        parts.put(RECURRENT, Tensor.concat(0, unrolled.states()).transpose(1, 0).matMul(flowing));
        parts.put(RECURRENT_BIAS, flowing.sum(0));
        return layout().pack(parts);
    }

    /**
     * Returns the loss of the mixture of network and tables, nats of each row.
     *
     * @param projected as {@link Unrolled#projected}; no gradient reaches it through the gate
     * @param network nats of the network alone, {@code [rows]}
     * @param tables nats of the tables alone, {@code [rows]}
     * @param evidence {@code [rows, evidence]}
     */
    public Tensor mixture(
            Map<String, Tensor> weights, Tensor projected, Tensor network, Tensor tables, Tensor evidence) {
        Tensor gate = gate(weights, projected.stopGradient(), evidence).reshape(network.shape());
        // -log(e^a + e^b), with a and b the logarithms of the two parts.
        Tensor a = gate.softplus().add(network).neg();
        Tensor b = gate.neg().softplus().add(tables).neg();
        return b.sub(a).softplus().add(a).neg();
    }

    /** Returns the logit of the tables' share, {@code [rows, 1]}. */
    private static Tensor gate(Map<String, Tensor> weights, Tensor projected, Tensor evidence) {
        return projected.matMul(weight(weights, GATE)).add(evidence.matMul(weight(weights, GATE_EVIDENCE)));
    }

    /**
     * Returns one step as ONNX bytes without metadata: inputs {@code token} INT64 {@code [batch]} and {@code state}
     * {@code [batch, servedState]}; outputs {@code logits} {@code [batch, vocabulary]} and {@code nextState}
     * {@code [batch, servedState]}. With tables the state has the last tokens behind h, the newest first, and the
     * logits are logarithms of chances.
     *
     * @param exported all weights, in the order of {@link #layout}, and what the tables hold, {@link #exported} in all
     */
    public byte[] toModel(float[] exported) {
        if (exported.length != exported()) {
            throw new IllegalArgumentException("expected %d numbers, got %d".formatted(exported(), exported.length));
        }
        Graph graph = new Graph();
        Map<String, Tensor> weights = layout().constants(graph, exported);
        Tensor token = graph.input("token", ElementType.INT64, Shape.of(Shape.UNKNOWN));
        Tensor carried = graph.input("state", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, servedState()));
        Tensor h = carried.slice(1, 0, state);
        List<Tensor> input = weight(weights, EMBEDDING)
                .gather(0, token)
                .gemm(weight(weights, INPUT), weight(weights, INPUT_BIAS))
                .split(1, 2L * state, state);
        Tensor product = h.gemm(weight(weights, RECURRENT), weight(weights, RECURRENT_BIAS));
        Tensor next = next(input.get(0), input.get(1), h, product);
        Tensor projected = next.matMul(weight(weights, PROJECTION));
        Tensor logits =
                SoftmaxLoss.logits(projected, weight(weights, EMBEDDING)).add(weight(weights, BIAS));
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        if (nGrams == null) {
            outputs.put("logits", logits);
            outputs.put("nextState", next);
        } else {
            float[] memory = Arrays.copyOfRange(exported, layout().size(), exported.length);
            Recalled recalled = recall(graph.constant(memory, Shape.of(memory.length)), token, carried);
            Tensor share = gate(weights, withOne(projected), recalled.chances().evidence())
                    .sigmoid();
            Tensor own = logits.softmax(1);
            Tensor chances = own.add(recalled.chances().chances().sub(own).mul(share));
            // Above 0 for the logarithm: the least normal float.
            outputs.put("logits", chances.max(graph.constant(1.2e-38f)).log());
            outputs.put("nextState", Tensor.concat(1, recalled.next(next)));
        }
        return graph.toModel(outputs);
    }

    /** What the tables say in a served step, and the last tokens for the next one. */
    private record Recalled(NGramGraph.Chances chances, List<Tensor> tokens) {
        List<Tensor> next(Tensor h) {
            List<Tensor> parts = new ArrayList<>(List.of(h));
            parts.addAll(tokens);
            return parts;
        }
    }

    private Recalled recall(Tensor memory, Tensor token, Tensor carried) {
        NGramTables tables = Objects.requireNonNull(nGrams);
        List<Tensor> last = new ArrayList<>(List.of(token));
        List<Tensor> tokens =
                new ArrayList<>(List.of(token.cast(ElementType.FLOAT).reshape(Shape.of(Shape.UNKNOWN, 1))));
        for (int i = 0; i < tables.order() - 1; i++) {
            Tensor before = carried.slice(1, (long) state + i, state + i + 1L);
            tokens.add(before);
            last.add(before.reshape(Shape.of(Shape.UNKNOWN)).cast(ElementType.INT64));
        }
        return new Recalled(
                new NGramGraph(tables).chances(memory, last), tokens.subList(0, Math.max(0, tables.order() - 1)));
    }

    /** Returns rows with a last column of ones, whatever their number. */
    private static Tensor withOne(Tensor rows) {
        return Tensor.concat(1, List.of(rows, rows.slice(1, 0, 1).mul(0f).add(1f)));
    }

    private static Tensor weight(Map<String, Tensor> weights, String name) {
        Tensor weight = weights.get(name);
        if (weight == null) {
            throw new IllegalArgumentException("expected weight %s, got only %s".formatted(name, weights.keySet()));
        }
        return weight;
    }
}
