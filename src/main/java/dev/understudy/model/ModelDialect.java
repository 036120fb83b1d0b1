package dev.understudy.model;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The part of ONNX that the exporters here write, and nothing besides. A graph is read once from its beginning to its
 * end: operators of {@link DialectOperators} with plain attributes, on numbers, where every shape is that of a weight
 * or written out as a constant. No shape is ever computed, so the memory and the work of a run are known by reading.
 */
final class ModelDialect {
    private static final int IR = 8;
    private static final int OPSET = 18;
    private static final int MOST_INITIALIZERS = 256;
    private static final int MOST_EDGES_OF_A_NODE = 16;
    private static final int MOST_NUMBERS_OF_A_SHAPE = 16;
    private static final int MOST_WHOLE_NUMBERS = 64;

    private final IntakeLimits limits;
    private final Map<String, Form> forms = new HashMap<>();
    private final Set<String> unused = new HashSet<>();
    private long memoryBytes;
    private long multiplications;

    private ModelDialect(IntakeLimits limits) {
        this.limits = limits;
    }

    /**
     * Reads a model whose fields {@link ModelFields} has gone through.
     *
     * @throws InvalidModelException with what is not of the dialect
     */
    static void check(ModelProto model, ModelSignature signature, IntakeLimits limits) {
        if (model.getIrVersion() != IR) {
            throw new InvalidModelException("expected ONNX IR version %d, got %d".formatted(IR, model.getIrVersion()));
        }
        List<OperatorSetIdProto> sets = model.getOpsetImportList();
        if (sets.size() != 1
                || !sets.get(0).getDomain().isEmpty()
                || sets.get(0).getVersion() != OPSET) {
            throw new InvalidModelException("expected operator set ai.onnx %d alone, got %s %d among %d"
                    .formatted(OPSET, sets.get(0).getDomain(), sets.get(0).getVersion(), sets.size()));
        }
        new ModelDialect(limits).read(model.getGraph(), signature);
    }

    private void read(GraphProto graph, ModelSignature signature) {
        if (graph.getNodeCount() > limits.nodes() || graph.getInitializerCount() > MOST_INITIALIZERS) {
            throw new InvalidModelException("expected at most %d operators and %d constants, got %d and %d"
                    .formatted(limits.nodes(), MOST_INITIALIZERS, graph.getNodeCount(), graph.getInitializerCount()));
        }
        signature.inputForms().forEach(this::define);
        graph.getInitializerList().forEach(tensor -> define(tensor.getName(), constant(tensor)));
        graph.getNodeList().forEach(this::node);
        signature.outputForms().forEach((name, expected) -> {
            Form found = forms.get(name);
            if (!expected.equals(found)) {
                throw new InvalidModelException("expected output %s to be %s, got %s"
                        .formatted(name, expected, found == null ? "nothing" : found));
            }
            unused.remove(name);
        });
        if (!unused.isEmpty()) {
            throw new InvalidModelException("expected everything to lead to an output, got '%s' that nothing uses"
                    .formatted(unused.iterator().next()));
        }
    }

    private void define(String name, Form form) {
        if (form.axes() > Form.MOST_AXES || form.elements() > Form.MOST_ELEMENTS) {
            throw new InvalidModelException("expected at most %d axes and %d elements a row, got %s at '%s'"
                    .formatted(Form.MOST_AXES, Form.MOST_ELEMENTS, form, name));
        }
        if (name.isEmpty() || forms.put(name, form) != null) {
            throw new InvalidModelException(
                    "expected every tensor to have a name of its own, got '%s' twice".formatted(name));
        }
        unused.add(name);
        memoryBytes += form.bytes(limits.rows());
        spend(form.elements(limits.rows()), name);
    }

    private void spend(long more, String name) {
        multiplications += more;
        if (memoryBytes > limits.memoryBytes() || multiplications > limits.multiplications()) {
            throw new InvalidModelException(
                    "expected at most %d bytes and %d multiplications a run of %d rows, got %d and %d at '%s'"
                            .formatted(
                                    limits.memoryBytes(),
                                    limits.multiplications(),
                                    limits.rows(),
                                    memoryBytes,
                                    multiplications,
                                    name));
        }
    }

    private void node(NodeProto node) {
        if (node.getInputCount() > MOST_EDGES_OF_A_NODE || node.getOutputCount() > MOST_EDGES_OF_A_NODE) {
            throw new InvalidModelException("expected at most %d inputs and outputs of %s, got %d and %d"
                    .formatted(MOST_EDGES_OF_A_NODE, node.getOpType(), node.getInputCount(), node.getOutputCount()));
        }
        List<Form> inputs = new ArrayList<>();
        for (String input : node.getInputList()) {
            Form form = forms.get(input);
            if (form == null) {
                throw new InvalidModelException("expected the inputs of %s to be defined before it, got '%s'"
                        .formatted(node.getOpType(), input));
            }
            inputs.add(form);
            unused.remove(input);
        }
        DialectNode read = new DialectNode(node, inputs);
        List<Form> outputs = DialectOperators.of(node.getOpType(), read);
        if (outputs == null) {
            throw new InvalidModelException("operator %s is not of the dialect (node '%s'); it has %s"
                    .formatted(node.getOpType(), node.getName(), DialectOperators.names()));
        }
        for (int i = 0; i < outputs.size(); i++) {
            define(node.getOutput(i), outputs.get(i));
        }
        boolean perRow = outputs.get(0).perRow();
        spend(perRow ? limits.rows() * read.multiplications() : read.multiplications(), node.getOutput(0));
    }

    /** Returns the form of a constant, whose data must be as many as its shape says, in one place, and finite. */
    private static Form constant(TensorProto tensor) {
        String name = tensor.getName();
        if (tensor.getDimsCount() > Form.MOST_AXES) {
            throw new InvalidModelException(
                    "expected at most %d axes of '%s', got %d".formatted(Form.MOST_AXES, name, tensor.getDimsCount()));
        }
        int[] dims = new int[tensor.getDimsCount()];
        for (int i = 0; i < dims.length; i++) {
            long size = tensor.getDims(i);
            if (size < 1 || size > Form.MOST_ELEMENTS) {
                throw new InvalidModelException(
                        "expected sizes from 1 to %d of '%s', got %d".formatted(Form.MOST_ELEMENTS, name, size));
            }
            dims[i] = (int) size;
        }
        boolean isFloat = tensor.getDataType() == TensorProto.DataType.FLOAT_VALUE;
        if (!isFloat && tensor.getDataType() != TensorProto.DataType.INT64_VALUE) {
            throw new InvalidModelException(
                    "expected FLOAT or INT64 in '%s', got type %d".formatted(name, tensor.getDataType()));
        }
        Form form = new Form(isFloat ? Form.Type.FLOAT : Form.Type.INT64, false, dims, null);
        ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        if (form.bytes(1) != raw.remaining()) {
            throw new InvalidModelException(
                    "expected %d bytes in '%s' by its shape, got %d".formatted(form.bytes(1), name, raw.remaining()));
        }
        if (isFloat) {
            finite(raw, name);
            return form;
        }
        long[] content = new long[raw.remaining() / Long.BYTES];
        if (content.length > MOST_WHOLE_NUMBERS) {
            throw new InvalidModelException(
                    "expected at most %d whole numbers in '%s', got %s".formatted(MOST_WHOLE_NUMBERS, name, form));
        }
        if (dims.length != 1 || content.length > MOST_NUMBERS_OF_A_SHAPE) {
            return form;
        }
        raw.asLongBuffer().get(content);
        return new Form(Form.Type.INT64, false, dims, content);
    }

    private static void finite(ByteBuffer raw, String name) {
        for (int at = 0; at < raw.limit(); at += Float.BYTES) {
            float value = raw.getFloat(at);
            if (!Float.isFinite(value)) {
                throw new InvalidModelException("expected finite weights, got %s at element %d of '%s'"
                        .formatted(value, at / Float.BYTES, name));
            }
        }
    }
}
