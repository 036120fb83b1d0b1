package dev.understudy.model;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * A model as it is stored, sent and served: an ONNX file with its {@link ModelMetadata} inside, named by its hash.
 * Reading one does not run it and trusts nothing; {@link IntakeCheck} decides whether it may be loaded.
 *
 * @param bytes the file; not copied, and never written to
 * @param sha256 its SHA-256, lower-case hexadecimal
 * @param metadata what its metadata properties say
 */
public record ModelFile(byte[] bytes, String sha256, ModelMetadata metadata) {

    /**
     * Puts metadata into an ONNX file, in the place of any it has. The same arguments give the same bytes.
     *
     * @param onnx the model, as {@code Learner.export} returns it
     * @throws InvalidModelException if {@code onnx} is not an ONNX file
     */
    public static ModelFile create(byte[] onnx, ModelMetadata metadata) {
        ModelProto.Builder model = parse(onnx).toBuilder().clearMetadataProps();
        metadata.toProperties().forEach((key, value) -> model.addMetadataProps(property(key, value)));
        byte[] bytes = serialise(sealed(model.build()));
        return new ModelFile(bytes, sha256(bytes), metadata);
    }

    /** Returns a model with its seal as the last of its properties, in the place of the one that it has. */
    static ModelProto sealed(ModelProto model) {
        ModelProto bare = unsealed(model);
        return bare.toBuilder()
                .addMetadataProps(property(ModelMetadata.SEAL, sha256(serialise(bare))))
                .build();
    }

    private static ModelProto unsealed(ModelProto model) {
        ModelProto.Builder bare = model.toBuilder().clearMetadataProps();
        model.getMetadataPropsList().stream()
                .filter(entry -> !entry.getKey().equals(ModelMetadata.SEAL))
                .forEach(bare::addMetadataProps);
        return bare.build();
    }

    private static StringStringEntryProto property(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    /**
     * Puts metadata into an ONNX file, with golden actions that are what this very model answers to the golden
     * observations, whatever {@code metadata} has in their place, and with every output on {@link ProbeRows}.
     *
     * @param onnx the model, as {@code Learner.export} returns it; trusted
     * @throws InvalidModelException if {@code onnx} does not load
     */
    public static ModelFile createGolden(byte[] onnx, ModelMetadata metadata) {
        return createGolden(
                onnx,
                metadata,
                file -> LoadedPolicy.load(
                        file,
                        metadata.goldenObservations().columns(),
                        metadata.goldenActions().columns()));
    }

    /** Does the same for a model that is loaded in a way of its own. */
    public static ModelFile createGolden(byte[] onnx, ModelMetadata metadata, ModelLoader loader) {
        Rows observations = metadata.goldenObservations();
        int actionSize = metadata.goldenActions().columns();
        float[] actions = new float[observations.rows() * actionSize];
        ModelMetadata golden;
        try (ServedPolicy policy = loader.load(create(onnx, metadata))) {
            policy.act(observations, observations.rows(), actions);
            golden = metadata.withGoldenActions(new Matrix(observations.rows(), actionSize, actions))
                    .with(GoldenOutputs.ofFile(policy, observations));
        }
        return create(onnx, golden);
    }

    /**
     * Reads a model file.
     *
     * @throws InvalidModelException if it is not an ONNX file as it is written here, or was changed since, or its
     *     metadata are missing or malformed
     */
    public static ModelFile read(byte[] bytes) {
        return new ModelFile(bytes, sha256(bytes), metadata(parseUnchanged(bytes)));
    }

    /**
     * Parses a file from anywhere: of known fields, in the one form that they are written in, and with its seal.
     *
     * @throws InvalidModelException if it is anything else
     */
    static ModelProto parseUnchanged(byte[] bytes) {
        ModelFields.check(bytes);
        ModelProto model = parse(bytes);
        if (!Arrays.equals(serialise(model), bytes)) {
            throw new InvalidModelException(
                    "expected every field once and in order, got %d bytes that say something twice or otherwise than"
                                    .formatted(bytes.length)
                            + " it is written");
        }
        for (StringStringEntryProto entry : model.getMetadataPropsList()) {
            if (entry.getKey().equals(ModelMetadata.SEAL)) {
                String found = sha256(serialise(unsealed(model)));
                if (!found.equals(entry.getValue())) {
                    throw new InvalidModelException("expected an unchanged file with seal %s, got one that comes to %s"
                            .formatted(entry.getValue(), found));
                }
            }
        }
        return model;
    }

    /**
     * Reads a model file.
     *
     * @throws InvalidModelException if it is not an ONNX file or its metadata are missing or malformed; the message
     *     names the path
     * @throws IOException if it cannot be read
     */
    public static ModelFile read(Path path) throws IOException {
        try {
            return read(Files.readAllBytes(path));
        } catch (InvalidModelException e) {
            throw new InvalidModelException("%s (file=%s)".formatted(e.getMessage(), path), e);
        }
    }

    /** Returns the SHA-256 of some bytes, lower-case hexadecimal. */
    public static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    static ModelProto parse(byte[] bytes) {
        ModelProto model;
        try {
            model = ModelProto.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new InvalidModelException(
                    "expected an ONNX file, got %d bytes that do not parse: %s".formatted(bytes.length, e.getMessage()),
                    e);
        }
        if (!model.hasGraph() || model.getOpsetImportCount() == 0) {
            throw new InvalidModelException(
                    "expected an ONNX file with a graph and an operator set, got %d bytes without"
                            .formatted(bytes.length));
        }
        return model;
    }

    static ModelMetadata metadata(ModelProto model) {
        Map<String, String> properties = new HashMap<>();
        for (StringStringEntryProto entry : model.getMetadataPropsList()) {
            if (properties.put(entry.getKey(), entry.getValue()) != null) {
                throw new InvalidModelException("expected property %s once, got it twice".formatted(entry.getKey()));
            }
        }
        return ModelMetadata.fromProperties(properties);
    }

    private static byte[] serialise(ModelProto model) {
        byte[] bytes = new byte[model.getSerializedSize()];
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.useDeterministicSerialization();
        try {
            model.writeTo(out);
            out.checkNoSpaceLeft();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes;
    }

    /** Whether the other is the same file; the hash stands for the bytes. */
    @Override
    public boolean equals(Object other) {
        return other instanceof ModelFile that && sha256.equals(that.sha256);
    }

    @Override
    public int hashCode() {
        return sha256.hashCode();
    }

    @Override
    public String toString() {
        return "ModelFile[%s, %d bytes, %s]".formatted(metadata.policy(), bytes.length, sha256);
    }
}
