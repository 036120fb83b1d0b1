package dev.understudy.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** The shape of a tensor and, where it is small, whole-number and known before running, its content. */
record ShapeValue(long[] shape, long @Nullable [] content) {
    /** The largest content followed: a shape has no more dimensions than this. */
    static final int MOST_CONTENT = 64;

    static ShapeValue of(TensorProto tensor) {
        long[] shape = NodeInputs.longs(tensor.getDimsList());
        long elements = ShapeArithmetic.elements(shape, tensor.getName());
        if (tensor.getDataType() != TensorProto.DataType.INT64_VALUE || elements > MOST_CONTENT) {
            return new ShapeValue(shape, null);
        }
        if (!tensor.hasRawData()) {
            return new ShapeValue(shape, NodeInputs.longs(tensor.getInt64DataList()));
        }
        long[] content = new long[(int) elements];
        tensor.getRawData()
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asLongBuffer()
                .get(content);
        return new ShapeValue(shape, content);
    }

    /** Returns the value of a Constant node. */
    static ShapeValue of(NodeInputs constant) {
        for (AttributeProto attribute : constant.node().getAttributeList()) {
            String name = attribute.getName();
            if (name.equals("value")) {
                return of(attribute.getT());
            }
            if (name.equals("value_int")) {
                return new ShapeValue(new long[0], new long[] {attribute.getI()});
            }
            if (name.equals("value_ints")) {
                long[] all = NodeInputs.longs(attribute.getIntsList());
                return new ShapeValue(new long[] {all.length}, all.length > MOST_CONTENT ? null : all);
            }
            if (name.equals("value_float")) {
                return new ShapeValue(new long[0], null);
            }
            if (name.equals("value_floats")) {
                return new ShapeValue(new long[] {attribute.getFloatsCount()}, null);
            }
        }
        throw constant.unfit("a number expected");
    }
}
