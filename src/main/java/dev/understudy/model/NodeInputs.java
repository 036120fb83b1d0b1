package dev.understudy.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A node of a graph, with what is known of the tensors defined before it. */
record NodeInputs(NodeProto node, Map<String, ShapeValue> values) {

    String operator() {
        return node.getOpType();
    }

    int inputs() {
        return node.getInputCount();
    }

    int outputs() {
        return node.getOutputCount();
    }

    String input(int index) {
        return node.getInput(index);
    }

    String output(int index) {
        return node.getOutput(index);
    }

    ShapeValue value(int input) {
        String name = input < node.getInputCount() ? node.getInput(input) : "";
        ShapeValue value = values.get(name);
        if (value == null) {
            throw unfit("input %d, '%s', is not defined before it".formatted(input, name));
        }
        return value;
    }

    long[] shape(int input) {
        return value(input).shape();
    }

    long[] content(int input) {
        long[] content = value(input).content();
        if (content == null) {
            throw unfit("expected input %d to be known before running".formatted(input));
        }
        return content;
    }

    long[] broadcast(long[] a, long[] b) {
        long[] shape = new long[Math.max(a.length, b.length)];
        for (int i = 1; i <= shape.length; i++) {
            long left = i <= a.length ? a[a.length - i] : 1;
            long right = i <= b.length ? b[b.length - i] : 1;
            if (left != right && left != 1 && right != 1) {
                throw unfit(Arrays.toString(a) + " and " + Arrays.toString(b) + " do not broadcast");
            }
            shape[shape.length - i] = left == 1 ? right : left;
        }
        return shape;
    }

    static int axis(long axis, int rank) {
        return Objects.checkIndex((int) (axis < 0 ? axis + rank : axis), rank);
    }

    static int bounded(long index, int size) {
        return (int) Math.max(0, Math.min(size, index < 0 ? index + size : index));
    }

    long integer(String name, long otherwise) {
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.getName().equals(name)) {
                return attribute.getI();
            }
        }
        return otherwise;
    }

    long @Nullable [] integers(String name) {
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.getName().equals(name)) {
                return longs(attribute.getIntsList());
            }
        }
        return null;
    }

    static long[] longs(List<Long> list) {
        return list.stream().mapToLong(Long::longValue).toArray();
    }

    InvalidModelException unfit(String detail) {
        return new InvalidModelException("shapes do not fit at %s '%s': %s"
                .formatted(node.getOpType(), node.getOutputCount() > 0 ? node.getOutput(0) : node.getName(), detail));
    }
}
