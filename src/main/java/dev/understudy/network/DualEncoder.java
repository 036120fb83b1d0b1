package dev.understudy.network;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Two encoders whose product says how well a reply fits a context (Henderson and others, 2017, arXiv:1705.00652, sec.
 * 3.3): both read {@link BagOfFeatures} with the same embeddings. A context is three texts, the newest turn, the one
 * before it, and all older ones.
 *
 * <pre>
 * c = unit(u0 + k1 u1 + k2 u2 + MLP(u0, u1, u2))
 * r = unit(u + MLP(u))
 * score = exp(t) c.r + sum_k m_k(u0, u1, u2) match_k
 * </pre>
 *
 * <p>match_k says how well the reply's words match those of the k-th text; whoever asks knows them. How much they count
 * follows from the context: m is made by the context's network. Departures from the paper: the vectors are of length 1
 * with a learned temperature; the matches.
 *
 * @param bag the embeddings
 * @param hidden width of the hidden layer of both networks
 * @param lengths most features of the newest turn (and of a reply), of the one before, and of older ones
 */
public record DualEncoder(BagOfFeatures bag, int hidden, List<Integer> lengths) {
    /** How many texts make a context, and how many matches there are. */
    public static final int TEXTS = 3;

    /** Input of the exported model. */
    public static final String FEATURES = "features";
    /** Output of the exported model: exp(t) c and then m, {@code [batch, d + 3]}. */
    public static final String CONTEXT = "context";
    /** Output of the exported model: r, {@code [batch, d]}, of what stands in the place of the newest turn. */
    public static final String REPLY = "reply";

    private static final String SHARES = "shares";
    private static final String TEMPERATURE = "temperature";
    private static final String MATCHES = "matches";
    private static final float LEAST = 1e-6f;

    /** What learning begins with (guesses): of unit vectors, exp(2.3) is a temperature of 0.1. */
    private static final float[] FIRST_SHARES = {0.5f, 0.25f};

    private static final float FIRST_TEMPERATURE = 2.3f;
    private static final float[] FIRST_MATCHES = {6f, 4f, 4f};

    public DualEncoder {
        lengths = List.copyOf(lengths);
        if (lengths.size() != TEXTS || lengths.stream().anyMatch(length -> length < 1)) {
            throw new IllegalArgumentException(
                    "expected the lengths of %d texts, each at least 1, got %s".formatted(TEXTS, lengths));
        }
    }

    private Mlp ofContext() {
        return new Mlp("context", TEXTS * bag.width(), List.of(hidden), bag.width() + TEXTS, Activation.TANH);
    }

    private Mlp ofReply() {
        return new Mlp("reply", bag.width(), List.of(hidden), bag.width(), Activation.TANH);
    }

    /** Returns where its weights lie. */
    public ParameterLayout layout() {
        ParameterLayout.Builder layout = ParameterLayout.builder();
        bag.declare(layout);
        ofContext().declare(layout);
        ofReply().declare(layout);
        return layout.add(SHARES, TEXTS - 1)
                .add(TEMPERATURE, 1)
                .add(MATCHES, TEXTS)
                .build();
    }

    /** Draws first weights, with which a score is about that of shared features and matches. */
    public float[] initialise(RandomGenerator random) {
        ParameterLayout layout = layout();
        float[] theta = new float[layout.size()];
        bag.initialise(theta, layout, random);
        ofContext().initialise(theta, layout, random, 0.1);
        ofReply().initialise(theta, layout, random, 0.1);
        System.arraycopy(FIRST_SHARES, 0, theta, layout.offset(SHARES), FIRST_SHARES.length);
        theta[layout.offset(TEMPERATURE)] = FIRST_TEMPERATURE;
        System.arraycopy(FIRST_MATCHES, 0, theta, layout.offset(MATCHES), FIRST_MATCHES.length);
        return theta;
    }

    /** Returns how many features a context has room for. */
    public int room() {
        return lengths.stream().mapToInt(length -> length).sum();
    }

    /** Contexts: exp(t) c, {@code [batch, d]}, and m, {@code [batch, 3]}. */
    public record Contexts(Tensor vectors, Tensor matches) {}

    /**
     * Encodes contexts.
     *
     * @param weights by name, as {@link ParameterLayout#unpack} gives them
     * @param ids INT64 {@code [batch, room]}: the three texts, each in its place
     */
    public Contexts contexts(Map<String, Tensor> weights, Tensor ids) {
        List<Tensor> texts = ids
                .split(1, lengths.stream().mapToLong(length -> length).toArray())
                .stream()
                .map(text -> bag.pool(weights, text))
                .toList();
        Tensor made = ofContext().apply(weights, Tensor.concat(1, texts));
        List<Tensor> parts = made.split(1, bag.width(), TEXTS);
        List<Tensor> shares = ParameterLayout.of(weights, SHARES).split(0, 1, 1);
        Tensor vector = texts.get(0)
                .add(texts.get(1).mul(shares.get(0)))
                .add(texts.get(2).mul(shares.get(1)))
                .add(parts.get(0));
        Tensor sharpness = ParameterLayout.of(weights, TEMPERATURE).exp();
        return new Contexts(unit(vector).mul(sharpness), parts.get(1).add(ParameterLayout.of(weights, MATCHES)));
    }

    /**
     * Encodes replies: r, {@code [batch, d]}.
     *
     * @param ids INT64 {@code [batch, length of the newest turn]}
     */
    public Tensor replies(Map<String, Tensor> weights, Tensor ids) {
        Tensor u = bag.pool(weights, ids);
        return unit(u.add(ofReply().apply(weights, u)));
    }

    private static Tensor unit(Tensor rows) {
        return rows.div(rows.mul(rows).sum(true, 1).add(LEAST).sqrt());
    }

    /**
     * Returns both encoders as ONNX bytes without metadata: input {@code features} INT64 {@code [batch, room]}; outputs
     * {@code context} and {@code reply}.
     *
     * @param theta all weights, in the order of {@link #layout}
     */
    public byte[] toModel(float[] theta) {
        Graph graph = new Graph();
        Map<String, Tensor> weights = layout().constants(graph, theta);
        Tensor ids = graph.input(FEATURES, ElementType.INT64, Shape.of(Shape.UNKNOWN, room()));
        Contexts contexts = contexts(weights, ids);
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        outputs.put(CONTEXT, Tensor.concat(1, List.of(contexts.vectors(), contexts.matches())));
        outputs.put(REPLY, replies(weights, ids.slice(1, 0, lengths.get(0))));
        return graph.toModel(outputs);
    }
}
