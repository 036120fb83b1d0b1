package dev.understudy.model;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The fields of an ONNX file that the exporters here write. Bytes are read through once without making objects of them:
 * a file of a few megabytes could otherwise ask for gigabytes. Readers of the format differ in what they make of fields
 * that come twice or that they do not know; so does nothing here, as those are refused.
 */
final class ModelFields {
    private static final int MOST_FIELDS = 1 << 14;
    private static final int LONGEST_NAME = 128;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_./:#@-]*");
    private static final String METADATA = "StringStringEntryProto";

    /** By message: every field, by its name in onnx.proto. */
    private static final Map<String, Set<String>> WRITTEN = Map.ofEntries(
            Map.entry("ModelProto", Set.of("ir_version", "producer_name", "graph", "opset_import", "metadata_props")),
            Map.entry("OperatorSetIdProto", Set.of("version")),
            Map.entry(METADATA, Set.of("key", "value")),
            Map.entry("GraphProto", Set.of("node", "name", "initializer", "input", "output")),
            Map.entry("NodeProto", Set.of("input", "output", "name", "op_type", "attribute")),
            Map.entry("AttributeProto", Set.of("name", "type", "i", "s")),
            Map.entry("TensorProto", Set.of("dims", "data_type", "name", "raw_data")),
            Map.entry("ValueInfoProto", Set.of("name", "type")),
            Map.entry("TypeProto", Set.of("tensor_type")),
            Map.entry("Tensor", Set.of("elem_type", "shape")),
            Map.entry("TensorShapeProto", Set.of("dim")),
            Map.entry("Dimension", Set.of("dim_value", "dim_param")));

    private final CodedInputStream in;
    private int fields;

    private ModelFields(byte[] bytes) {
        in = CodedInputStream.newInstance(bytes);
    }

    /**
     * Reads through a file.
     *
     * @throws InvalidModelException if it is no ONNX file, or has a field that no exporter here writes
     */
    static void check(byte[] bytes) {
        try {
            new ModelFields(bytes).message(ModelProto.getDescriptor());
        } catch (IOException e) {
            throw new InvalidModelException(
                    "expected an ONNX file, got %d bytes that do not parse: %s".formatted(bytes.length, e.getMessage()),
                    e);
        }
    }

    private void message(Descriptor message) throws IOException {
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            FieldDescriptor field = message.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
            if (field == null
                    || !WRITTEN.getOrDefault(message.getName(), Set.of()).contains(field.getName())) {
                throw new InvalidModelException("expected an ONNX file as it is written here, got field %s of %s"
                        .formatted(
                                field == null ? WireFormat.getTagFieldNumber(tag) : field.getName(),
                                message.getName()));
            }
            if (++fields > MOST_FIELDS) {
                throw new InvalidModelException("expected at most %d fields, got more".formatted(MOST_FIELDS));
            }
            value(field, tag);
        }
    }

    private void value(FieldDescriptor field, int tag) throws IOException {
        boolean isLong = WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED;
        switch (field.getJavaType()) {
            case MESSAGE -> {
                expect(isLong, field);
                int outer = in.pushLimit(in.readRawVarint32());
                message(field.getMessageType());
                in.popLimit(outer);
            }
            case STRING -> {
                expect(isLong, field);
                if (field.getName().equals("value")) {
                    in.skipField(tag);
                } else {
                    name(field);
                }
            }
            case BYTE_STRING -> {
                expect(isLong, field);
                if (field.getName().equals("raw_data")) {
                    in.skipField(tag);
                } else {
                    name(field);
                }
            }
            default -> {
                expect(WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_VARINT, field);
                in.readRawVarint64();
            }
        }
    }

    private void name(FieldDescriptor field) throws IOException {
        int length = in.readRawVarint32();
        if (length < 0 || length > LONGEST_NAME) {
            throw new InvalidModelException(
                    "expected %s of at most %d bytes, got %d".formatted(field.getFullName(), LONGEST_NAME, length));
        }
        String name = new String(in.readRawBytes(length), StandardCharsets.ISO_8859_1);
        if (!NAME.matcher(name).matches()) {
            throw new InvalidModelException(
                    "expected %s of letters, digits and _./:#@-, got another character".formatted(field.getFullName()));
        }
    }

    private static void expect(boolean fits, FieldDescriptor field) {
        if (!fits) {
            throw new InvalidModelException(
                    "expected %s as %s, got another kind of value".formatted(field.getFullName(), field.getType()));
        }
    }
}
