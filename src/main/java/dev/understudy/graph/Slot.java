package dev.understudy.graph;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Native memory for one tensor, kept from run to run and replaced only when the shape changes. */
final class Slot implements AutoCloseable {
    private final String name;
    private final ElementType type;
    private final Shape declared;
    private @Nullable Memory memory;

    /** A buffer and the tensor that looks at it. */
    private record Memory(Shape shape, ByteBuffer bytes, OnnxTensor tensor) {}

    /** Makes an empty slot for a tensor of a declared shape, whose first size may be unknown. */
    Slot(String name, ElementType type, Shape declared) {
        this.name = name;
        this.type = type;
        this.declared = declared;
    }

    /** Returns the tensor of what was put last. */
    OnnxTensor filled() {
        return Objects.requireNonNull(memory, "nothing was put").tensor();
    }

    /** Returns the tensor, made for the declared shape if there is none yet. */
    OnnxTensor reserve() {
        return memory(declared).tensor();
    }

    /** Copies values in. */
    OnnxTensor put(Object values) {
        if (values instanceof float[] floats) {
            Memory target = memory(shapeFor(ElementType.FLOAT, floats.length));
            target.bytes().asFloatBuffer().put(floats);
            return target.tensor();
        }
        if (values instanceof FloatBuffer floats) {
            Memory target = memory(shapeFor(ElementType.FLOAT, floats.remaining()));
            target.bytes().asFloatBuffer().put(floats.duplicate());
            return target.tensor();
        }
        if (values instanceof byte[] whole) {
            Memory target = memory(shapeFor(ElementType.UINT8, whole.length));
            target.bytes().put(0, whole);
            return target.tensor();
        }
        long[] longs = (long[]) values;
        Memory target = memory(shapeFor(ElementType.INT64, longs.length));
        target.bytes().asLongBuffer().put(longs);
        return target.tensor();
    }

    /** Copies floats out. */
    float[] floats() {
        Memory source = memory(declared);
        float[] result = new float[Math.toIntExact(source.shape().size())];
        source.bytes().asFloatBuffer().get(result);
        return result;
    }

    /** Copies integers out. */
    long[] longs() {
        Memory source = memory(declared);
        long[] result = new long[Math.toIntExact(source.shape().size())];
        source.bytes().asLongBuffer().get(result);
        return result;
    }

    @Override
    public void close() {
        if (memory != null) {
            memory.tensor().close();
            memory = null;
        }
    }

    private Memory memory(Shape shape) {
        Memory current = memory;
        if (current != null && current.shape().equals(shape)) {
            return current;
        }
        close();
        int width = type == ElementType.INT64 ? Long.BYTES : type == ElementType.UINT8 ? 1 : Float.BYTES;
        ByteBuffer bytes =
                ByteBuffer.allocateDirect(Math.toIntExact(width * shape.size())).order(ByteOrder.nativeOrder());
        try {
            OrtEnvironment environment = OnnxRuntime.environment();
            OnnxTensor tensor =
                    switch (type) {
                        case INT64 -> OnnxTensor.createTensor(environment, bytes.asLongBuffer(), shape.dims());
                        case UINT8 -> OnnxTensor.createTensor(environment, bytes, shape.dims(), OnnxJavaType.UINT8);
                        default -> OnnxTensor.createTensor(environment, bytes.asFloatBuffer(), shape.dims());
                    };
            Memory made = new Memory(shape, bytes, tensor);
            memory = made;
            return made;
        } catch (OrtException e) {
            throw new IllegalStateException("could not make tensor %s %s".formatted(name, shape), e);
        }
    }

    private Shape shapeFor(ElementType found, long count) {
        long rest = declared.knownSize();
        boolean fits = declared.isKnown() ? count == rest : count > 0 && count % rest == 0;
        if (found != type || !fits) {
            throw new IllegalArgumentException(
                    "%s: expected %s %s, got %d values of %s".formatted(name, type, declared, count, found));
        }
        return declared.isKnown() ? declared : declared.with(0, count / rest);
    }
}
