package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training of a responder from a model file, on the command line. */
@SuppressWarnings("NullAway.Init")
class DialogueCommandsTest {
    @TempDir
    Path folder;

    private String conversations() throws IOException {
        return Files.writeString(
                        folder.resolve("chat.jsonl"),
                        "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":\"assistant\",\"content\":\"Hello!\"}]}\n")
                .toString();
    }

    private Ran train(String model) throws IOException {
        return Ran.command(
                "train",
                "gail",
                "--policy",
                "dialogue/responder",
                "--format",
                "chat",
                "--demos",
                conversations(),
                "--model",
                model,
                "--out",
                folder.resolve("out.onnx").toString());
    }

    @Test
    void aModelThatIsNoResponderIsBadUsage() throws IOException {
        Path other = Files.write(folder.resolve("other.onnx"), new byte[] {1, 2, 3});
        Ran ran = train(other.toString());
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err())
                .contains(
                        "model: expected a model of dialogue/responder with its tokeniser, found another at " + other);
        assertThat(folder.resolve("out.onnx")).doesNotExist();
    }

    @Test
    void aModelThatIsNotThereIsBadUsage() throws IOException {
        Ran ran = train(folder.resolve("none.onnx").toString());
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("--model: expected a file, found nothing at", "none.onnx");
    }
}
