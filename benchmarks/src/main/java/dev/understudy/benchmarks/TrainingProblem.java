package dev.understudy.benchmarks;

import dev.understudy.network.Activation;
import dev.understudy.network.Mlp;
import dev.understudy.network.ParameterLayout;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What both sides are given: a tanh network, its first parameters, and one batch to fit by mean squared error.
 *
 * @param inputs length of a row the network reads
 * @param hidden widths of its hidden layers
 * @param outputs length of a row it returns
 * @param batch rows of a step
 */
record TrainingProblem(int inputs, List<Integer> hidden, int outputs, int batch) {
    static final float LEARNING_RATE = 1e-3f;

    TrainingProblem {
        hidden = List.copyOf(hidden);
    }

    /** Returns the network. */
    Mlp network() {
        return new Mlp("network", inputs, hidden, outputs, Activation.TANH);
    }

    /** Returns where its weights lie: {@code [in, out]} and {@code [out]} per layer. */
    ParameterLayout layout() {
        ParameterLayout.Builder layout = ParameterLayout.builder();
        network().declare(layout);
        return layout.build();
    }

    /** Returns the parameters before the first step, all of them drawn, biases too. */
    float[] parameters(long seed) {
        ParameterLayout layout = layout();
        SplittableRandom random = new SplittableRandom(seed);
        float[] theta = new float[layout.size()];
        network().initialise(theta, layout, random, 1.0);
        for (int i = 0; i < theta.length; i++) {
            theta[i] += 0.02f * (float) random.nextGaussian();
        }
        return theta;
    }

    /** Returns what the network reads, {@code [batch, inputs]}, standard normal. */
    float[] observations(long seed) {
        return normal(new SplittableRandom(seed ^ 0x5DEECE66DL), batch * inputs);
    }

    /** Returns what it is to return, {@code [batch, outputs]}, standard normal. */
    float[] actions(long seed) {
        return normal(new SplittableRandom(seed ^ 0x2545F4914F6CDD1DL), batch * outputs);
    }

    private static float[] normal(SplittableRandom random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** Returns its name, such as {@code 17-100-100-6 batch 64}. */
    String label() {
        StringBuilder label = new StringBuilder().append(inputs);
        hidden.forEach(width -> label.append('-').append(width));
        return label.append('-').append(outputs).append(" batch ").append(batch).toString();
    }
}
