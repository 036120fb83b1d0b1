package dev.understudy.network;

import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * A text as one vector: the embeddings of its features, each by how much it matters, over the length of those weights
 * (a bag of n-grams as in Henderson and others, 2017, arXiv:1705.00652, sec. 3.2, where all weights are 1):
 *
 * <pre>u = sum_i exp(w_i) E_i / sqrt(sum_i exp(2 w_i))</pre>
 *
 * <p>First embeddings are of length about 1 and at right angles as far as there is room, so u begins as a random
 * projection: the product of two texts is about their cosine.
 *
 * @param features how many there are, {@link #NONE} included
 * @param width d, of an embedding
 */
public record BagOfFeatures(int features, int width) {
    /** The feature that fills a row up: it adds nothing. */
    public static final int NONE = 0;

    private static final String EMBEDDING = "embedding";
    private static final String WEIGHT = "weight";
    /** Keeps an empty text at 0. */
    private static final float LEAST = 1e-6f;

    public BagOfFeatures {
        if (features < 2 || width < 1) {
            throw new IllegalArgumentException(
                    "expected at least 2 features of width 1, got %d of %d".formatted(features, width));
        }
    }

    /** Appends E, {@code [features, d]}, and w, {@code [features]}, to a layout. */
    public void declare(ParameterLayout.Builder layout) {
        layout.add(EMBEDDING, features, width);
        layout.add(WEIGHT, features);
    }

    /** Draws E uniformly with deviation 1 / sqrt(d); w is 0. */
    public void initialise(float[] theta, ParameterLayout layout, RandomGenerator random) {
        int offset = layout.offset(EMBEDDING);
        double bound = Math.sqrt(3.0 / width);
        for (int i = 0; i < layout.length(EMBEDDING); i++) {
            theta[offset + i] = (float) random.nextDouble(-bound, bound);
        }
    }

    /**
     * Returns vectors of texts, {@code [batch, d]}.
     *
     * @param parameters by name, as {@link ParameterLayout#unpack} gives them
     * @param ids features of each text, INT64 {@code [batch, length]}, filled up with {@link #NONE}
     */
    public Tensor pool(Map<String, Tensor> parameters, Tensor ids) {
        float[] counted = new float[features];
        Arrays.fill(counted, 1f);
        counted[NONE] = 0f;
        Tensor importance = ParameterLayout.of(parameters, WEIGHT)
                .exp()
                .mul(ids.graph().constant(counted, Shape.of(features)))
                .gather(0, ids);
        long length = ids.shape().dim(1);
        long batch = ids.shape().dim(0);
        Tensor sum = importance
                .reshape(Shape.of(batch, 1, length))
                .matMul(ParameterLayout.of(parameters, EMBEDDING).gather(0, ids))
                .reshape(Shape.of(batch, width));
        return sum.div(importance.mul(importance).sum(true, 1).add(LEAST).sqrt());
    }
}
