package dev.understudy.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.data.Rows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirstSightTest {
    private final Path directory;

    FirstSightTest(@TempDir Path directory) {
        this.directory = directory;
    }

    /** A check whose models are loaded by something that does what a hostile file did. */
    private static IntakeCheck loadedBy(ModelLoader loader) {
        return new IntakeCheck(
                TestModels.POLICY,
                TestModels.FINGERPRINT,
                Rows.Type.FLOAT32,
                TestModels.N,
                TestModels.ACTIONS,
                IntakeLimits.defaults().withLatencyBudget(Duration.ofSeconds(5)),
                loader);
    }

    private static ServedPolicy halted() {
        Runtime.getRuntime().halt(139);
        throw new IllegalStateException("halted");
    }

    private static ServedPolicy hung() {
        long spins = 0;
        while (spins >= 0) {
            spins++;
        }
        throw new IllegalStateException("ended");
    }

    private static ServedPolicy swollen() {
        List<byte[]> all = new ArrayList<>();
        while (all.size() < 1 << 20) {
            all.add(new byte[1 << 20]);
        }
        throw new IllegalStateException("had room for " + all.size());
    }

    private static String reason(IntakeOutcome outcome) {
        return outcome.fold(
                accepted -> {
                    accepted.policy().close();
                    return "accepted";
                },
                IntakeOutcome.Rejected::reason);
    }

    @Test
    void aGoodModelIsTriedOnceAndRememberedOverARestart() throws IOException {
        Path known = directory.resolve("state/checked");
        IntakeCheck check = loadedBy(file -> LoadedPolicy.load(file, TestModels.N, TestModels.K));
        ModelFile model = TestModels.file(0.5f, 0.1f);
        try (FirstSight first = new FirstSight(known)) {
            assertThat(reason(first.take(check, model.bytes(), model.sha256(), Map.of())))
                    .isEqualTo("accepted");
            assertThat(reason(first.take(check, model.bytes(), model.sha256(), Map.of())))
                    .isEqualTo("accepted");
            assertThat(first.processStarts()).isOne();
        }
        try (FirstSight again = new FirstSight(known)) {
            assertThat(reason(again.take(check, model.bytes(), model.sha256(), Map.of())))
                    .isEqualTo("accepted");
            assertThat(again.processStarts()).isZero();
        }
        assertThat(Files.readAllLines(known)).hasSize(1);
    }

    @Test
    void whatPassedAnotherCheckIsTriedAgain() throws IOException {
        Path known = directory.resolve("checked");
        ModelFile model = TestModels.file(0.5f, 0.1f);
        Path code = Files.createDirectories(directory.resolve("code"));
        Files.writeString(code.resolve("Check.class"), "one");
        String before = CheckVersion.of("1.29.0", code);
        try (FirstSight first = new FirstSight(known, before)) {
            assertThat(reason(first.take(TestModels.check(), model.bytes(), model.sha256(), Map.of())))
                    .isEqualTo("accepted");
        }
        Files.writeString(code.resolve("Check.class"), "two");
        for (String other : List.of(CheckVersion.of("1.30.0", code), CheckVersion.of("1.29.0", code))) {
            try (FirstSight upgraded = new FirstSight(known, other)) {
                assertThat(reason(upgraded.take(TestModels.check(), model.bytes(), model.sha256(), Map.of())))
                        .isEqualTo("accepted");
                assertThat(upgraded.processStarts()).as(other).isOne();
            }
        }
        Files.writeString(code.resolve("Check.class"), "one");
        assertThat(CheckVersion.of("1.29.0", code)).isEqualTo(before);
        assertThat(CheckVersion.ofThis()).startsWith("onnxruntime 1.").isEqualTo(CheckVersion.ofThis());
    }

    @Test
    void whetherAFileIsToBlameForARefusalIsTold() {
        ModelFile model = TestModels.file(0.5f, 0.1f);
        IntakeCheck impatient = new IntakeCheck(
                TestModels.POLICY,
                TestModels.FINGERPRINT,
                Rows.Type.FLOAT32,
                TestModels.N,
                TestModels.ACTIONS,
                IntakeLimits.defaults().withLatencyBudget(Duration.ofNanos(1)));
        try (FirstSight intake = new FirstSight()) {
            assertThat(intake.take(impatient, model.bytes(), model.sha256(), Map.of()))
                    .isInstanceOfSatisfying(IntakeOutcome.Rejected.class, slow -> assertThat(slow.cause())
                            .isEqualTo(IntakeOutcome.Cause.OCCASION));
            assertThat(intake.take(TestModels.check(), model.bytes(), model.sha256(), Map.of("golden.mode.00", 7.0)))
                    .isInstanceOfSatisfying(IntakeOutcome.Rejected.class, said -> assertThat(said.cause())
                            .isEqualTo(IntakeOutcome.Cause.OCCASION));
            assertThat(intake.take(
                            loadedBy(file -> {
                                throw new InvalidModelException("bad");
                            }),
                            model.bytes(),
                            model.sha256(),
                            Map.of()))
                    .isEqualTo(new IntakeOutcome.Rejected("bad", IntakeOutcome.Cause.FILE));
        }
    }

    @Test
    void whatIsNotOfTheDialectNeedsNoProcess() {
        try (FirstSight intake = new FirstSight()) {
            ModelFile model = TestModels.file(
                    TestModels.wrap(TestModels.graph(1, 0).addNode(TestModels.node("Loop", "r", "mean"))));

            assertThat(reason(intake.take(TestModels.check(), model.bytes(), model.sha256(), Map.of())))
                    .contains("operator Loop is not of the dialect");
            assertThat(intake.processStarts()).isZero();
        }
    }

    @Test
    void aFileThatEndsItsProcessIsRefusedAndTheNextIsCheckedInANewOne() {
        ModelFile model = TestModels.file(0.5f, 0.1f);
        try (FirstSight intake = new FirstSight()) {
            assertThat(reason(intake.take(loadedBy(file -> halted()), model.bytes(), model.sha256(), Map.of())))
                    .isEqualTo("the process that checks model files died with exit code 139 at it");
            assertThat(intake.processStarts()).isEqualTo(2); // tried twice: a process may be killed for another's sake
            assertThat(reason(intake.take(loadedBy(file -> swollen()), model.bytes(), model.sha256(), Map.of())))
                    .contains("OutOfMemoryError");
            assertThat(reason(intake.take(TestModels.check(), model.bytes(), model.sha256(), Map.of())))
                    .isEqualTo("accepted");
            assertThat(intake.processStarts()).isEqualTo(3);
        }
    }

    @Test
    void aFileThatTakesTooLongIsRefused() {
        ModelFile model = TestModels.file(0.5f, 0.1f);
        CheckProcess.Limits hasty = new CheckProcess.Limits(
                512L << 20, Duration.ofMillis(300), Duration.ofSeconds(60), Duration.ofSeconds(60));
        try (FirstSight intake = new FirstSight(hasty, null, "")) {
            assertThat(reason(intake.take(loadedBy(file -> hung()), model.bytes(), model.sha256(), Map.of())))
                    .contains("expected the check to take at most PT0.3S of CPU");
            assertThat(intake.processStarts()).isOne();
        }
    }

    @Test
    void aProcessThatDoesNotComeUpIsNoVerdict() {
        ModelFile model = TestModels.file(0.5f, 0.1f);
        CheckProcess.Limits none =
                new CheckProcess.Limits(1 << 20, Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(20));
        try (FirstSight intake = new FirstSight(none, null, "")) {
            assertThatThrownBy(() -> intake.take(TestModels.check(), model.bytes(), model.sha256(), Map.of()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("expected the process that checks model files to come up");
        }
    }

    @Test
    void nothingIsLeftBehind() throws IOException {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        long before = count(temporary);
        try (FirstSight intake = new FirstSight()) {
            intake.prepare();
            assertThat(count(temporary)).isEqualTo(before + 1);
        }
        assertThat(count(temporary)).isEqualTo(before);
    }

    private static long count(Path temporary) throws IOException {
        try (var all = Files.list(temporary)) {
            return all.filter(path -> path.getFileName().toString().startsWith("understudy-check"))
                    .count();
        }
    }

    @Test
    void aModelThatDoesNotAnswerAsTheGateSawItIsRefused() {
        ModelFile model = TestModels.file(0.5f, 0.1f);
        SortedMap<String, Double> kept;
        try (LoadedPolicy policy = LoadedPolicy.load(model, TestModels.N, TestModels.K)) {
            kept = GoldenOutputs.ofEvidence(policy);
        }
        SortedMap<String, Double> other = new TreeMap<>(kept);
        other.computeIfPresent("golden.logStd.01", (name, value) -> value + 0.1);
        SortedMap<String, Double> part = new TreeMap<>(kept);
        part.remove("golden.mean.00");

        ModelIntake intake = ModelIntake.inThisProcess();
        assertThat(kept.keySet()).contains("golden.action.00", "golden.mode.01", "golden.mean.00", "golden.logStd.01");
        assertThat(reason(intake.take(TestModels.check(), model.bytes(), model.sha256(), kept)))
                .isEqualTo("accepted");
        assertThat(reason(intake.take(TestModels.check(), model.bytes(), model.sha256(), other)))
                .startsWith("golden outputs of the gate differ by 1.00e-01");
        assertThat(reason(intake.take(TestModels.check(), model.bytes(), model.sha256(), part)))
                .contains("got none of [golden.mean.00]");
    }
}
