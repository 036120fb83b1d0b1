package dev.understudy.flink.train;

import dev.understudy.domain.PolicyName;
import dev.understudy.flink.models.ModelHistory;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.schemas.Promotion;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the model of its parent that a variant begins with: the one in force at the end of its first window. A parent's
 * verdict may come later than that, so one who learns the same logs again could find another. Where the window was
 * judged before, the variant therefore begins with what it began with then.
 */
final class ParentModels {
    private static final Logger LOG = LoggerFactory.getLogger(ParentModels.class);

    /**
     * A model.
     *
     * @param sha256 of the file
     * @param file the file
     */
    record ParentModel(String sha256, byte[] file) {}

    private final ModelHistory history;
    private final CandidateMaker maker;
    private final PromotedModels intake;
    /** The variants of one parent mostly begin with the same. */
    private @Nullable ParentModel last;

    /** @param intake that the files have to pass */
    ParentModels(ModelHistory history, CandidateMaker maker, PromotedModels intake) {
        this.history = history;
        this.intake = intake;
        this.maker = maker;
    }

    /** Returns the model that the policy of a window begins with, null if it is no variant or there is none. */
    @Nullable
    ParentModel of(WindowBatch first) {
        String parent = PolicyName.parse(first.policy()).parent().toString();
        String sha256 = parent.equals(first.policy()) ? "" : begunWith(parent, first);
        if (sha256.isEmpty()) {
            return null;
        }
        if (last == null || !last.sha256.equals(sha256)) {
            byte[] file = history.file(parent, sha256);
            last = file == null || !isGood(parent, sha256, file) ? null : new ParentModel(sha256, file);
        }
        return last;
    }

    private boolean isGood(String parent, String sha256, byte[] file) {
        return intake.take(parent, sha256, file)
                .fold(
                        accepted -> {
                            accepted.policy().close();
                            return true;
                        },
                        rejected -> {
                            LOG.warn("a variant of {} begins without its model: {}", parent, rejected.reason());
                            return false;
                        });
    }

    private String begunWith(String parent, WindowBatch first) {
        Map<String, List<Promotion>> verdicts = history.verdicts();
        Set<String> judged = verdicts.getOrDefault(first.policy(), List.of()).stream()
                .map(Promotion::candidateId)
                .collect(Collectors.toSet());
        if (judged.contains(maker.candidateId(first, ""))) {
            return "";
        }
        return verdicts.getOrDefault(parent, List.of()).stream()
                .filter(Promotion::promoted)
                .map(Promotion::sha256)
                .filter(sha256 -> judged.contains(maker.candidateId(first, sha256)))
                .findFirst()
                .orElseGet(() -> {
                    Promotion inForce = ModelHistory.inForce(verdicts, parent, first.endMs());
                    return inForce == null ? "" : inForce.sha256();
                });
    }
}
