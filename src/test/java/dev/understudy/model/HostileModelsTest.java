package dev.understudy.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import dev.understudy.data.Rows;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Files that crashed, hung or swelled once, which are not part of the sources. */
class HostileModelsTest {
    /** Where files are that did so; not part of the sources. */
    private static final Path HOSTILE = Path.of(System.getProperty("understudy.hostile", "../../shared/hostile"));

    /** Of those, the ones that are a good model once they are written as they should be. */
    private static final List<String> ONLY_BADLY_WRITTEN = List.of("ir_override_same.onnx", "raw_and_float.onnx");

    @Test
    void everyHostileFileIsRefusedBeforeItIsRun() throws IOException {
        List<String> accepted = new ArrayList<>();
        List<String> acceptedRewritten = new ArrayList<>();
        for (Path file : hostile()) {
            byte[] bytes = Files.readAllBytes(file);
            if (isAccepted(bytes)) {
                accepted.add(file.getFileName().toString());
            }
            if (isAccepted(rewritten(bytes))) {
                acceptedRewritten.add(file.getFileName().toString());
            }
        }

        assertThat(accepted).isEmpty();
        assertThat(acceptedRewritten).isEqualTo(ONLY_BADLY_WRITTEN);
    }

    private static List<Path> hostile() throws IOException {
        assumeThat(HOSTILE)
                .as("no hostile files at %s: skipped; the other tests make one of each kind", HOSTILE.toAbsolutePath())
                .isDirectory();
        try (Stream<Path> all = Files.list(HOSTILE)) {
            return all.filter(path -> path.toString().endsWith(".onnx"))
                    .sorted()
                    .toList();
        }
    }

    /** Returns whether the check of the layout that these files were made for accepts one. */
    private static boolean isAccepted(byte[] bytes) {
        IntakeCheck check = new IntakeCheck(
                CarFollowing.POLICY,
                "dc692f3fd1e69de0",
                Rows.Type.FLOAT32,
                23,
                new CarFollowingPolicy().actions(),
                IntakeLimits.defaults());
        try {
            check.inspect(bytes, ModelFile.sha256(bytes));
            return true;
        } catch (InvalidModelException e) {
            assertThat(e.getMessage()).isNotEmpty();
            return false;
        }
    }

    /** Returns a file with every field once, in order, and data where they belong, sealed again. */
    private static byte[] rewritten(byte[] bytes) throws IOException {
        ModelProto model = ModelProto.parseFrom(bytes);
        GraphProto.Builder graph = model.getGraph().toBuilder();
        for (TensorProto.Builder tensor : graph.getInitializerBuilderList()) {
            if (tensor.getInt64DataCount() > 0) {
                ByteBuffer raw = ByteBuffer.allocate(Long.BYTES * tensor.getInt64DataCount())
                        .order(ByteOrder.LITTLE_ENDIAN);
                tensor.getInt64DataList().forEach(raw::putLong);
                tensor.clearInt64Data().setRawData(ByteString.copyFrom(raw.flip()));
            }
            tensor.clearFloatData();
        }
        ModelProto whole = model.toBuilder().setGraph(graph).build();
        return ModelFile.create(whole.toByteArray(), ModelFile.metadata(whole)).bytes();
    }
}
