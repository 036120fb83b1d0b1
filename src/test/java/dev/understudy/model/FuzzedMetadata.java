package dev.understudy.model;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import dev.understudy.dialogue.Tokeniser;
import dev.understudy.domain.Experts;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A target of {@code benchmarks/fuzz-decoders}: lines {@code key=value} as properties of a model's policy, in the place
 * of those of a good model.
 */
public final class FuzzedMetadata {
    private static final ModelProto MODEL = TestModels.model(1, 0).build();
    private static final SortedMap<String, String> GOOD = good();

    private FuzzedMetadata() {}

    private static SortedMap<String, String> good() {
        SortedMap<String, String> properties = TestModels.metadata(1, 0).toProperties();
        properties.put("understudy.format", "1"); // which needs no seal
        return properties;
    }

    /** Reads; anything but the exceptions that are declared is a bug. */
    public static void fuzzerTestOneInput(byte[] bytes) {
        SortedMap<String, String> properties = new TreeMap<>(GOOD);
        for (String line : new String(bytes, StandardCharsets.UTF_8).split("\n", -1)) {
            int at = line.indexOf('=');
            if (at > 0) {
                properties.put("understudy." + line.substring(0, at), line.substring(at + 1));
            }
        }
        ModelProto.Builder model = MODEL.toBuilder();
        properties.forEach((key, value) -> model.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        try {
            parse(ModelFile.read(model.build().toByteArray()).metadata().extra());
        } catch (InvalidModelException e) {
            // as declared
        }
    }

    private static void parse(Map<String, String> extra) {
        try {
            Experts.of(extra);
        } catch (IllegalArgumentException e) {
            // as declared
        }
        try {
            Tokeniser.read(extra.getOrDefault("tokenizer", "").getBytes(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            // as declared
        }
    }
}
