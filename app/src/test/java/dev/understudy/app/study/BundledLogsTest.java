package dev.understudy.app.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class BundledLogsTest {
    @Test
    void theLicenceIsKnownOfBundledLogsAlone() {
        Path bundled = BundledLogs.folder();
        assertThat(BundledLogs.licence(List.of(bundled, bundled.resolve("runs/../runs.csv"))))
                .isEqualTo("CC-BY-4.0");
        assertThat(BundledLogs.licence(List.of(bundled, bundled.resolve("../other"))))
                .isEqualTo("unknown");
        assertThat(BundledLogs.licence(List.of())).isEqualTo("unknown");
        assertThat(BundledLogs.licence(List.of(BundledLogs.conversations()))).isEqualTo("BSD-3-Clause");
    }
}
