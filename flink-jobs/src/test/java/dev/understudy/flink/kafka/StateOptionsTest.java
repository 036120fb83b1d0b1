package dev.understudy.flink.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateOptionsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private java.util.List<String> check(String window, String learners) {
        return StateOptions.check(
                folder.resolve("job").toUri().toString(),
                new TreeMap<>(Map.of("window.seconds", window, "learners", learners)));
    }

    private void checkpoint() throws IOException {
        Files.createFile(
                Files.createDirectories(folder.resolve("job/run/chk-1")).resolve("_metadata"));
    }

    @Test
    void aChangedOptionIsNamedWithWhatToDo() throws IOException {
        assertThat(check("300", "train")).isEmpty();
        checkpoint();
        assertThat(check("300", "train")).isEmpty();
        assertThat(check("60", "train")).singleElement().satisfies(problem -> assertThat(problem)
                .startsWith("window.seconds: expected 300, with which the state in file:")
                .contains("found 60; go on with 300, or move that directory away to begin afresh"));
        assertThat(check("300", "train")).as("what was refused is not noted").isEmpty();
    }

    @Test
    void learnersMayBeAddedAndNotTakenAway() throws IOException {
        assertThat(check("300", "train")).isEmpty();
        checkpoint();
        assertThat(check("300", "train,train-gail")).isEmpty();
        assertThat(check("300", "train")).singleElement().satisfies(problem -> assertThat(problem)
                .startsWith("learners: expected train,train-gail"));
        assertThat(check("300", "train-gail")).hasSize(1);
    }

    @Test
    void theFileIsReplacedAndNeverWrittenOver() throws IOException {
        assertThat(check("300", "train")).isEmpty();
        Path file = folder.resolve("job/" + StateOptions.FILE);
        Path same = Files.createLink(folder.resolve("same-file"), file);
        checkpoint();
        assertThat(check("300", "train,train-gail")).isEmpty();
        assertThat(Files.readString(same)).as("who reads it meanwhile").contains("learners=train\n");
        assertThat(Files.readString(file)).contains("learners=train,train-gail");
        assertThat(folder.resolve("job")).isDirectoryNotContaining("glob:**.new");
    }

    @Test
    void withoutACheckpointAnyOptionsWillDo() {
        assertThat(check("300", "train")).isEmpty();
        assertThat(check("60", "train-gail")).isEmpty();
    }

    @Test
    void stateOfAReleaseThatNotedNothingGoesOn() throws IOException {
        checkpoint();
        assertThat(check("300", "train")).isEmpty();
        assertThat(check("60", "train")).hasSize(1);
    }
}
