package dev.understudy.app.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ListenerTest {
    @Test
    void addressesAreWordsWithTheirLastByteFirst() {
        Listener local = Listener.parse(7, "0100007F:1F90");
        assertThat(local.address().getHostAddress()).isEqualTo("127.0.0.1");
        assertThat(local.port()).isEqualTo(8080);
        assertThat(local.isOpenToOthers()).isFalse();
        assertThat(Listener.parse(7, "00000000:0050").isOpenToOthers()).isTrue();
        assertThat(Listener.parse(7, "00000000000000000000000001000000:0050").isOpenToOthers())
                .as("::1")
                .isFalse();
        assertThat(Listener.parse(7, "00000000000000000000000000000000:0050").isOpenToOthers())
                .as("::")
                .isTrue();
        assertThat(Listener.parse(7, "0000000000000000FFFF00000100007F:0050").isOpenToOthers())
                .as("::ffff:127.0.0.1")
                .isFalse();
    }

    @Test
    void thePortsOfThisProcessAreSeen() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/self/net/tcp")), "expected Linux's /proc, found none");
        try (ServerSocket local = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket open = new ServerSocket(0)) {
            List<Listener> listeners =
                    Listener.of(ProcessHandle.current().pid()).orElseThrow();
            assertThat(listeners)
                    .filteredOn(listener -> listener.port() == local.getLocalPort())
                    .singleElement()
                    .satisfies(listener -> assertThat(listener.isOpenToOthers()).isFalse());
            assertThat(listeners)
                    .filteredOn(listener -> listener.port() == open.getLocalPort())
                    .singleElement()
                    .satisfies(listener -> assertThat(listener.isOpenToOthers()).isTrue());
        }
    }

    @Test
    void aProcessThatIsNotThereListensNowhere() {
        assertThat(Listener.of(Integer.MAX_VALUE)).isEmpty();
        assertThat(Listener.commandLine(Integer.MAX_VALUE)).isEmpty();
    }
}
