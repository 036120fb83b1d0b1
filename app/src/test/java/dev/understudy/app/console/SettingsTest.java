package dev.understudy.app.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.app.commands.LearnCommand;
import dev.understudy.app.commands.Pipeline;
import dev.understudy.app.commands.PromoteGateCommand;
import dev.understudy.domain.Actor;
import dev.understudy.flink.logs.LogReading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
    private static final Setting<Integer> WINDOW =
            Setting.integer("window.seconds", 60, 1, 3600, "Length of a window.");
    private static final Setting<Double> FACTOR = Setting.number("factor", 1.0, 0.1, 1000.0, "Speed.");
    private static final List<Setting<?>> USED = List.of(WINDOW, FACTOR);
    private static final Set<String> KNOWN = Set.of("window.seconds", "factor", "bootstrap.servers");

    @TempDir
    Path folder = Path.of("");

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("understudy.properties"), content);
    }

    @Test
    void optionsWinOverTheEnvironmentWhichWinsOverTheFileWhichWinsOverDefaults() throws IOException {
        Path file = file("window.seconds=10\n");
        Map<String, String> environment = Map.of("UNDERSTUDY_WINDOW_SECONDS", "20");
        Map<String, String> options = Map.of("window.seconds", "30");

        assertThat(Settings.resolve(USED, KNOWN, null, Map.of(), Map.of()).get(WINDOW))
                .isEqualTo(60);
        assertThat(Settings.resolve(USED, KNOWN, file, Map.of(), Map.of()).get(WINDOW))
                .isEqualTo(10);
        assertThat(Settings.resolve(USED, KNOWN, file, environment, Map.of()).get(WINDOW))
                .isEqualTo(20);
        assertThat(Settings.resolve(USED, KNOWN, file, environment, options).get(WINDOW))
                .isEqualTo(30);
    }

    @Test
    void allProblemsAreToldTogether() throws IOException {
        Path file = file("windw.seconds=10\n");
        Map<String, String> environment = Map.of("UNDERSTUDY_FACTOR", "fast", "UNDERSTUDY_COLOUR", "red", "HOME", "/");
        Map<String, String> options = Map.of("window.seconds", "0");

        assertThatThrownBy(() -> Settings.resolve(USED, KNOWN, file, environment, options))
                .isInstanceOfSatisfying(BadSettingsException.class, problem -> assertThat(problem.problems())
                        .containsExactlyInAnyOrder(
                                file + ": unknown setting windw.seconds; did you mean window.seconds?",
                                "UNDERSTUDY_COLOUR: unknown setting colour",
                                "UNDERSTUDY_FACTOR: expected a number, found \"fast\"",
                                "--window-seconds: expected a number from 1 to 3600, found 0"));
    }

    @Test
    void aFileMayHoldWhatOtherCommandsRead() throws IOException {
        Path file = file("bootstrap.servers=broker:9092\nfactor=2\n");
        Settings settings = Settings.resolve(USED, KNOWN, file, Map.of(), Map.of());
        assertThat(settings.get(FACTOR)).isEqualTo(2.0);
        assertThat(settings).hasToString("window.seconds=60 factor=2");
    }

    @Test
    void aMissingFileIsNamed() {
        Path missing = folder.resolve("none.properties");
        assertThatThrownBy(() -> Settings.resolve(USED, KNOWN, missing, Map.of(), Map.of()))
                .isInstanceOf(BadSettingsException.class)
                .hasMessageContaining(missing.toString())
                .hasMessageContaining("found none");
    }

    @Test
    void aNumberThatIsNotANumberIsNoSetting() {
        assertThatThrownBy(() -> Settings.resolve(USED, KNOWN, null, Map.of("UNDERSTUDY_FACTOR", "NaN"), Map.of()))
                .hasMessageContaining("expected a number from 0.1 to 1000.0, found NaN");
    }

    @Test
    void distanceCountsEdits() {
        assertThat(Settings.distance("window", "window")).isZero();
        assertThat(Settings.distance("windw", "window")).isEqualTo(1);
        assertThat(Settings.distance("", "abc")).isEqualTo(3);
    }

    @Test
    void bothJobsLearnFromWhomTheyAreTold() throws IOException {
        for (Tool job : List.of(new LearnCommand(), new PromoteGateCommand())) {
            Set<String> known = job.settings().stream().map(Setting::key).collect(Collectors.toSet());
            Settings all = Settings.resolve(job.settings(), known, null, Map.of(), Map.of());
            assertThat(Pipeline.reading(all).experts())
                    .isEqualTo(LogReading.defaults().experts())
                    .containsExactlyInAnyOrder(Actor.HUMAN, Actor.ASSISTANCE);
            Settings people = Settings.resolve(job.settings(), known, null, Map.of(), Map.of("experts", "human"));
            assertThat(Pipeline.reading(people).experts()).containsExactly(Actor.HUMAN);
        }
    }
}
