package dev.understudy.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.understudy.environment.ActionSpace;
import dev.understudy.graph.ElementType;
import dev.understudy.graph.Graph;
import dev.understudy.graph.OnnxRuntime;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.network.RecurrentNetwork;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TokenTablesTest {
    private static final int VOCABULARY = 50;
    private static final RecurrentNetwork NETWORK = new RecurrentNetwork(VOCABULARY, 6, 8);

    private static byte[] network() {
        return NETWORK.toModel(NETWORK.initialise(new SplittableRandom(3)));
    }

    @Test
    void hasARowForEachTokenOfWhatTheNetworkMultipliesOfIt() throws Exception {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
                TokenTables tables = TokenTables.of(network(), VOCABULARY, options)) {
            assertThat(tables.inputs().values().stream()
                            .map(table -> Arrays.toString(table.getInfo().getShape())))
                    .containsExactlyInAnyOrder("[50, 16]", "[50, 8]");
        }
    }

    @Test
    void aBlockOfTokensAtATimeGivesTheSameTables() throws Exception {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
                TokenTables whole = TokenTables.of(network(), VOCABULARY, VOCABULARY, options);
                TokenTables blocks = TokenTables.of(network(), VOCABULARY, 16, options)) {
            assertThat(blocks.inputs().keySet())
                    .isEqualTo(whole.inputs().keySet())
                    .isNotEmpty();
            for (String name : whole.inputs().keySet()) {
                float[][] expected = values(whole, name);
                float[][] found = values(blocks, name);
                for (int token = 0; token < VOCABULARY; token++) {
                    assertThat(found[token])
                            .as("%s of %d", name, token)
                            .containsExactly(expected[token], within(1e-6f));
                }
            }
        }
    }

    private static float[][] values(TokenTables tables, String name) throws OrtException {
        return (float[][]) Objects.requireNonNull(tables.inputs().get(name)).getValue();
    }

    @Test
    void aModelThatMixesTheTokenWithItsStateAtOnceIsLeftAsItIs() throws Exception {
        Graph graph = new Graph();
        Tensor token = graph.input("token", ElementType.INT64, Shape.of(Shape.UNKNOWN));
        Tensor state = graph.input("state", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 3));
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        outputs.put("logits", state.add(token.cast(ElementType.FLOAT).reshape(Shape.of(Shape.UNKNOWN, 1))));
        outputs.put("nextState", state.mul(graph.constant(2f)));
        byte[] model = graph.toModel(outputs);
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
                TokenTables tables = TokenTables.of(model, 3, options)) {
            assertThat(tables.inputs()).isEmpty();
        }
    }

    /** The same sequence by the file itself, one step after the other, on a session of its own. */
    @Test
    void whatIsLookedUpIsWhatTheFileComputes() throws Exception {
        byte[] model = network();
        int[] tokens = {4, 49, 0, 7, 7, 23, 1};
        double[] expected = new double[tokens.length];
        OrtEnvironment environment = OnnxRuntime.environment();
        float[] state = new float[8];
        try (OrtSession session = environment.createSession(model)) {
            for (int i = 0; i + 1 < tokens.length; i++) {
                try (OnnxTensor token = OnnxTensor.createTensor(
                                environment, LongBuffer.wrap(new long[] {tokens[i]}), new long[] {1});
                        OnnxTensor before =
                                OnnxTensor.createTensor(environment, FloatBuffer.wrap(state), new long[] {1, 8});
                        OrtSession.Result result = session.run(Map.of("token", token, "state", before))) {
                    float[] logits =
                            ((float[][]) result.get("logits").orElseThrow().getValue())[0];
                    state = ((float[][]) result.get("nextState").orElseThrow().getValue())[0];
                    expected[i + 1] = -new ActionSpace.Discrete(VOCABULARY).logProbability(logits, 0, tokens[i + 1]);
                }
            }
        }
        boolean[] asked = new boolean[tokens.length];
        Arrays.fill(asked, true);
        try (AutoregressivePolicy policy = AutoregressivePolicy.ofExport(model)) {
            assertThat(policy.nats(List.of(tokens), List.of(asked)).get(0)).containsExactly(expected, within(1e-5));
        }
    }
}
