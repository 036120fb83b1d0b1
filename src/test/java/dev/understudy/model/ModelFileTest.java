package dev.understudy.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFileTest {
    @Test
    void metadataComeBackOutOfTheFile() {
        ModelFile file = TestModels.file(0.5f, 0.1f);

        ModelFile read = ModelFile.read(file.bytes());

        assertThat(read).isEqualTo(file);
        assertThat(read.metadata()).isEqualTo(TestModels.metadata(0.5f, 0.1f));
    }

    @Test
    void theSameModelGivesTheSameBytes() {
        assertThat(TestModels.file(0.5f, 0.1f).bytes())
                .isEqualTo(TestModels.file(0.5f, 0.1f).bytes());
        assertThat(TestModels.file(0.5f, 0.1f).sha256())
                .isNotEqualTo(TestModels.file(0.5f, 0.2f).sha256());
    }

    @Test
    void metadataReplaceThoseTheFileHad() {
        ModelFile file = TestModels.file(0.5f, 0.1f);

        ModelFile again = ModelFile.create(file.bytes(), TestModels.metadata(0.5f, 0.1f));

        assertThat(again.bytes()).isEqualTo(file.bytes());
    }

    @Test
    void aTruncatedFileIsNamedWithItsPath(@TempDir Path folder) throws IOException {
        byte[] bytes = TestModels.file(0.5f, 0.1f).bytes();
        Path path = Files.write(folder.resolve("m.onnx"), Arrays.copyOf(bytes, bytes.length / 2));

        assertThatThrownBy(() -> ModelFile.read(path))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("expected an ONNX file")
                .hasMessageContaining(path.toString());
    }

    @Test
    void textIsNoModel() {
        assertThatThrownBy(() -> ModelFile.read("not a model".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("expected an ONNX file");
        assertThatThrownBy(() -> ModelFile.read(new byte[0]))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("0 bytes");
    }

    @Test
    void aModelWithoutMetadataIsRefusedByTheMissingProperty() {
        assertThatThrownBy(() -> ModelFile.read(TestModels.model(1, 0).build().toByteArray()))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("expected understudy.format in the model's metadata");
    }
}
