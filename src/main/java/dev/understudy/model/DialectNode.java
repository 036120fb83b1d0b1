package dev.understudy.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * An operator in a graph, with the forms of what it is given. Every method throws where the dialect has no such use.
 */
final class DialectNode {
    private final NodeProto node;
    private final List<Form> inputs;
    private final Map<String, Long> attributes = new HashMap<>();
    private final Map<String, String> words = new HashMap<>();
    private long multiplications;

    DialectNode(NodeProto node, List<Form> inputs) {
        this.node = node;
        this.inputs = inputs;
        for (AttributeProto attribute : node.getAttributeList()) {
            String name = attribute.getName();
            boolean isNumber = attribute.getType() == AttributeProto.AttributeType.INT && attribute.hasI();
            boolean isWord = attribute.getType() == AttributeProto.AttributeType.STRING && attribute.hasS();
            boolean isSecond = attributes.containsKey(name) || words.containsKey(name);
            if (isSecond || (!isNumber && !isWord) || (attribute.hasI() && attribute.hasS())) {
                throw unfit("expected one whole number or word as attribute %s, got %s"
                        .formatted(name, attribute.getType()));
            }
            if (isNumber) {
                attributes.put(name, attribute.getI());
            } else {
                words.put(name, attribute.getS().toString(StandardCharsets.ISO_8859_1));
            }
        }
    }

    /** Requires that there are as many inputs and outputs, and attributes of these names at most. */
    void arity(int expectedInputs, int expectedOutputs, String... names) {
        if (inputs.size() != expectedInputs || outputs() != expectedOutputs) {
            throw unfit("expected %d inputs and %d outputs, got %d and %d"
                    .formatted(expectedInputs, expectedOutputs, inputs.size(), outputs()));
        }
        Set<String> given = new TreeSet<>(attributes.keySet());
        given.addAll(words.keySet());
        if (!List.of(names).containsAll(given)) {
            throw unfit("expected no attributes but %s, got %s".formatted(List.of(names), given));
        }
    }

    /** Requires an attribute that is one word. */
    void word(String name, String expected) {
        String found = words.getOrDefault(name, "");
        if (!found.equals(expected)) {
            throw unfit("expected \"%s\" as attribute %s, got another word".formatted(expected, name));
        }
    }

    int inputs() {
        return inputs.size();
    }

    int outputs() {
        return node.getOutputCount();
    }

    /** Returns the value of an attribute. */
    int attribute(String name, int otherwise, int least, int most) {
        long value = attributes.getOrDefault(name, (long) otherwise);
        if (value < least || value > most) {
            throw unfit("expected attribute %s from %d to %d, got %d".formatted(name, least, most, value));
        }
        return (int) value;
    }

    /** Returns an axis that is not the batch. */
    int axis(Form of) {
        int first = of.perRow() ? 1 : 0;
        if (of.axes() <= first) {
            throw unfit("expected something with an axis, got " + of);
        }
        return attribute("axis", -1, first, of.axes() - 1);
    }

    Form any(int input) {
        return inputs.get(input);
    }

    Form floats(int input) {
        return typed(input, Form.Type.FLOAT);
    }

    Form typed(int input, Form.Type type) {
        Form form = inputs.get(input);
        if (form.type() != type || form.content() != null) {
            throw unfit("expected %s as input %d, got %s".formatted(type, input, form));
        }
        return form;
    }

    /** Returns whole numbers, whether they are known or not. */
    Form whole(int input) {
        Form form = inputs.get(input);
        if (form.type() != Form.Type.INT64) {
            throw unfit("expected INT64 as input %d, got %s".formatted(input, form));
        }
        return form;
    }

    /** Returns the numbers of a constant that says a shape. */
    long[] numbers(int input) {
        long[] content = inputs.get(input).content();
        if (content == null) {
            throw unfit("expected a constant of INT64 as input %d, got %s".formatted(input, inputs.get(input)));
        }
        return content;
    }

    /** Returns the form of what two forms give element by element. */
    Form broadcast(Form a, Form b) {
        int axes = Math.max(a.axes(), b.axes());
        int[] sizes = new int[axes];
        for (int i = 1; i <= axes; i++) {
            int left = i <= a.axes() ? a.size(a.axes() - i) : 1;
            int right = i <= b.axes() ? b.size(b.axes() - i) : 1;
            boolean fits = left == right || left == 1 || right == 1;
            sizes[axes - i] = left == 1 ? right : left;
            if (!fits || (sizes[axes - i] == 0 && i != axes)) {
                throw unfit("%s and %s do not fit".formatted(a, b));
            }
        }
        return new Form(a.type(), a.perRow() || b.perRow(), new int[0], null).withSizes(sizes);
    }

    /** Counts multiplications of a run, of each row where the form has rows. */
    void costs(long count) {
        multiplications += count;
    }

    long multiplications() {
        return multiplications;
    }

    InvalidModelException unfit(String detail) {
        return new InvalidModelException("%s '%s' is not of the dialect: %s"
                .formatted(node.getOpType(), node.getOutputCount() > 0 ? node.getOutput(0) : node.getName(), detail));
    }
}
