package dev.understudy.model;

/** A target of {@code benchmarks/fuzz-decoders}: any bytes as a model file. */
public final class FuzzedModelFile {
    private static final IntakeCheck CHECK = TestModels.check();

    private FuzzedModelFile() {}

    /** Reads and goes through; anything but the exception that is declared is a bug. */
    public static void fuzzerTestOneInput(byte[] bytes) {
        try {
            ModelFile.read(bytes);
        } catch (InvalidModelException e) {
            // as declared
        }
        try {
            CHECK.inspect(bytes, ModelFile.sha256(bytes));
        } catch (InvalidModelException e) {
            // as declared
        }
    }
}
