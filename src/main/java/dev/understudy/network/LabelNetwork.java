package dev.understudy.network;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Any number of labels of a context: the logit of each, of three texts as {@link DualEncoder} has them, by
 * {@link BagOfFeatures} and a network with one hidden layer, beside which the inputs go straight to the logits too.
 *
 * @param bag the embeddings
 * @param hidden width of the hidden layer
 * @param lengths most features of each text
 * @param labels m, how many labels there are
 */
public record LabelNetwork(BagOfFeatures bag, int hidden, List<Integer> lengths, int labels) {
    /** Input of the exported model. */
    public static final String FEATURES = "features";
    /** Output of the exported model, {@code [batch, m]}. */
    public static final String LOGITS = "logits";

    private static final String DIRECT = "direct";

    public LabelNetwork {
        lengths = List.copyOf(lengths);
        if (lengths.isEmpty() || lengths.stream().anyMatch(length -> length < 1) || labels < 1) {
            throw new IllegalArgumentException(
                    "expected texts of at least 1 feature and at least 1 label, got %s and %d"
                            .formatted(lengths, labels));
        }
    }

    private Mlp mlp() {
        return new Mlp("labels", lengths.size() * bag.width(), List.of(hidden), labels, Activation.TANH);
    }

    /** Returns where its weights lie. */
    public ParameterLayout layout() {
        ParameterLayout.Builder layout = ParameterLayout.builder();
        bag.declare(layout);
        mlp().declare(layout);
        return layout.add(DIRECT, (long) lengths.size() * bag.width(), labels).build();
    }

    /** Draws first weights, with which all logits are near 0. */
    public float[] initialise(RandomGenerator random) {
        ParameterLayout layout = layout();
        float[] theta = new float[layout.size()];
        bag.initialise(theta, layout, random);
        mlp().initialise(theta, layout, random, 0.1);
        return theta;
    }

    /** Returns how many features a context has room for. */
    public int room() {
        return lengths.stream().mapToInt(length -> length).sum();
    }

    /**
     * Returns logits, {@code [batch, m]}.
     *
     * @param weights by name, as {@link ParameterLayout#unpack} gives them
     * @param ids INT64 {@code [batch, room]}: the texts, each in its place
     */
    public Tensor logits(Map<String, Tensor> weights, Tensor ids) {
        List<Tensor> texts = ids
                .split(1, lengths.stream().mapToLong(length -> length).toArray())
                .stream()
                .map(text -> bag.pool(weights, text))
                .toList();
        Tensor all = Tensor.concat(1, texts);
        return mlp().apply(weights, all).add(all.matMul(ParameterLayout.of(weights, DIRECT)));
    }

    /**
     * Returns it as ONNX bytes without metadata: input {@code features} INT64 {@code [batch, room]}, output
     * {@code logits}.
     *
     * @param theta all weights, in the order of {@link #layout}
     */
    public byte[] toModel(float[] theta) {
        Graph graph = new Graph();
        Map<String, Tensor> weights = layout().constants(graph, theta);
        Tensor ids = graph.input(FEATURES, ElementType.INT64, Shape.of(Shape.UNKNOWN, room()));
        return graph.toModel(Map.of(LOGITS, logits(weights, ids)));
    }
}
