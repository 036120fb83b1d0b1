package dev.understudy.app.commands;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.understudy.app.embedded.LocalFlink;
import dev.understudy.app.host.Listener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.junit.jupiter.api.Test;

/** What a job in its own JVM, as {@code learn} and {@code promote-gate} start it, opens to others. */
class JobPortsTest {
    @Test
    void aJobInItsOwnJvmIsOpenToThisMachineAlone() throws Exception {
        List<Listener> opened = openedWhileAJobRuns(LocalFlink.LOOPBACK);
        assertThat(opened).as("REST and files").hasSizeGreaterThanOrEqualTo(2);
        assertThat(opened).noneMatch(Listener::isOpenToOthers);
    }

    @Test
    void anotherAddressIsASettingAndIsSeen() throws Exception {
        assertThat(openedWhileAJobRuns("0.0.0.0")).anyMatch(Listener::isOpenToOthers);
    }

    private static List<Listener> openedWhileAJobRuns(String address) throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/self/net/tcp")), "expected Linux's /proc, found none");
        List<Listener> before = Listener.of(ProcessHandle.current().pid()).orElseThrow();
        StreamExecutionEnvironment environment = Pipeline.environment(address);
        environment.setParallelism(1);
        environment.fromSequence(0, Long.MAX_VALUE).sinkTo(new DiscardingSink<>());
        JobClient job = environment.executeAsync("ports");
        try {
            return Listener.of(ProcessHandle.current().pid()).orElseThrow().stream()
                    .filter(listener -> !before.contains(listener))
                    .toList();
        } finally {
            job.cancel().get(30, TimeUnit.SECONDS);
        }
    }
}
