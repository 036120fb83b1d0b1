package dev.understudy.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Feeds;
import dev.understudy.graph.Gradient;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Result;
import dev.understudy.graph.Shape;
import dev.understudy.graph.SoftmaxLoss;
import dev.understudy.graph.Tensor;
import dev.understudy.model.AutoregressivePolicy;
import dev.understudy.model.Decoding;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RecurrentNetworkTest {
    private static final RecurrentNetwork NETWORK = new RecurrentNetwork(7, 3, 4);
    private static final int STREAMS = 2;
    private static final int STEPS = 5;
    private static final long[] TOKENS = {1, 2, 3, 4, 5, 6, 0, 1, 2, 3};
    private static final long[] TARGETS = {3, 4, 5, 6, 0, 1, 2, 3, 4, 5};
    /** The second stream begins anew at its third step. */
    private static final float[] KEPT = {0, 1, 1, 1, 1, 0, 1, 1, 1, 1};

    private static float[] first() {
        float[] first = new float[STREAMS * NETWORK.state()];
        for (int i = 0; i < first.length; i++) {
            first[i] = 0.1f * i - 0.3f;
        }
        return first;
    }

    private static void setAll(float[] values, SplittableRandom random) {
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-0.8, 0.8);
        }
    }

    /** A program of the summed loss, its gradient, and the state and the loss of each row. */
    private static Program program(boolean dropout) {
        Graph graph = new Graph();
        Tensor theta = graph.input(
                "theta", ElementType.FLOAT, Shape.of(NETWORK.layout().size()));
        Map<String, Tensor> weights = NETWORK.layout().unpack(theta);
        Shape mask = Shape.of(STREAMS, NETWORK.embedding());
        RecurrentNetwork.Unrolled unrolled = NETWORK.unroll(
                weights,
                graph.constant(TOKENS, Shape.of(TOKENS.length)),
                graph.constant(KEPT, Shape.of(KEPT.length, 1)),
                graph.constant(first(), Shape.of(STREAMS, NETWORK.state())),
                dropout
                        ? new RecurrentNetwork.Dropout(
                                graph.constant(new float[] {2, 0, 2, 0, 2, 2}, mask),
                                graph.constant(new float[] {0, 2, 2, 2, 2, 0}, mask))
                        : null);
        Tensor losses = SoftmaxLoss.of(
                unrolled.projected(), unrolled.choices(), graph.constant(TARGETS, Shape.of(TARGETS.length)));
        Tensor loss = losses.sum();
        return Program.builder(graph)
                .output("loss", loss)
                .output("losses", losses)
                .output("last", unrolled.last())
                .output("gradient", NETWORK.gradient(loss, weights, unrolled))
                .build();
    }

    private static void agreesWithCentralDifferences(boolean dropout) {
        float[] theta = new float[NETWORK.layout().size()];
        setAll(theta, new SplittableRandom(5));
        try (Program program = program(dropout)) {
            float[] gradient;
            try (Result result = program.run(new Feeds().floats("theta", theta))) {
                gradient = result.floats("gradient");
            }
            for (int i = 0; i < theta.length; i++) {
                float before = theta[i];
                theta[i] = before + 1e-2f;
                double above = loss(program, theta);
                theta[i] = before - 1e-2f;
                double below = loss(program, theta);
                theta[i] = before;
                double expected = (above - below) / 2e-2;
                assertThat((double) gradient[i])
                        .as("parameter %d", i)
                        .isCloseTo(expected, within(4e-3 + 5e-3 * Math.abs(expected)));
            }
        }
    }

    private static double loss(Program program, float[] theta) {
        try (Result result = program.run(new Feeds().floats("theta", theta))) {
            return result.scalar("loss");
        }
    }

    @Test
    void itsGradientThroughTimeAgreesWithCentralDifferences() {
        agreesWithCentralDifferences(false);
    }

    @Test
    void itsGradientWithDropoutAgreesWithCentralDifferences() {
        agreesWithCentralDifferences(true);
    }

    /** The equations of the class's Javadoc, in double precision, one stream at a time. */
    @Test
    void followsItsEquations() {
        float[] theta = new float[NETWORK.layout().size()];
        setAll(theta, new SplittableRandom(6));
        try (Program program = program(false);
                Result result = program.run(new Feeds().floats("theta", theta))) {
            float[] losses = result.floats("losses");
            float[] last = result.floats("last");
            for (int stream = 0; stream < STREAMS; stream++) {
                double[] h = new double[4];
                for (int i = 0; i < 4; i++) {
                    h[i] = first()[stream * 4 + i];
                }
                for (int step = 0; step < STEPS; step++) {
                    int row = step * STREAMS + stream;
                    h = next(theta, (int) TOKENS[row], KEPT[row] == 0 ? new double[4] : h);
                    assertThat((double) losses[row]).isCloseTo(loss(theta, h, (int) TARGETS[row]), within(1e-5));
                }
                for (int i = 0; i < 4; i++) {
                    assertThat((double) last[stream * 4 + i]).isCloseTo(h[i], within(1e-5));
                }
            }
        }
    }

    private static double at(float[] theta, String name, int index) {
        return theta[NETWORK.layout().offset(name) + index];
    }

    private static double[] next(float[] theta, int token, double[] h) {
        double[] x = new double[12];
        double[] u = new double[12];
        for (int j = 0; j < 12; j++) {
            x[j] = at(theta, "inputBias", j);
            u[j] = at(theta, "recurrentBias", j);
            for (int k = 0; k < 3; k++) {
                x[j] += at(theta, "embedding", token * 3 + k) * at(theta, "input", k * 12 + j);
            }
            for (int k = 0; k < 4; k++) {
                u[j] += h[k] * at(theta, "recurrent", k * 12 + j);
            }
        }
        double[] after = new double[4];
        for (int i = 0; i < 4; i++) {
            double r = 1 / (1 + Math.exp(-x[i] - u[i]));
            double z = 1 / (1 + Math.exp(-x[4 + i] - u[4 + i]));
            double n = Math.tanh(x[8 + i] + r * u[8 + i]);
            after[i] = (1 - z) * n + z * h[i];
        }
        return after;
    }

    private static double loss(float[] theta, double[] h, int target) {
        double sum = 0;
        double ofTarget = 0;
        for (int token = 0; token < 7; token++) {
            double logit = at(theta, "bias", token);
            for (int k = 0; k < 3; k++) {
                for (int i = 0; i < 4; i++) {
                    logit += h[i] * at(theta, "projection", i * 3 + k) * at(theta, "embedding", token * 3 + k);
                }
            }
            sum += Math.exp(logit);
            ofTarget = token == target ? logit : ofTarget;
        }
        return Math.log(sum) - ofTarget;
    }

    @Test
    void theExportedStepGoesOnAsTheUnrolledNetworkDoes() {
        float[] theta = new float[NETWORK.layout().size()];
        setAll(theta, new SplittableRandom(7));
        double[] h = new double[4];
        int[] tokens = {1, 3, 5};
        for (int token : tokens) {
            h = next(theta, token, h);
        }
        try (AutoregressivePolicy policy = AutoregressivePolicy.ofExport(NETWORK.toModel(theta))) {
            AutoregressivePolicy.Reply reply = policy.reply(
                            List.of(new AutoregressivePolicy.Prompt(tokens, null, 1)),
                            new Decoding(0, 1, 0, 1, Set.of()))
                    .get(0);
            for (int i = 0; i < 4; i++) {
                assertThat((double) reply.state()[i]).isCloseTo(h[i], within(1e-5));
            }
            double best = loss(theta, h, reply.tokens()[0]);
            for (int token = 0; token < 7; token++) {
                assertThat(loss(theta, h, token)).isGreaterThanOrEqualTo(best - 1e-6);
            }
        }
    }

    /** g = sigmoid of the gate's logit; the loss is -log((1 - g) e^-own + g e^-tables). */
    @Test
    void mixesTheTwoInTheShareOfItsGateWithTheGradientOfThat() {
        NGramTables tables = new NGramTables(7, List.of(new NGramTables.Table(8, 2, 2, 0.5f, 1f, 1.3f)));
        RecurrentNetwork mixing = new RecurrentNetwork(7, 3, 4, tables);
        int size = mixing.layout().size();
        Graph graph = new Graph();
        Tensor theta = graph.input("theta", ElementType.FLOAT, Shape.of(size));
        Tensor own = graph.input("own", ElementType.FLOAT, Shape.of(2));
        float[] projected = {0.3f, -0.2f, 0.5f, 1, -0.4f, 0.1f, 0.9f, 1};
        float[] evidence = {1.5f, 0.25f, 0, 1};
        double[] nats = {2.5, 0.75};
        Tensor losses = mixing.mixture(
                mixing.layout().unpack(theta),
                graph.constant(projected, Shape.of(2, 4)),
                own,
                graph.constant(new float[] {2.5f, 0.75f}, Shape.of(2)),
                graph.constant(evidence, Shape.of(2, 2)));
        List<Tensor> gradients = Gradient.of(losses.sum(), List.of(theta, own));
        float[] values = new float[size];
        setAll(values, new SplittableRandom(8));
        float[] ownNats = {1.25f, 3f};
        try (Program program = Program.builder(graph)
                        .output("losses", losses)
                        .output("byTheta", gradients.get(0))
                        .output("byOwn", gradients.get(1))
                        .build();
                Result result = program.run(new Feeds().floats("theta", values).floats("own", ownNats))) {
            float[] found = result.floats("losses");
            float[] byOwn = result.floats("byOwn");
            float[] byTheta = result.floats("byTheta");
            int gate = mixing.layout().offset("gate");
            for (int row = 0; row < 2; row++) {
                double logit = 0;
                for (int i = 0; i < 4; i++) {
                    logit += projected[row * 4 + i] * values[gate + i];
                }
                for (int i = 0; i < 2; i++) {
                    logit += evidence[row * 2 + i] * values[gate + 4 + i];
                }
                double g = 1 / (1 + Math.exp(-logit));
                double a = (1 - g) * Math.exp(-ownNats[row]);
                double b = g * Math.exp(-nats[row]);
                assertThat((double) found[row]).isCloseTo(-Math.log(a + b), within(1e-5));
                assertThat((double) byOwn[row]).isCloseTo(a / (a + b), within(1e-5));
            }
            for (int i = 0; i < size; i++) {
                float[] moved = values.clone();
                moved[i] += 1e-2f;
                double above = sum(program, moved, ownNats);
                moved[i] -= 2e-2f;
                double below = sum(program, moved, ownNats);
                assertThat((double) byTheta[i]).as("parameter %d", i).isCloseTo((above - below) / 2e-2, within(1e-3));
            }
        }
    }

    private static double sum(Program program, float[] theta, float[] own) {
        try (Result result = program.run(new Feeds().floats("theta", theta).floats("own", own))) {
            double sum = 0;
            for (float each : result.floats("losses")) {
                sum += each;
            }
            return sum;
        }
    }
}
