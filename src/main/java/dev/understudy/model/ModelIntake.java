package dev.understudy.model;

import java.util.Map;

/** How a program takes in model files. */
public interface ModelIntake extends AutoCloseable {
    /**
     * Checks a file and, if it may serve, loads it and warms it up.
     *
     * @param check of its policy
     * @param bytes the file
     * @param sha256 the hash it was announced with, lower-case hexadecimal
     * @param evidence of its promotion, with what the gate keeps of its outputs; empty where nobody judged it
     */
    IntakeOutcome take(IntakeCheck check, byte[] bytes, String sha256, Map<String, Double> evidence);

    /** Makes ready to take in files without delay. */
    default void prepare() {}

    /** Frees what it holds. */
    @Override
    default void close() {}

    /** Returns an intake that runs files in this process at once: for files that this program made itself. */
    static ModelIntake inThisProcess() {
        return (check, bytes, sha256, evidence) -> held(check, check.check(bytes, sha256), evidence);
    }

    /** Holds a model that was accepted to what the gate kept of it. */
    static IntakeOutcome held(IntakeCheck check, IntakeOutcome outcome, Map<String, Double> evidence) {
        return outcome.fold(
                accepted -> {
                    try {
                        GoldenOutputs.checkEvidence(accepted.policy(), evidence, check.goldenTolerance());
                        return accepted;
                    } catch (InvalidModelException | IllegalStateException e) {
                        accepted.policy().close();
                        return new IntakeOutcome.Rejected(String.valueOf(e.getMessage()), IntakeOutcome.Cause.OCCASION);
                    }
                },
                rejected -> rejected);
    }
}
