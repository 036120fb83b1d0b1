package dev.understudy.flink.gate;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Examination;
import dev.understudy.domain.Experts;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Step;
import dev.understudy.evaluate.ErrorBudget;
import dev.understudy.evaluate.Evidence;
import dev.understudy.evaluate.Rule;
import dev.understudy.evaluate.Scores;
import dev.understudy.evaluate.Verdict;
import dev.understudy.learn.Algorithms;
import dev.understudy.model.GoldenOutputs;
import dev.understudy.model.IntakeCheck;
import dev.understudy.model.IntakeLimits;
import dev.understudy.model.IntakeOutcome;
import dev.understudy.model.ModelIntake;
import dev.understudy.model.ModelMetadata;
import dev.understudy.model.ServedPolicy;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tries a candidate, the model in service and the best model ever promoted on the same held-out steps, and gives the
 * verdict by {@link dev.understudy.evaluate.Rule}.
 */
final class GateExamination {
    private final GateConfig config;
    private final Set<Actor> experts;
    private final PolicySpec<?> spec;
    private final Rule rule;
    private final IntakeCheck check;
    private final ModelIntake intake;

    /**
     * The models that a candidate is held against.
     *
     * @param inService the one in service; null if there is none, or its file is not to be had
     * @param missing why there is no file although a model is in service; null otherwise
     * @param best the best ever promoted; null if that is the one in service, or its file is not to be had
     */
    record Rivals(
            @Nullable Rival inService,
            @Nullable String missing,
            @Nullable Rival best) {}

    /**
     * A model that was promoted once.
     *
     * @param policy whose it is: that of a variant may be its parent's
     * @param sha256 hash it was promoted with
     * @param file its bytes, as they came
     */
    record Rival(String policy, String sha256, byte[] file) {}

    /** What became of trying a model other than the candidate: its scores, or why there are none. */
    private record Tried(
            @Nullable Scores scores,
            boolean raisesLikelihood,
            @Nullable String reason) {
        static Tried not(String reason) {
            return new Tried(null, true, reason);
        }
    }

    /** @param intake that candidates are taken in by */
    GateExamination(GateConfig config, String policy, Set<Actor> experts, ModelIntake intake) {
        this.config = config;
        this.experts = Set.copyOf(experts);
        spec = config.policies().spec(policy);
        rule = config.rule() == null ? spec.rule() : config.rule();
        this.intake = intake;
        check = spec.intakeCheck(policy, IntakeLimits.defaults().withLatencyBudget(config.latencyBudget()));
    }

    /**
     * Returns the verdict on a candidate.
     *
     * @param model the candidate's file
     * @param sha256 the hash it was announced with
     * @param rivals what it is held against
     * @param steps the held-out steps, in any order
     * @param budget what may be risked
     */
    Verdict examine(byte[] model, String sha256, Rivals rivals, List<Step> steps, ErrorBudget budget) {
        return intake.take(check, model, sha256, Map.of())
                .fold(
                        accepted -> examine(accepted, rivals, steps, budget),
                        rejected -> Verdict.refused(rejected.reason(), budget));
    }

    private Verdict examine(IntakeOutcome.Accepted accepted, Rivals rivals, List<Step> steps, ErrorBudget budget) {
        try (ServedPolicy candidate = accepted.policy()) {
            Set<Actor> learnedFrom = Experts.of(candidate.metadata().extra());
            if (!learnedFrom.equals(experts)) {
                return Verdict.refused(
                        "expected a model learned from %s, as the gate reads logs, got one learned from %s"
                                .formatted(Experts.text(experts), Experts.text(learnedFrom)),
                        budget);
            }
            Examination examination = spec.examination(steps, config.trials());
            Scores scores = examination.scores(candidate);
            if (scores.returns().isEmpty() && scores.trials().isEmpty() && readsNoAction(candidate.metadata())) {
                return Verdict.refused(
                        "expected an environment or a closed loop to judge a model by that was learned from observations"
                                + " alone, found neither: the actions in held-out logs are not those of whom it imitates",
                        budget);
            }
            Tried inService = rivals.inService() == null
                    ? new Tried(null, true, rivals.missing())
                    : tried(rivals.inService(), examination);
            Tried best = rivals.best() == null ? new Tried(null, true, null) : tried(rivals.best(), examination);
            boolean decides = raisesLikelihood(candidate.metadata()) && inService.raisesLikelihood();
            Evidence evidence = new Evidence(
                    scores,
                    inService.scores(),
                    best.scores(),
                    examination.baseline(candidate.metadata().extra()),
                    decides ? Evidence.Likelihood.DECIDES : Evidence.Likelihood.REPORTED,
                    inService.reason());
            Verdict verdict = rule.judge(evidence, budget).with("latencyMicros", accepted.latencyNanos() / 1e3);
            return verdict.promoted() ? verdict.with(GoldenOutputs.ofEvidence(candidate)) : verdict;
        } catch (IllegalArgumentException | IllegalStateException e) {
            return Verdict.refused("the model failed on held-out logs: " + e.getMessage(), budget);
        }
    }

    /** Tries a model that was promoted once, which this code may not be able to run any more. */
    private Tried tried(Rival rival, Examination examination) {
        return intake.take(spec.checkOfPromoted(rival.policy()), rival.file(), rival.sha256(), Map.of())
                .fold(
                        accepted -> tried(accepted, examination),
                        rejected -> Tried.not("the model in service cannot be run: " + rejected.reason()));
    }

    private static Tried tried(IntakeOutcome.Accepted accepted, Examination examination) {
        try (ServedPolicy policy = accepted.policy()) {
            Scores scores = examination.scores(policy);
            boolean failed = scores.steps() > 0 && !Double.isFinite(scores.negativeLogLikelihood());
            failed |= !scores.trials().isEmpty() && !Double.isFinite(scores.rootMeanSquare());
            return failed
                    ? Tried.not(
                            "expected finite errors of the model in service, got a likelihood of %s nats and a root mean square of %s in closed loop"
                                    .formatted(scores.negativeLogLikelihood(), scores.rootMeanSquare()))
                    : new Tried(scores, raisesLikelihood(policy.metadata()), null);
        } catch (IllegalArgumentException | IllegalStateException e) {
            return Tried.not("the model in service cannot be run: " + e.getMessage());
        }
    }

    private static boolean readsNoAction(ModelMetadata metadata) {
        return Algorithms.OF_OBSERVATIONS.contains(
                metadata.extra().getOrDefault(ModelMetadata.ALGORITHM, Algorithms.CLONING));
    }

    private static boolean raisesLikelihood(ModelMetadata metadata) {
        return metadata.extra()
                .getOrDefault(ModelMetadata.ALGORITHM, Algorithms.CLONING)
                .equals(Algorithms.CLONING);
    }
}
