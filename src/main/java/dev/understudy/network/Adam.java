package dev.understudy.network;

import dev.understudy.domain.Step;
import dev.understudy.graph.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adam: Kingma and Ba (2015), arXiv:1412.6980, Algorithm 1.
 *
 * <p>The powers of the betas are kept as memory, so a step needs no counter from outside.
 *
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param epsilon added to the root of the second moment
 */
public record Adam(float beta1, float beta2, float epsilon) implements Optimiser {
    /** Returns the paper's settings. */
    public static Adam defaults() {
        return new Adam(0.9f, 0.999f, 1e-8f);
    }

    @Override
    public List<Memory> memory(int parameters) {
        return List.of(
                new Memory("adam.m", new float[parameters]),
                new Memory("adam.v", new float[parameters]),
                new Memory("adam.power1", new float[] {1f}),
                new Memory("adam.power2", new float[] {1f}));
    }

    @Override
    public Step step(Tensor theta, Tensor gradient, Tensor learningRate, Map<String, Tensor> memory) {
        Tensor m = of(memory, "adam.m").mul(beta1).add(gradient.mul(1f - beta1));
        Tensor v = of(memory, "adam.v").mul(beta2).add(gradient.mul(gradient).mul(1f - beta2));
        Tensor power1 = of(memory, "adam.power1").mul(beta1);
        Tensor power2 = of(memory, "adam.power2").mul(beta2);
        // The paper's last line of section 2: the corrections of both moments as one factor of the step size.
        Tensor root = power2.neg().add(1f).sqrt();
        Tensor stepSize = learningRate.mul(root).div(power1.neg().add(1f));
        Tensor next = theta.sub(stepSize.mul(m).div(v.sqrt().add(root.mul(epsilon))));
        Map<String, Tensor> after = new LinkedHashMap<>();
        after.put("adam.m", m);
        after.put("adam.v", v);
        after.put("adam.power1", power1);
        after.put("adam.power2", power2);
        return new Step(next, after);
    }

    static Tensor of(Map<String, Tensor> memory, String name) {
        Tensor vector = memory.get(name);
        if (vector == null) {
            throw new IllegalArgumentException("expected optimiser memory %s, got %s".formatted(name, memory.keySet()));
        }
        return vector;
    }
}
