package dev.understudy.network;

import dev.understudy.graph.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * A multilayer perceptron: affine layers with an activation between them and none after the last.
 *
 * @param name prefix of its parameters' names
 * @param inputs length of what it reads
 * @param hidden widths of the hidden layers; may be empty, which makes it affine
 * @param outputs length of what it returns
 * @param activation what follows each hidden layer
 */
public record Mlp(String name, int inputs, List<Integer> hidden, int outputs, Activation activation) {
    public Mlp {
        hidden = List.copyOf(hidden);
        if (inputs < 1 || outputs < 1 || hidden.stream().anyMatch(width -> width < 1)) {
            throw new IllegalArgumentException("expected layer widths of at least 1, got %d-%s-%d (network %s)"
                    .formatted(inputs, hidden, outputs, name));
        }
    }

    private List<Integer> widths() {
        List<Integer> widths = new ArrayList<>();
        widths.add(inputs);
        widths.addAll(hidden);
        widths.add(outputs);
        return widths;
    }

    private String weight(int layer) {
        return name + ".w" + layer;
    }

    private String bias(int layer) {
        return name + ".b" + layer;
    }

    /** Appends its weights, {@code [in, out]} and {@code [out]} per layer, to a layout. */
    public void declare(ParameterLayout.Builder layout) {
        List<Integer> widths = widths();
        for (int layer = 0; layer + 1 < widths.size(); layer++) {
            layout.add(weight(layer), widths.get(layer), widths.get(layer + 1));
            layout.add(bias(layer), widths.get(layer + 1));
        }
    }

    /**
     * Draws its weights into {@code theta}: uniform with the variance of Glorot and Bengio (2010), eq. 16; biases 0.
     *
     * @param theta all parameters of the model; only this network's are written
     * @param outputScale multiplies the last layer's weights; a small one starts the network near zero output
     */
    public void initialise(float[] theta, ParameterLayout layout, RandomGenerator random, double outputScale) {
        List<Integer> widths = widths();
        for (int layer = 0; layer + 1 < widths.size(); layer++) {
            boolean last = layer + 2 == widths.size();
            double bound = Math.sqrt(6.0 / (widths.get(layer) + widths.get(layer + 1))) * (last ? outputScale : 1.0);
            int offset = layout.offset(weight(layer));
            for (int i = 0; i < layout.length(weight(layer)); i++) {
                theta[offset + i] = (float) ((2.0 * random.nextDouble() - 1.0) * bound);
            }
            int biases = layout.offset(bias(layer));
            for (int i = 0; i < layout.length(bias(layer)); i++) {
                theta[biases + i] = 0f;
            }
        }
    }

    /**
     * Returns the network's output, {@code [batch, outputs]}.
     *
     * @param parameters weights by name, as {@link ParameterLayout#unpack} gives them
     * @param x {@code [batch, inputs]}
     */
    public Tensor apply(Map<String, Tensor> parameters, Tensor x) {
        Tensor y = x;
        int layers = hidden.size() + 1;
        for (int layer = 0; layer < layers; layer++) {
            y = y.gemm(parameter(parameters, weight(layer)), parameter(parameters, bias(layer)));
            if (layer + 1 < layers) {
                y = activation.apply(y);
            }
        }
        return y;
    }

    private static Tensor parameter(Map<String, Tensor> parameters, String name) {
        Tensor weight = parameters.get(name);
        if (weight == null) {
            throw new IllegalArgumentException(
                    "expected parameter %s, got only %s".formatted(name, parameters.keySet()));
        }
        return weight;
    }
}
