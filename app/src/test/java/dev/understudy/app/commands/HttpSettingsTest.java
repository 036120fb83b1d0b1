package dev.understudy.app.commands;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.catalogue.Catalogue;
import dev.understudy.dialogue.ResponderSpec;
import dev.understudy.driving.CarFollowing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpSettingsTest {
    private static HttpSettings read(String policy, Map<String, String> given) {
        Settings settings = Settings.resolve(
                HttpSettings.ALL,
                HttpSettings.ALL.stream().map(Setting::key).collect(Collectors.toSet()),
                null,
                Map.of(),
                given);
        return HttpSettings.of(settings, Catalogue.chosen(List.of(policy), ""));
    }

    private static List<String> problems(String policy, Map<String, String> given) {
        return catchThrowableOfType(BadSettingsException.class, () -> read(policy, given))
                .problems();
    }

    @Test
    void thereIsNoDoorUnlessAskedFor() {
        assertThat(read(CarFollowing.POLICY, Map.of()).address()).isNull();
    }

    @Test
    void listensOnThisMachineAlone() {
        HttpSettings settings = read(ResponderSpec.NAME, Map.of("serve.http.port", "8080"));
        assertThat(settings.address()).isNotNull().hasToString("/127.0.0.1:8080");
        assertThat(settings.token()).isEmpty();
    }

    @Test
    void othersAreLetInByATokenThatIsNotPrinted(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("token"), "sesame, open now please\n");
        HttpSettings settings = read(
                ResponderSpec.NAME,
                Map.of(
                        "serve.http.port", "8080",
                        "serve.http.address", "0.0.0.0",
                        "serve.http.token.file", file.toString()));
        assertThat(settings.token()).isEqualTo("sesame, open now please");
        assertThat(settings.toString()).doesNotContain("sesame");
    }

    @Test
    void tellsAllProblemsTogether(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("token"), "short");
        assertThat(problems(CarFollowing.POLICY, Map.of("serve.http.port", "8080", "serve.http.address", "0.0.0.0")))
                .containsExactly(
                        "serve.http.port: expected a policy of dialogue that replies with text, found [driving/car-following]",
                        "serve.http.address: expected serve.http.token.file beside 0.0.0.0, which other machines reach");
        assertThat(problems(
                        ResponderSpec.NAME,
                        Map.of("serve.http.port", "8080", "serve.http.token.file", file.toString())))
                .containsExactly("serve.http.token.file: expected a token of at least 16 characters, found 5");
        assertThat(problems(
                        ResponderSpec.NAME,
                        Map.of(
                                "serve.http.port",
                                "8080",
                                "serve.http.token.file",
                                folder.resolve("none").toString())))
                .hasSize(2)
                .first()
                .asString()
                .startsWith("serve.http.token.file: expected a readable file, found java.nio.file.NoSuchFileException");
    }
}
