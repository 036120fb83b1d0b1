package dev.understudy.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The program and libtorch, from the same parameters over the same batch. */
class LibtorchParityTest {
    private static final TrainingProblem TINY = new TrainingProblem(3, List.of(5, 4), 2, 7);

    @BeforeAll
    static void loadLibtorch() {
        assumeTrue(isLibtorchHere(), "no libtorch for " + Loader.getPlatform() + " in this build");
        LibtorchStep.useOneThread();
    }

    private static boolean isLibtorchHere() {
        try {
            Loader.load(torch.class);
            return true;
        } catch (UnsatisfiedLinkError e) {
            return false;
        }
    }

    @Test
    void startFromTheSameParameters() {
        try (TrainingStep own = new ProgramStep(TINY, 7);
                TrainingStep libtorch = new LibtorchStep(TINY, 7)) {
            assertThat(own.parameters())
                    .isEqualTo(libtorch.parameters())
                    .isEqualTo(TINY.parameters(7))
                    .hasSize(3 * 5 + 5 + 5 * 4 + 4 + 4 * 2 + 2);
        }
    }

    @Test
    void agreeAfterFiveSteps() {
        try (TrainingStep own = new ProgramStep(TINY, 7);
                TrainingStep libtorch = new LibtorchStep(TINY, 7)) {
            Parity parity = Parity.check(TINY, 7, own, libtorch);

            assertThat(parity.holds()).as("%s", parity).isTrue();
            assertThat(parity.ofParameters()).isLessThan(1e-5);
            assertThat(own.parameters()).isNotEqualTo(TINY.parameters(7));
        }
    }

    @Test
    void disagreeWhenTheFirstParametersDiffer() {
        try (TrainingStep own = new ProgramStep(TINY, 8);
                TrainingStep libtorch = new LibtorchStep(TINY, 7)) {
            assertThat(Parity.check(TINY, 7, own, libtorch).holds()).isFalse();
        }
    }

    @Test
    void libtorchIsAskedForOneThread() {
        assertThat(LibtorchStep.describe()).containsEntry("threads", 1).containsKey("cpuCapability");
    }
}
