package dev.understudy.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TextsTest {
    private static byte[] written(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Texts.write(text, new DataOutputStream(bytes));
        return bytes.toByteArray();
    }

    private static String read(byte[] bytes) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        String text = Texts.read(in);
        assertThat(in.available()).isZero();
        return text;
    }

    @Test
    void textsOfAnyLengthComeBackAsTheyWere() throws IOException {
        for (String text : List.of(
                "",
                "a",
                "\u0000",
                "\u00fc\u4e2d\ud83c\udfb5",
                "x".repeat(21_844),
                "x".repeat(21_845),
                "\u4e2d".repeat(100_000))) {
            assertThat(read(written(text))).isEqualTo(text);
        }
    }

    @Test
    void shortOnesAreAsEarlierReleasesWroteThem() throws IOException {
        ByteArrayOutputStream earlier = new ByteArrayOutputStream();
        String text = "driving/\u00fc\u0000" + "y".repeat(5_000);
        new DataOutputStream(earlier).writeUTF(text);
        assertThat(written(text)).isEqualTo(earlier.toByteArray());
        earlier.reset();
        String longest = "z".repeat(65_534);
        new DataOutputStream(earlier).writeUTF(longest);
        assertThat(read(earlier.toByteArray())).isEqualTo(longest);
    }

    @Test
    void noStateIsWrittenWithTheLimitOfWriteUtf() throws IOException {
        Path module = Path.of("").toAbsolutePath();
        for (String sources : List.of("main/java", "../flink-jobs/src/main/java")) {
            try (Stream<Path> files = Files.walk(module.resolve(sources))) {
                assertThat(files.filter(file -> file.toString().endsWith(".java"))
                                .filter(file -> !file.endsWith("Texts.java")))
                        .isNotEmpty()
                        .allSatisfy(file -> assertThat(Files.readString(file)).doesNotContain("writeUTF("));
            }
        }
    }
}
