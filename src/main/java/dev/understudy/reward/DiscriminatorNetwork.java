package dev.understudy.reward;

import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.network.Mlp;
import dev.understudy.network.ParameterLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The network of a {@link Discriminator} as a piece of a graph: from an input to the logit z of D = sigma(z), the
 * probability that the input is the expert's. A generator is trained through it.
 */
public final class DiscriminatorNetwork implements LogitNetwork {
    private static final String NAME = "discriminator";
    private static final float TINY = 1e-12f;
    private static final float KEPT_DIRECTION = 1e-4f;

    private final Mlp network;
    private final DiscriminatorOptions options;
    private final ParameterLayout layout;
    private final ParameterLayout directions;

    /**
     * Creates the network.
     *
     * @param inputs length of an input
     */
    public DiscriminatorNetwork(int inputs, DiscriminatorOptions options) {
        this.network = new Mlp(NAME, inputs, options.hidden(), 1, options.activation());
        this.options = options;
        ParameterLayout.Builder builder = ParameterLayout.builder();
        network.declare(builder);
        this.layout = builder.build();
        ParameterLayout.Builder perLayer = ParameterLayout.builder();
        for (int layer = 0; layer <= options.hidden().size(); layer++) {
            perLayer.add(weight(layer), layout.length(NAME + ".b" + layer));
        }
        this.directions = perLayer.build();
    }

    private static String weight(int layer) {
        return NAME + ".w" + layer;
    }

    @Override
    public int size() {
        return layout.size();
    }

    @Override
    public int directionsSize() {
        return directions.size();
    }

    @Override
    public float[] initialTheta(RandomGenerator random) {
        float[] theta = new float[layout.size()];
        network.initialise(theta, layout, random, options.output() == DiscriminatorOptions.Output.ZERO ? 0.0 : 1.0);
        return theta;
    }

    @Override
    public float[] initialDirections(RandomGenerator random) {
        float[] first = new float[directions.size()];
        for (int i = 0; i < first.length; i++) {
            first[i] = (float) random.nextGaussian();
        }
        return first;
    }

    /**
     * Returns z, {@code [batch]}.
     *
     * @param theta weights, {@code [size]}
     * @param direction what spectral normalisation remembers, {@code [directionsSize]}; without it not read
     * @param scaled inputs, standardised, {@code [batch, inputs]}
     */
    public Tensor logit(Tensor theta, Tensor direction, Tensor scaled) {
        return learned(apply(theta, direction), scaled);
    }

    @Override
    public Tensor logit(Applied applied, Tensor scaled, @Nullable Tensor given) {
        return learned(applied, scaled);
    }

    private Tensor learned(Applied applied, Tensor scaled) {
        return network.apply(applied.weights(), scaled).reshape(Shape.of(Shape.UNKNOWN));
    }

    @Override
    public Applied apply(Tensor theta, Tensor direction) {
        Map<String, Tensor> weights = new TreeMap<>(layout.unpack(theta));
        if (options.normalisation() == DiscriminatorOptions.Normalisation.NONE) {
            return new Applied(weights, direction);
        }
        Map<String, Tensor> before = directions.unpack(direction);
        List<Tensor> after = new ArrayList<>();
        for (int layer = 0; layer <= options.hidden().size(); layer++) {
            Tensor w = required(weights, weight(layer)); // [in, out]
            int out = directions.length(weight(layer));
            Tensor u = required(before, weight(layer)).reshape(Shape.of(out, 1));
            // Algorithm 1 of Miyato et al.: one power iteration; u and v count as constants in the gradient. A little
            // of the old direction keeps one alive while all weights are zero.
            Tensor v = unit(w.matMul(u)).stopGradient();
            Tensor next =
                    unit(w.transpose(1, 0).matMul(v).add(u.mul(KEPT_DIRECTION))).stopGradient();
            Tensor sigma = v.mul(w.matMul(next)).sum();
            weights.put(weight(layer), w.div(sigma.max(w.graph().constant(1f))));
            after.add(next.reshape(Shape.of(out)));
        }
        return new Applied(weights, Tensor.concat(0, after));
    }

    private static Tensor unit(Tensor column) {
        return column.div(column.mul(column).sum().add(TINY).sqrt());
    }

    private static Tensor required(Map<String, Tensor> weights, String name) {
        Tensor weight = weights.get(name);
        if (weight == null) {
            throw new IllegalStateException("expected weight %s, got %s".formatted(name, weights.keySet()));
        }
        return weight;
    }
}
