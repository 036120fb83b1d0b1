package dev.understudy.graph;

/** What the elements of a tensor are. Only {@link #FLOAT} has derivatives. */
public enum ElementType {
    /** 32-bit floating point. */
    FLOAT(1),
    /** Whole numbers from 0 to 255, such as the pixels of frames. */
    UINT8(2),
    /** 64-bit integers, for indices. */
    INT64(7),
    /** True or false, what a comparison gives. */
    BOOL(9);

    private final int onnxCode;

    ElementType(int onnxCode) {
        this.onnxCode = onnxCode;
    }

    /** Returns the code of {@code TensorProto.DataType}. */
    int onnxCode() {
        return onnxCode;
    }
}
