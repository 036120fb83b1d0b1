package dev.understudy.learn.adversarial;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Gradient;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * F v, the Fisher information matrix times a vector, as a piece of a graph: Schulman et al. (2015), arXiv:1502.05477,
 * appendix C.1. With z(theta) what makes the distribution of a row, F is the mean over rows of J' M J: J is dz/dtheta
 * and M the Hessian by z of KL(z0 || z) at z = z0.
 *
 * <p>Departure: J v comes from differentiating the graph of J'u by u, not from a second pass through the divergence
 * (the paper offers both): two forward passes' worth of products fewer, and no term that is zero.
 */
final class FisherProduct {
    /** Prefix of the inputs u, of any value, that some graphs need for their size: {@code dual0}, .. */
    static final String DUAL = "dual";

    private FisherProduct() {}

    /**
     * Returns F v, {@code [parameters]}.
     *
     * @param theta {@code [parameters]}
     * @param direction v, {@code [parameters]}
     * @param z what the distribution is made of, each {@code [batch, ..]}
     * @param divergence from z to KL(stopped z || z), {@code [batch]}
     */
    static Tensor of(Tensor theta, Tensor direction, List<Tensor> z, Function<List<Tensor>, Tensor> divergence) {
        Graph graph = theta.graph();
        List<Tensor> duals = new ArrayList<>();
        for (int i = 0; i < z.size(); i++) {
            duals.add(graph.input(DUAL + i, ElementType.FLOAT, z.get(i).shape()));
        }
        Tensor pulled = Gradient.of(dot(z, duals), List.of(theta)).get(0); // J'u
        List<Tensor> pushed = Gradient.of(pulled.mul(direction).sum(), duals); // J v
        Tensor mean = divergence.apply(z).mean();
        List<Tensor> slope = Gradient.of(mean, z);
        List<Tensor> curved = Gradient.of(dot(slope, stopped(pushed)), z); // M J v
        return Gradient.of(dot(z, stopped(curved)), List.of(theta)).get(0); // J'M J v
    }

    private static List<Tensor> stopped(List<Tensor> tensors) {
        return tensors.stream().map(Tensor::stopGradient).toList();
    }

    private static Tensor dot(List<Tensor> left, List<Tensor> right) {
        Tensor sum = left.get(0).graph().constant(0f);
        for (int i = 0; i < left.size(); i++) {
            sum = sum.add(left.get(i).mul(right.get(i)).sum());
        }
        return sum;
    }
}
