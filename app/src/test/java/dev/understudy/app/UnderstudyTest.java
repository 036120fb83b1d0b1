package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.app.console.Failures;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnderstudyTest {
    @Test
    void helpListsTheCommands() {
        Ran ran = Ran.command("--help");
        assertThat(ran.code()).isZero();
        assertThat(ran.out()).contains("demo", "doctor", "bench", "UNDERSTUDY_BOOTSTRAP_SERVERS", "Exit codes");
        assertThat(ran.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"demo", "ingest", "train", "evaluate", "learn", "promote-gate", "serve", "doctor", "broker"})
    void everyCommandHasHelp(String command) {
        Ran ran = Ran.command(command, "--help");
        assertThat(ran.code()).isZero();
        assertThat(ran.out()).startsWith("Usage: understudy " + command).contains("--json", "--config");
    }

    @Test
    void theVersionIsThatOfTheBuild() {
        assertThat(Ran.command("--version").out().strip()).matches("understudy \\d+\\.\\d+\\.\\d+.*");
    }

    @Test
    void anUnknownOptionIsBadUsage() {
        Ran ran = Ran.command("demo", "--sconds", "5");
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).contains("Unknown option", "--sconds", "Try: understudy demo --help");
    }

    @Test
    void anUnknownCommandIsBadUsage() {
        Ran ran = Ran.command("dmo");
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("dmo", "demo");
    }

    @Test
    void noCommandIsBadUsage() {
        Ran ran = Ran.command();
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("expected a command, found none");
    }

    @Test
    void badSettingsAreBadUsage() {
        Ran ran = Ran.command(Map.of("UNDERSTUDY_COLOUR", "red"), "demo", "--seconds", "soon");
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err())
                .contains("UNDERSTUDY_COLOUR: unknown setting colour")
                .contains("--seconds: expected");
    }

    @Test
    void policiesThatThereAreNotAreBadUsage() {
        for (String command : List.of("learn", "promote-gate", "serve")) {
            Ran ran = Ran.command(
                    command, "--policy", "control/cartpole-v1,control/chess", "--bootstrap-servers", "nowhere:1");
            assertThat(ran.code()).isEqualTo(2);
            assertThat(ran.err()).contains("control/mountaincar-v0", "got control/chess");
        }
    }

    @Test
    void aJobIsOfOneDomainAndAMappingOfSomeKindOrAFile() {
        String both = "driving/car-following,control/cartpole-v1";
        Ran ran = Ran.command("learn", "--policy", both, "--bootstrap-servers", "nowhere:1");
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err())
                .contains("expected policies of one domain, got [control/cartpole-v1, driving/car-following]");
        ran = Ran.command("serve", "--policy-mapping", "labels", "--bootstrap-servers", "nowhere:1");
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("expected one, label, entity-prefix or a readable file, found labels");
    }

    @Test
    void learningFromRolloutsWithAnotherLearnerOrPolicyIsBadUsage() {
        String[] cartPole = {
            "learn", "--rollouts", "--policy", "control/cartpole-v0", "--bootstrap-servers", "nowhere:1"
        };
        Ran ran = Ran.command(cartPole);
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("expected the learner gail, both or bco to learn from rollouts, got bc");
        ran = Ran.command("learn", "--rollouts", "--learner", "gail", "--bootstrap-servers", "nowhere:1");
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err())
                .contains("expected policies that gail can learn from rollouts, got driving/car-following");
    }

    @Test
    void exploringWithoutRolloutsIsBadUsage() {
        Ran ran = Ran.command("serve", "--explore", "--bootstrap-servers", "127.0.0.1:1");
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("serve.explore: expected serve.rollouts=true beside it");
    }

    @Test
    void aMissingConfigurationFileIsBadUsage(@TempDir Path folder) {
        Ran ran = Ran.command(
                "demo", "--config", folder.resolve("none.properties").toString());
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("none.properties");
    }

    @Test
    void theDoctorNamesABrokerThatIsNotThere() {
        Ran ran = Ran.command("doctor", "--bootstrap-servers", "127.0.0.1:1", "--timeout-seconds", "1");
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.out()).contains("brokers", "FAILED", "127.0.0.1:1").contains("ONNX Runtime");
    }

    @Test
    void theDoctorSaysTheSameInJson() throws IOException {
        Ran ran = Ran.command("doctor", "--bootstrap-servers", "127.0.0.1:1", "--timeout-seconds", "1", "--json");
        JsonNode report = new ObjectMapper().readTree(ran.out());
        assertThat(report.get("healthy").asBoolean()).isFalse();
        assertThat(report.get("checks").findValuesAsText("check")).contains("Java", "cores", "memory", "disk");
    }

    @Test
    void theDoctorNamesThePoliciesAndDomainsThereAre() {
        Ran ran = Ran.command("doctor", "--policy", "control/moon-v0", "--domain", "dialog");
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err())
                .contains("policy: expected one of the policies [driving/car-following, control/acrobot-v0")
                .contains("got control/moon-v0")
                .contains("domain: expected one of the domains [driving, control, dialogue], got dialog");
    }

    @Test
    void aFailureIsOneLine() {
        Ran ran = Ran.command("models", "list", "--bootstrap-servers", "127.0.0.1:1", "--timeout-seconds", "1");
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.err().lines()).singleElement().asString().contains("expected a Kafka cluster at 127.0.0.1:1");
    }

    @Test
    void verboseShowsWhereAFailureHappened() {
        Ran ran = Ran.command(
                "models", "list", "--verbose", "--bootstrap-servers", "127.0.0.1:1", "--timeout-seconds", "1");
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.err())
                .contains("expected a Kafka cluster at 127.0.0.1:1")
                .contains("\tat ");
    }

    @Test
    void aMissingLogFileIsNamed(@TempDir Path folder) {
        Path missing = folder.resolve("none");
        Ran ran = Ran.command("ingest", missing.toString());
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("expected a file or folder, found none at " + missing);
    }

    @Test
    void aMappedFormatNeedsAMapping(@TempDir Path folder) {
        Ran ran = Ran.command("ingest", "--format", "mapped", folder.toString());
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("--mapping: expected a mapping file, found none");
    }

    @Test
    void aDirectoryThatIsAFileIsNamed(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        Ran ran = Ran.command("demo", "--directory", file.resolve("below").toString());
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("--directory: expected a directory, found the file " + file);
    }

    @Test
    void aDemonstrationWithoutLogsIsBadUsage(@TempDir Path folder) {
        Ran ran = Ran.command("demo", "--logs", folder.toString());
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("--logs: expected a folder with runs.csv, found none at " + folder);
    }

    @Test
    void aDemonstrationOfNoDomainIsBadUsage() {
        Ran ran = Ran.command("demo", "--domain", "dialog");
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("--domain: expected one of [driving, control, dialogue], found \"dialog\"");
        Ran shorter = Ran.command("demo", "--domain", "control", "--seconds", "3");
        assertThat(shorter.code()).isEqualTo(2);
        assertThat(shorter.err()).contains("--seconds: expected 0 or from 15 on, found 3");
        Ran narrower = Ran.command("demo", "--domain", "dialogue", "--window-seconds", "5");
        assertThat(narrower.code()).isEqualTo(2);
        assertThat(narrower.err()).contains("--window-seconds: expected 0 or from 10 on, found 5");
    }

    @Test
    void chatSaysWhatItCannotReachOrFind(@TempDir Path folder) throws IOException {
        Ran alone = Ran.command("chat", "--bootstrap-servers", "127.0.0.1:1", "--timeout-seconds", "1");
        assertThat(alone.code()).isEqualTo(1);
        assertThat(alone.err()).contains("expected a Kafka cluster at 127.0.0.1:1");
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + silent.getLocalPort();
            Ran unanswered = Ran.command("chat", "--bootstrap-servers", address, "--timeout-seconds", "1");
            assertThat(unanswered.code()).isEqualTo(1);
            assertThat(unanswered.err())
                    .as("takes connections and says nothing")
                    .contains("expected a Kafka cluster at %s, found none within 1 s".formatted(address));
        }
        Ran model = Ran.command("chat", "--model", folder.resolve("none.onnx").toString());
        assertThat(model.code()).isEqualTo(2);
        assertThat(model.err()).contains("--model: expected a file, found nothing at " + folder);
        Ran policy = Ran.command("chat", "--policy", "driving/car-following");
        assertThat(policy.code()).isEqualTo(2);
        assertThat(policy.err()).contains("policy: expected one of [dialogue/responder");
    }

    @Test
    void windowsThatAreNoWholeNumberOfSlidesAreBadUsage() {
        Ran ran = Ran.command("learn", "--window-seconds", "60", "--slide-seconds", "45");
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("expected a window that is a whole number of slides");
    }

    @Test
    void somethingThatIsNoModelIsRefused(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("model.onnx"), "no model");
        Ran ran = Ran.command("models", "verify", file.toString());
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.out()).contains("Refused: model");
    }

    @Test
    void aSwitchIsShownWithoutAValue() {
        Ran ran = Ran.command("doctor", "--help");
        assertThat(ran.out()).contains("--create ").doesNotContain("--create=").doesNotContain("--create[");
    }

    @Test
    void tooLittleMemoryAndLibrariesThatCannotBeLoadedAreToldWithTheirRemedy() {
        assertThatThrownBy(() -> Failures.checkHeap(64L << 20))
                .hasMessage("expected a heap of at least 96 MiB, found 64: set UNDERSTUDY_HEAP=3g");
        assertThat(Failures.remedy(new OutOfMemoryError("Java heap space")))
                .contains("Java heap space", "UNDERSTUDY_HEAP=3g");
        Error library = new ExceptionInInitializerError(
                new UnsatisfiedLinkError("libonnxruntime.so: failed to map segment: Operation not permitted"));
        assertThat(Failures.remedy(library))
                .contains("Operation not permitted", "noexec", "UNDERSTUDY_JAVA_OPTS=-Djava.io.tmpdir=DIRECTORY")
                .doesNotContain("\n");
    }
}
