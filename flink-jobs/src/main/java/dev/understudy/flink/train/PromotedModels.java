package dev.understudy.flink.train;

import dev.understudy.domain.Policies;
import dev.understudy.flink.models.ModelShelf;
import dev.understudy.model.IntakeOutcome;
import dev.understudy.model.InvalidModelException;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelIntake;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes in models that were promoted. Their bytes come from a topic, so they are checked as candidates are. */
final class PromotedModels implements AutoCloseable {
    private final Policies<?> policies;
    private final ModelIntake intake;

    PromotedModels(Policies<?> policies, ModelIntake intake) {
        this.policies = policies;
        this.intake = intake;
    }

    /**
     * Takes in the model in service of a policy.
     *
     * @param own what this job learned last, where none is in service or its file is not here; empty if there is none
     * @return null if there is neither
     */
    @Nullable
    IntakeOutcome inService(String policy, ModelShelf shelf, byte[] own) {
        byte[] file = shelf.file(shelf.inForce());
        if (file != null) {
            return take(policy, shelf.inForce(), file);
        }
        return own.length == 0 ? null : own(own);
    }

    /** Takes in what this job learned, or began a variant with, which then carries the name of its parent. */
    private IntakeOutcome own(byte[] file) {
        try {
            ModelFile read = ModelFile.read(file);
            String owner = read.metadata().policy();
            return ModelIntake.inThisProcess()
                    .take(policies.spec(owner).checkOfPromoted(owner), file, read.sha256(), Map.of());
        } catch (InvalidModelException | IllegalArgumentException e) {
            return new IntakeOutcome.Rejected(String.valueOf(e.getMessage()), IntakeOutcome.Cause.FILE);
        }
    }

    /** Takes in a model of a policy. */
    IntakeOutcome take(String policy, String sha256, byte[] file) {
        return intake.take(policies.spec(policy).checkOfPromoted(policy), file, sha256, Map.of());
    }

    @Override
    public void close() {
        intake.close();
    }
}
