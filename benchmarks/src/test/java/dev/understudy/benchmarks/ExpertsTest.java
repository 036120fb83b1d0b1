package dev.understudy.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.environment.Behaviour;
import dev.understudy.environment.Environments;
import dev.understudy.environment.RolloutCollector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The experts of GAIL's authors, as their weights were published, in these environments. */
class ExpertsTest {
    @ParameterizedTest
    @CsvSource({
        "CartPole-v0, cartpole-v0, 200.0, 0.0",
        "MountainCar-v0, mountaincar-v0, -98.8, 0.6",
        "Acrobot-v0, acrobot-v0, -80.6, 1.5"
    })
    void scoreByTheirLikeliestActionWhatTheyScoreInGym(String file, String environment, double mean, double within)
            throws IOException {
        Path path = Path.of("../../shared/data/gail-experts/policies", file + ".json");
        assumeTrue(Files.exists(path), "skipped: expected an expert's weights at " + path);
        JsonNode expert = new ObjectMapper().readTree(path.toFile());
        RolloutCollector collector =
                new RolloutCollector(Environments.named(environment).create(100, 0));
        assertThat(collector.episodes(mode(expert), 1000, 20161205).meanReturn())
                .isCloseTo(mean, offset(within));
    }

    /** Returns the likeliest action: standardise, hidden layers with tanh, the largest logit. */
    private static Behaviour mode(JsonNode expert) throws IOException {
        ObjectMapper json = new ObjectMapper();
        int n = expert.get("observation_size").asInt();
        double[] mean = json.treeToValue(expert.get("observation_mean"), double[].class);
        double[] deviation = json.treeToValue(expert.get("observation_std"), double[].class);
        double least = expert.get("observation_eps").asDouble();
        Layer[] layers = json.treeToValue(expert.get("layers"), Layer[].class);
        return (float[] observations, int rows, RandomGenerator random, float[] actions, float[] logProbabilities) -> {
            for (int row = 0; row < rows; row++) {
                double[] x = new double[n];
                for (int i = 0; i < n; i++) {
                    x[i] = (observations[row * n + i] - mean[i]) / (deviation[i] + least);
                }
                for (int layer = 0; layer < layers.length; layer++) {
                    x = layers[layer].applied(x, layer < layers.length - 1);
                }
                int best = 0;
                for (int i = 1; i < x.length; i++) {
                    best = x[i] > x[best] ? i : best;
                }
                actions[row] = best;
            }
            Arrays.fill(logProbabilities, 0, rows, 0f);
        };
    }

    /** A layer as the file has it. */
    private static final class Layer {
        private final double[][] weights;
        private final double[] bias;

        @JsonCreator
        Layer(@JsonProperty("W") double[][] weights, @JsonProperty("b") double[] bias) {
            this.weights = weights;
            this.bias = bias;
        }

        double[] applied(double[] x, boolean hidden) {
            double[] y = bias.clone();
            for (int i = 0; i < x.length; i++) {
                for (int j = 0; j < y.length; j++) {
                    y[j] += x[i] * weights[i][j];
                }
            }
            for (int j = 0; hidden && j < y.length; j++) {
                y[j] = Math.tanh(y[j]);
            }
            return y;
        }
    }
}
