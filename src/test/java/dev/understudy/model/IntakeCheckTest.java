package dev.understudy.model;

import static dev.understudy.model.TestModels.K;
import static dev.understudy.model.TestModels.N;
import static dev.understudy.model.TestModels.floats;
import static dev.understudy.model.TestModels.node;
import static dev.understudy.model.TestModels.value;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import java.time.Duration;
import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class IntakeCheckTest {
    @Test
    void aGoodModelIsLoadedWarmAndAnswers() {
        ModelFile file = TestModels.file(0.5f, 0.1f);

        IntakeOutcome outcome = TestModels.check().check(file.bytes(), file.sha256());

        assertThat(outcome).isInstanceOf(IntakeOutcome.Accepted.class);
        try (ServedPolicy policy = ((IntakeOutcome.Accepted) outcome).policy()) {
            LoadedPolicy.Answer answer = LoadedPolicy.Answer.of(3, TestModels.ACTIONS);
            // 0.5 * 3 + 0.1 = 1.6, clipped to 1; 0.5 * 0 + 0.1; 0.5 * -1.2 + 0.1 = -0.5
            policy.answer(new Matrix(3, 3, new float[] {1, 1, 1, 0, 0, 0, -1, -0.2f, 0}), 3, answer);
            assertThat(answer.actions()).containsExactly(new float[] {1, 0.1f, -0.5f}, within());
            assertThat(answer.modes()).containsExactly(new float[] {1.6f, 0.1f, -0.5f}, within());
            assertThat(answer.logStds()).containsExactly(-1, -1, -1);
        }
    }

    @Test
    void aBatchOfAnySizeGivesTheSameAnswers() {
        try (LoadedPolicy policy = TestModels.loaded(0.5f, 0.1f)) {
            float[] observations = new float[700 * N];
            for (int i = 0; i < observations.length; i++) {
                observations[i] = i % 7 * 0.03f;
            }
            float[] all = new float[700];
            policy.act(observations, 700, all);
            for (int row : new int[] {0, 1, 255, 699}) {
                float[] one = new float[1];
                policy.act(Arrays.copyOfRange(observations, row * N, (row + 1) * N), 1, one);
                assertThat(one[0]).isEqualTo(all[row]);
            }
        }
    }

    @Test
    void everyFieldOfAnotherPolicyIsRefused() {
        ModelFile file = TestModels.file(0.5f, 0.1f);

        assertThat(reason(
                        new IntakeCheck(
                                "other",
                                TestModels.FINGERPRINT,
                                Rows.Type.FLOAT32,
                                N,
                                TestModels.ACTIONS,
                                IntakeLimits.defaults()),
                        file))
                .contains("expected a model of other with layout layout-1, got one of test/sum");
        assertThat(reason(
                        new IntakeCheck(
                                TestModels.POLICY,
                                "layout-2",
                                Rows.Type.FLOAT32,
                                N,
                                TestModels.ACTIONS,
                                IntakeLimits.defaults()),
                        file))
                .contains("layout-2");
    }

    @Test
    void aTruncatedFileIsRefusedByItsHashAndByItself() {
        ModelFile file = TestModels.file(0.5f, 0.1f);
        byte[] half = Arrays.copyOf(file.bytes(), file.bytes().length / 2);

        assertThat(reason(half, file.sha256())).contains("expected a model with hash " + file.sha256());
        assertThat(reason(half, ModelFile.sha256(half))).contains("expected an ONNX file");
    }

    @Test
    void aFileThatIsTooLargeIsRefused() {
        IntakeLimits small = new IntakeLimits(100, 10, 16, 1 << 20, 1 << 20, 1e-5, Duration.ofSeconds(1));

        assertThat(reason(TestModels.check(small), TestModels.file(1, 0))).contains("at most 100 bytes");
    }

    @Test
    void wrongNamesTypesRanksAndSizesAreRefused() {
        assertThat(reason(graph().clearOutput().addOutput(value("action", K))))
                .contains("expected outputs [action, mode, mean, logStd], got [action]");
        assertThat(reason(graph().setInput(0, value("features", N)))).contains("expected inputs [observation]");
        assertThat(reason(graph().setInput(0, value("observation", N + 1))))
                .contains("expected observation to be FLOAT [batch, 3], got FLOAT [batch, 4]");
        Dimension batch = Dimension.newBuilder().setDimParam("batch").build();
        Dimension three = Dimension.newBuilder().setDimValue(3).build();
        assertThat(reason(graph().setInput(0, value("observation", TensorProto.DataType.DOUBLE_VALUE, batch, three))))
                .contains("got DOUBLE [batch, 3]");
        assertThat(reason(graph().setInput(0, value("observation", TensorProto.DataType.FLOAT_VALUE, three))))
                .contains("got FLOAT [3]");
        assertThat(reason(graph().setInput(0, value("observation", TensorProto.DataType.FLOAT_VALUE, three, three))))
                .contains("got FLOAT [3, 3]");
    }

    @Test
    void aModelThatDoesNotGiveItsGoldenActionsIsRefused() {
        ModelFile file =
                ModelFile.create(TestModels.model(0.5f, 0.1f).build().toByteArray(), TestModels.metadata(0.5f, 0.2f));

        assertThat(reason(TestModels.check(), file))
                .isEqualTo("golden outputs differ by 1.00e-01 on 2 rows, more than 1.0e-05");
    }

    @Test
    void outputsThatAreNotFiniteAreRefused() {
        // log of the mean: fine at the golden vectors' mean of 2, NaN where the mean is negative
        GraphProto.Builder graph = TestModels.graph(0, 2)
                .setInitializer(0, floats("W", new long[] {N, K}, 1, 1, 1))
                .setNode(4, node("Log", "logStd", "mean"))
                .removeNode(3) // which made zeros
                .removeInitializer(4); // for it
        ModelFile file = ModelFile.create(TestModels.wrap(graph).build().toByteArray(), TestModels.metadata(1, 2));

        assertThat(reason(TestModels.check(), file)).contains("expected finite outputs, got logStd = NaN on probe");
    }

    @Test
    void aModelOverTheLatencyBudgetIsRefused() {
        IntakeLimits hasty = IntakeLimits.defaults().withLatencyBudget(Duration.ofNanos(1));

        ModelFile file = TestModels.file(1, 0);

        assertThat(reason(TestModels.check(hasty), file))
                .contains("expected 1024 random observations to take at most 0 ms, took");
        assertThat(reason(TestModels.check(hasty).checkKnown(file.bytes(), file.sha256())))
                .contains("expected an answer within 0 us, took");
    }

    private static GraphProto.Builder graph() {
        return TestModels.graph(1, 0);
    }

    private static String reason(GraphProto.Builder graph) {
        return reason(TestModels.wrap(graph));
    }

    private static String reason(ModelProto.Builder model) {
        return reason(TestModels.check(), TestModels.file(model));
    }

    private static String reason(IntakeCheck check, ModelFile file) {
        return reason(check.check(file.bytes(), file.sha256()));
    }

    private static String reason(byte[] bytes, String sha256) {
        return reason(TestModels.check().check(bytes, sha256));
    }

    private static String reason(IntakeOutcome outcome) {
        assertThat(outcome).isInstanceOf(IntakeOutcome.Rejected.class);
        return ((IntakeOutcome.Rejected) outcome).reason();
    }

    private static Offset<Float> within() {
        return Offset.offset(1e-6f);
    }
}
