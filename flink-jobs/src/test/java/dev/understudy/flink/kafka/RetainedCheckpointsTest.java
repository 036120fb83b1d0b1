package dev.understudy.flink.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetainedCheckpointsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Path checkpoint(String job, int number, long writtenMs) throws IOException {
        Path directory = Files.createDirectories(folder.resolve(job).resolve("chk-" + number));
        Files.setLastModifiedTime(Files.createFile(directory.resolve("_metadata")), FileTime.fromMillis(writtenMs));
        return directory;
    }

    private JobRuntime runtime() {
        return JobRuntime.defaults("nowhere:9092", "group", folder.toUri().toString());
    }

    @Test
    void theNewestWholeOneOfAllRunsIsFound() throws IOException {
        checkpoint("first-run", 70, 1_000_000);
        Path newest = checkpoint("second-run", 9, 2_000_000);
        Files.createDirectories(folder.resolve("second-run").resolve("chk-10"));
        Files.createDirectories(folder.resolve("second-run").resolve("shared"));
        Files.createFile(folder.resolve("notes.txt"));
        assertThat(RetainedCheckpoints.newest(folder.toUri().toString())).hasValueSatisfying(uri -> assertThat(uri)
                .endsWith(folder.relativize(newest).toString()));
    }

    @Test
    void aDirectoryThatIsEmptyOrNotThereHasNone() {
        assertThat(RetainedCheckpoints.newest(folder.toUri().toString())).isEmpty();
        assertThat(RetainedCheckpoints.newest(folder.resolve("none").toUri().toString()))
                .isEmpty();
    }

    @Test
    void aJobGoesOnFromTheNewestAndKeepsItsOwnWhenItEnds() throws IOException {
        Path newest = checkpoint("run", 3, 1_000_000);
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(new Configuration());
        assertThat(runtime().configure(env)).isPresent();
        assertThat(env.getConfiguration().get(StateRecoveryOptions.SAVEPOINT_PATH))
                .endsWith(folder.relativize(newest).toString());
        assertThat(env.getConfiguration().get(CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION))
                .isEqualTo(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    }

    @Test
    void whatTheCallerNamesToGoOnFromComesFirst() throws IOException {
        checkpoint("run", 3, 1_000_000);
        Configuration told = new Configuration();
        told.set(StateRecoveryOptions.SAVEPOINT_PATH, "file:///savepoint");
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(told);
        assertThat(runtime().configure(env)).contains("file:///savepoint");
    }
}
