package dev.understudy.network;

import dev.understudy.domain.Step;
import dev.understudy.graph.Tensor;
import java.util.List;
import java.util.Map;

/**
 * Stochastic gradient descent with momentum: v' = momentum v + g; theta' = theta - rate v'.
 *
 * @param momentum 0 for none
 */
public record Sgd(float momentum) implements Optimiser {
    @Override
    public List<Memory> memory(int parameters) {
        return List.of(new Memory("sgd.velocity", new float[parameters]));
    }

    @Override
    public Step step(Tensor theta, Tensor gradient, Tensor learningRate, Map<String, Tensor> memory) {
        Tensor velocity = Adam.of(memory, "sgd.velocity").mul(momentum).add(gradient);
        return new Step(theta.sub(learningRate.mul(velocity)), Map.of("sgd.velocity", velocity));
    }
}
