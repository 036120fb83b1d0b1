package dev.understudy.model;

import static dev.understudy.model.TestModels.K;
import static dev.understudy.model.TestModels.N;
import static dev.understudy.model.TestModels.floats;
import static dev.understudy.model.TestModels.longs;
import static dev.understudy.model.TestModels.node;
import static dev.understudy.model.TestModels.subgraph;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is not of the dialect: one test for each kind of file that crashed, hung or swelled once. */
class ModelDialectTest {
    @Test
    void aFieldThatComesAgainIsRefusedEvenIfItSaysTheSame() {
        assertThat(refusal(appended(8, 8))).contains("expected every field once and in order"); // ir_version again
    }

    @Test
    void aSecondGraphFieldThatMergesIntoTheFirstIsRefused() {
        byte[] more = ModelProto.newBuilder()
                .setGraph(GraphProto.newBuilder().addNode(node("Identity", "more", "mean")))
                .build()
                .toByteArray();

        assertThat(refusal(joined(good(), more))).contains("expected every field once and in order");
    }

    @Test
    void aConstantWithDataInTwoPlacesOrElsewhereIsRefused() {
        TensorProto twice =
                floats("b", new long[] {K}, 0).toBuilder().addFloatData(1).build();
        TensorProto external = floats("b", new long[] {K}, 0).toBuilder()
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(
                        StringStringEntryProto.newBuilder().setKey("location").setValue("../secret"))
                .build();

        assertThat(refusal(graph().setInitializer(1, twice))).contains("field float_data of TensorProto");
        assertThat(refusal(graph().setInitializer(1, external))).contains("field external_data of TensorProto");
    }

    @Test
    void sizesOfNothingOrOfMoreThanThereIsAreRefused() {
        TensorProto huge = TensorProto.newBuilder()
                .setName("b")
                .setDataType(TensorProto.DataType.FLOAT_VALUE)
                .addDims(0)
                .addDims(1L << 62)
                .setRawData(ByteString.EMPTY)
                .build();

        assertThat(refusal(graph().setInitializer(1, huge)))
                .contains("expected sizes from 1 to 16777216 of 'b', got 0");
        assertThat(refusal(graph().setInitializer(0, floats("W", new long[] {N, K}, 1, 1))))
                .contains("expected 12 bytes in 'W' by its shape, got 8");
        assertThat(refusal(graph().setInitializer(0, floats("W", new long[] {1, 1, 1, 1, 1, N, K}, 1, 1, 1))))
                .contains("expected at most 6 axes of 'W', got 7");
    }

    @Test
    void weightsThatAreNotFiniteAreRefused() {
        assertThat(refusal(graph().setInitializer(0, floats("W", new long[] {N, K}, 1, Float.NaN, 1))))
                .isEqualTo("expected finite weights, got NaN at element 1 of 'W'");
    }

    @Test
    void aLongChainAndAWideFanAreRefused() {
        GraphProto.Builder chain = graph();
        GraphProto.Builder fan = graph();
        for (int i = 0; i < 4000; i++) {
            chain.addNode(node("Identity", "c" + (i + 1), i == 0 ? "mean" : "c" + i));
            fan.addNode(node("Tanh", "f" + i, "mean"));
        }

        assertThat(refusal(chain)).contains("expected at most");
        assertThat(refusal(fan)).contains("expected at most");
        GraphProto.Builder many = graph();
        for (int i = 0; i < 258; i++) {
            many.addNode(node("Tanh", "f" + i, "mean"));
        }
        assertThat(refusal(many)).contains("expected at most 256 operators");
    }

    @Test
    void operatorsThatMakeShapesAreNotThere() {
        List<String> shapes = List.of(
                "Constant",
                "ConstantOfShape",
                "Expand",
                "Shape",
                "Size",
                "Unsqueeze",
                "Squeeze",
                "Tile",
                "Pad",
                "Sum",
                "Mean",
                "Less",
                "Where",
                "Pow",
                "Mod",
                "ScatterND",
                "RandomNormal");

        for (String operator : shapes) {
            assertThat(refusal(graph().addNode(node(operator, "r", "mean"))))
                    .contains("operator " + operator + " is not of the dialect");
        }
        assertThat(refusal(graph().addNode(node("Gelu", "r", "mean").toBuilder().setDomain("com.microsoft"))))
                .contains("field domain of NodeProto");
    }

    @Test
    void controlFlowAndTensorsInAttributesAreRefused() {
        for (String operator : List.of("If", "Loop", "Scan", "Identity")) {
            assertThat(refusal(graph().addNode(
                                    node(operator, "r", "mean").toBuilder().addAttribute(subgraph("body")))))
                    .contains("field g of AttributeProto");
        }
        assertThat(refusal(graph().addNode(node("Constant", "r").toBuilder()
                        .addAttribute(AttributeProto.newBuilder()
                                .setName("value")
                                .setType(AttributeProto.AttributeType.TENSOR)
                                .setT(floats("t", new long[] {1}, 1))))))
                .contains("field t of AttributeProto");
    }

    @Test
    void anAttributeThatComesTwiceOrIsNotKnownIsRefused() {
        NodeProto cast = node("Softmax", "r", "mean");

        assertThat(refusal(graph().addNode(
                                cast.toBuilder().addAttribute(whole("axis", 1)).addAttribute(whole("axis", 1)))))
                .contains("expected one whole number or word as attribute axis");
        assertThat(refusal(graph().addNode(cast.toBuilder().addAttribute(whole("other", 1)))))
                .contains("expected no attributes but [axis], got [other]");
        assertThat(refusal(graph().addNode(cast.toBuilder().addAttribute(whole("axis", 0)))))
                .contains("expected attribute axis from 1 to 1, got 0");
    }

    @Test
    void inputsThatAreEmptyMissingOrTooManyAreRefused() {
        assertThat(refusal(graph().addNode(node("Max", "r", "mean", ""))))
                .contains("expected the inputs of Max to be defined before it, got ''");
        assertThat(refusal(graph().addNode(node("Max", "r", "mean", "mean", "mean"))))
                .contains("expected 2 inputs and 1 outputs, got 3 and 1");
        assertThat(refusal(graph().addNode(node("Add", "r", "W", "nowhere")))).contains("got 'nowhere'");
        String[] many = new String[17];
        Arrays.fill(many, "mean");
        assertThat(refusal(graph().addNode(node("Concat", "r", many)))).contains("expected at most 16 inputs");
    }

    @Test
    void wholeNumbersAreDividedByConstantsOfAtLeastOneAlone() {
        GraphProto.Builder graph =
                graph().addInitializer(longs("least", Integer.MIN_VALUE)).addInitializer(longs("one", -1));

        assertThat(refusal(graph.addNode(node("Div", "r", "least", "one"))))
                .isEqualTo("Div 'r' is not of the dialect: expected divisors of at least 1, got [-1]");
        GraphProto.Builder computed =
                graph().addNode(node("Cast", "i", "mean").toBuilder().addAttribute(whole("to", 7)));
        assertThat(refusal(computed.addNode(node("Div", "r", "i", "i"))))
                .isEqualTo(
                        "Div 'r' is not of the dialect: expected a constant of INT64 as input 1, got INT64 [batch, 1]");
        assertThat(refusal(graph().addInitializer(longs("two", 2)).addNode(node("Add", "r", "mean", "two"))))
                .startsWith("Add 'r' is not of the dialect: expected FLOAT as input 1, got INT64 [1]");
    }

    @Test
    void whatIsScatteredIsAdded() {
        GraphProto.Builder graph =
                graph().addNode(node("Cast", "i", "mean").toBuilder().addAttribute(whole("to", 7)));
        NodeProto.Builder scatter =
                node("ScatterElements", "r", "mean", "i", "mean").toBuilder().addAttribute(whole("axis", 1));

        assertThat(refusal(graph.clone().addNode(scatter.clone())))
                .contains("expected \"add\" as attribute reduction, got another word");
        assertThat(refusal(graph.clone().addNode(scatter.clone().addAttribute(word("reduction", "max")))))
                .contains("expected \"add\" as attribute reduction, got another word");
        assertThat(refusal(graph.clone().addNode(scatter.addAttribute(word("reduction", "add")))))
                .contains("nothing uses");
    }

    private static AttributeProto word(String name, String value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value))
                .build();
    }

    @Test
    void whatIsNoNumberIsNoConstant() {
        TensorProto int32 = floats("b", new long[] {K}, 0).toBuilder()
                .setDataType(TensorProto.DataType.INT32_VALUE)
                .build();
        assertThat(refusal(graph().setInitializer(1, int32))).contains("expected FLOAT or INT64 in 'b', got type 6");
    }

    @Test
    void numbersAreCastToWholeNumbersAlone() {
        for (int type : new int[] {1, 6, 8, 12}) {
            assertThat(refusal(graph().addNode(
                                    node("Cast", "r", "mean").toBuilder().addAttribute(whole("to", type)))))
                    .contains("Cast 'r' is not of the dialect: expected attribute to from 7 to 7, got " + type);
        }
    }

    @Test
    void splitsGathersAndReshapesByOtherThanConstantsAreRefused() {
        assertThat(refusal(graph().addNode(
                                node("Split", "r", "mean").toBuilder().addAttribute(whole("num_outputs", 1 << 30)))))
                .contains("Split 'r' is not of the dialect");
        assertThat(refusal(graph().addNode(node("Split", "r", "mean", "W"))))
                .contains("expected attribute axis from 1 to 1, got -1");
        assertThat(refusal(graph().addInitializer(longs("i", 0)).addNode(node("Gather", "r", "W", "i"))))
                .contains("expected INT64 as input 1");
        assertThat(refusal(graph().addInitializer(longs("s", -1, 1, 1, 1, 1, 1, 1))
                        .addNode(node("Reshape", "r", "mean", "s"))))
                .contains("Reshape 'r' is not of the dialect");
        assertThat(refusal(graph().addInitializer(longs("s", 1024, 1)).addNode(node("Reshape", "r", "mean", "s"))))
                .contains("FLOAT [batch, 1] as [1024, 1]");
    }

    @Test
    void slicesAndProductsOfRowsAreWrittenOut() {
        GraphProto.Builder graph = graph().addInitializer(longs("from", 1))
                .addInitializer(longs("to", (1L << 62) + 2))
                .addInitializer(longs("axis", 1));

        assertThat(refusal(graph.addNode(node("Slice", "r", "observation", "from", "to", "axis"))))
                .contains("expected one stretch of FLOAT [batch, 3], got [1] to [4611686018427387906] of axis [1]");
        assertThat(refusal(graph().addNode(node("MatMul", "r", "observation", "W"))))
                .contains("expected two matrices of each row that fit, got FLOAT [batch, 3] and FLOAT [3, 1]");
    }

    @Test
    void rowsAreNeverMixed() {
        GraphProto.Builder overTheBatch =
                graph().addInitializer(longs("zero_axis", 0)).addNode(node("ReduceSum", "r", "mean", "zero_axis"));
        GraphProto.Builder manyRows = graph().addInitializer(floats("m", new long[] {5, 1}, 1, 2, 3, 4, 5))
                .addNode(node("Add", "r", "mean", "m"));

        assertThat(refusal(overTheBatch)).contains("expected axes of FLOAT [batch, 1] behind the batch, got 0");
        assertThat(refusal(manyRows)).contains("FLOAT [batch, 1] and FLOAT [5, 1] do not fit");
        assertThat(refusal(graph().addNode(node("Gemm", "r", "W", "W")))).contains("does not fit rows of");
    }

    @Test
    void aSmallFileThatAsksForMuchMemoryOrTimeIsRefused() {
        GraphProto.Builder wide = graph();
        String last = "mean";
        for (int i = 0; i < 8; i++) {
            String[] inputs = new String[16];
            Arrays.fill(inputs, last);
            last = "wide" + i;
            wide.addNode(node("Concat", last, inputs).toBuilder()
                    .addAttribute(whole("axis", 1))
                    .build());
        }
        GraphProto.Builder slow = graph().addInitializer(floats("M", new long[] {1000, 1000}, new float[1_000_000]))
                .addInitializer(floats("first", new long[] {1, 1000}, new float[1000]))
                .addNode(node("Gemm", "g0", "mean", "first"));
        for (int i = 0; i < 10; i++) {
            slow.addNode(node("Gemm", "g" + (i + 1), "g" + i, "M"));
        }

        assertThat(refusal(wide)).contains("expected at most 268435456 bytes");
        assertThat(refusal(slow)).contains("expected at most 268435456 bytes and 2000000000 multiplications");
    }

    @Test
    void whatLeadsToNoOutputIsRefused() {
        assertThat(refusal(graph().addInitializer(floats("more", new long[] {1}, 1))))
                .isEqualTo("expected everything to lead to an output, got 'more' that nothing uses");
        assertThat(refusal(graph().addNode(node("Tanh", "more", "mean")))).contains("'more' that nothing uses");
        assertThat(refusal(graph().addInitializer(floats("W", new long[] {1}, 1))))
                .contains("got 'W' twice");
    }

    @Test
    void outputsOfAnotherFormAreRefused() {
        GraphProto.Builder constant = graph().setNode(2, node("Clip", "action", "b", "low", "high"));

        assertThat(refusal(constant)).isEqualTo("expected output action to be FLOAT [batch, 1], got FLOAT [1]");
    }

    @Test
    void functionsForeignOperatorSetsAndUnknownFieldsAreRefused() {
        assertThat(refusal(TestModels.model(1, 0)
                        .addFunctions(FunctionProto.newBuilder().setName("Gemm"))))
                .contains("got field functions of ModelProto");
        assertThat(refusal(TestModels.model(1, 0)
                        .setOpsetImport(0, OperatorSetIdProto.newBuilder().setVersion(17))))
                .contains("expected operator set ai.onnx 18 alone, got  17");
        assertThat(refusal(TestModels.model(1, 0)
                        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(18))))
                .contains("among 2");
        assertThat(refusal(TestModels.model(1, 0).setIrVersion(11))).contains("expected ONNX IR version 8, got 11");
        assertThat(refusal(TestModels.model(1, 0)
                        .setUnknownFields(UnknownFieldSet.newBuilder()
                                .addField(
                                        77,
                                        UnknownFieldSet.Field.newBuilder()
                                                .addVarint(1)
                                                .build())
                                .build())))
                .contains("field 77 of ModelProto");
    }

    @Test
    void namesAreShortAndPlain() {
        assertThat(refusal(graph().addNode(node("Tanh", "x".repeat(129), "mean"))))
                .contains("of at most 128 bytes, got 129");
        assertThat(refusal(graph().addNode(node("Tanh", "new\nline", "mean")))).contains("got another character");
    }

    @Test
    void aFileOfMillionsOfEmptyPartsIsRefusedBeforeObjectsAreMadeOfThem() {
        byte[] nodes = new byte[8 << 20]; // field 1 of the graph, length 0, four million times
        for (int i = 0; i < nodes.length; i += 2) {
            nodes[i] = 10;
        }
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write((7 << 3) | 2);
        for (int length = nodes.length; length != 0; length >>>= 7) {
            file.write(length > 127 ? (length & 127) | 128 : length);
        }
        file.writeBytes(nodes);

        assertThat(refusal(file.toByteArray())).contains("expected at most 16384 fields, got more");
    }

    @Test
    void aSealThatDoesNotFitIsRefused() {
        byte[] bytes = good();
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        byte[] changed = text.replace("CC-BY-4.0", "CC-BY-5.0").getBytes(StandardCharsets.ISO_8859_1);

        assertThat(refusal(changed)).contains("expected an unchanged file with seal");
        assertThatThrownBy(() -> ModelFile.read(changed))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("expected an unchanged file with seal");
    }

    private static AttributeProto whole(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    private static GraphProto.Builder graph() {
        return TestModels.graph(1, 0);
    }

    private static byte[] good() {
        return TestModels.file(1, 0).bytes();
    }

    private static byte[] appended(int... bytes) {
        byte[] more = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            more[i] = (byte) bytes[i];
        }
        return joined(good(), more);
    }

    private static byte[] joined(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    private static String refusal(GraphProto.Builder graph) {
        return refusal(TestModels.wrap(graph));
    }

    private static String refusal(ModelProto.Builder model) {
        return refusal(TestModels.file(model).bytes());
    }

    /** Returns why a file is refused by reading it alone. */
    private static String refusal(byte[] bytes) {
        try {
            TestModels.check().inspect(bytes, ModelFile.sha256(bytes));
        } catch (InvalidModelException e) {
            return String.valueOf(e.getMessage());
        }
        throw new AssertionError("expected the file to be refused, but it was accepted");
    }
}
