package dev.understudy.flink;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingStretches;
import dev.understudy.driving.ClosedLoopReport;
import dev.understudy.driving.Envelope;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.IntelligentDriverModel;
import dev.understudy.driving.LabelledStep;
import dev.understudy.driving.LabelledSteps;
import dev.understudy.driving.LeaderReplay;
import dev.understudy.evaluate.OpenLoop;
import dev.understudy.evaluate.PairedBootstrap;
import dev.understudy.learn.Catalogue;
import dev.understudy.model.IntakeCheck;
import dev.understudy.model.IntakeLimits;
import dev.understudy.model.IntakeOutcome;
import dev.understudy.model.InvalidModelException;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tries a candidate and the model in service on the same held-out steps: intake check, likelihood of the expert's
 * actions with a paired bootstrap over trips, and closed loop behind the logged leaders with the envelope in between.
 */
final class GateExamination {
    private final GateConfig config;
    private final IntakeCheck intake;

    /** Sums over the steps of one trip. */
    private static final class Sum {
        double candidate;
        double incumbent;
        long steps;
    }

    GateExamination(GateConfig config) {
        this.config = config;
        intake = new IntakeCheck(
                config.policy(),
                CarFollowing.fingerprint(),
                CarFollowing.observationSize(),
                CarFollowing.ACTION_SIZE,
                IntakeLimits.defaults().withLatencyBudget(config.latencyBudget()));
    }

    /**
     * Returns the evidence on a candidate.
     *
     * @param model the candidate's file
     * @param sha256 the hash it was announced with
     * @param incumbent the file in service; null if there is none
     * @param steps the held-out steps, in any order
     */
    GateEvidence examine(byte[] model, String sha256, byte @Nullable [] incumbent, List<LabelledStep> steps) {
        return intake.check(model, sha256)
                .fold(
                        accepted -> examine(accepted, incumbent, steps),
                        rejected -> GateEvidence.problem(rejected.reason(), incumbent != null));
    }

    private GateEvidence examine(
            IntakeOutcome.Accepted accepted, byte @Nullable [] incumbent, List<LabelledStep> steps) {
        try (LoadedPolicy candidate = accepted.policy()) {
            if (incumbent == null) {
                return examine(candidate, null, accepted.latencyNanos(), steps);
            }
            String reason;
            try (LoadedPolicy inService = comparable(incumbent)) {
                GateEvidence evidence = examine(candidate, inService, accepted.latencyNanos(), steps);
                if (steps.isEmpty()
                        || (Double.isFinite(evidence.incumbentNll()) && Double.isFinite(evidence.incumbentSpacing()))) {
                    return evidence;
                }
                reason =
                        "expected finite errors of the model in service, got a likelihood of %s nats and a spacing error of %s m"
                                .formatted(evidence.incumbentNll(), evidence.incumbentSpacing());
            } catch (InvalidModelException | IllegalArgumentException | IllegalStateException e) {
                reason = "the model in service cannot be run: " + e.getMessage();
            }
            // If it was the candidate that failed, it fails again here.
            return examine(candidate, null, accepted.latencyNanos(), steps).withoutIncumbent(reason);
        }
    }

    /**
     * Returns the model in service.
     *
     * @throws InvalidModelException if this code cannot run it, as after a change of the observation's layout
     */
    private static LoadedPolicy comparable(byte[] incumbent) {
        ModelFile file = ModelFile.read(incumbent);
        if (!file.metadata().fingerprint().equals(CarFollowing.fingerprint())) {
            throw new InvalidModelException("expected the observation layout %s, found %s"
                    .formatted(CarFollowing.fingerprint(), file.metadata().fingerprint()));
        }
        return LoadedPolicy.load(file, CarFollowing.observationSize(), CarFollowing.ACTION_SIZE);
    }

    private GateEvidence examine(
            LoadedPolicy candidate, @Nullable LoadedPolicy incumbent, long latencyNanos, List<LabelledStep> steps) {
        Map<String, Sum> sums = new HashMap<>();
        for (Trajectory trajectory : LabelledSteps.trajectories(steps)) {
            Sum sum = sums.computeIfAbsent(trajectory.trip(), any -> new Sum());
            sum.steps += trajectory.steps();
            sum.candidate += negativeLogLikelihood(candidate, trajectory);
            sum.incumbent += incumbent == null ? Double.NaN : negativeLogLikelihood(incumbent, trajectory);
        }
        long count = sums.values().stream().mapToLong(sum -> sum.steps).sum();
        double candidateNll =
                sums.values().stream().mapToDouble(sum -> sum.candidate).sum() / count;
        double incumbentNll =
                sums.values().stream().mapToDouble(sum -> sum.incumbent).sum() / count;
        double low = Double.NaN;
        double high = Double.NaN;
        if (incumbent != null && count > 0) {
            PairedBootstrap bootstrap = new PairedBootstrap();
            sums.forEach((trip, sum) -> bootstrap.add(trip, sum.candidate - sum.incumbent, sum.steps));
            PairedBootstrap.Result result = bootstrap.result(config.draws(), config.confidence(), config.seed());
            low = result.low();
            high = result.high();
        }
        LeaderReplay replay = new LeaderReplay(stretches(steps));
        Envelope envelope = new Envelope();
        ClosedLoopReport candidateLoop = replay.run(candidate, envelope);
        @Nullable ClosedLoopReport incumbentLoop = incumbent == null ? null : replay.run(incumbent, envelope);
        ClosedLoopReport lawLoop = replay.run(law(candidate), envelope);
        int driven = replay.stretches().count();
        return new GateEvidence(
                null,
                false,
                incumbent != null,
                null,
                likelihood(candidate, incumbent),
                sums.size(),
                count,
                candidateNll,
                incumbentNll,
                low,
                high,
                driven,
                candidateLoop.spacingRmseMeters(),
                incumbentLoop == null ? Double.NaN : incumbentLoop.spacingRmseMeters(),
                lawLoop.spacingRmseMeters(),
                candidateLoop.collisions(),
                incumbentLoop == null ? 0 : incumbentLoop.collisions(),
                candidateLoop.envelopeInterventions() / Math.max(1.0, driven * (double) CarFollowingStretches.DRIVEN),
                latencyNanos / 1e3);
    }

    /** Returns whether both were learned by raising the likelihood of the expert's actions. */
    private static GateEvidence.Likelihood likelihood(LoadedPolicy candidate, @Nullable LoadedPolicy incumbent) {
        boolean both = raisesLikelihood(candidate) && (incumbent == null || raisesLikelihood(incumbent));
        return both ? GateEvidence.Likelihood.DECIDES : GateEvidence.Likelihood.IS_TOLD;
    }

    private static boolean raisesLikelihood(LoadedPolicy policy) {
        String algorithm = policy.metadata().extra().getOrDefault(ModelMetadata.ALGORITHM, Catalogue.CLONING);
        return algorithm.equals(Catalogue.CLONING);
    }

    /** Returns the sum over a trajectory of -log p(action), nats. */
    private static double negativeLogLikelihood(LoadedPolicy policy, Trajectory trajectory) {
        int rows = trajectory.steps();
        if (rows == 0) {
            return 0;
        }
        Matrix actions = trajectory.actions();
        float[] means = new float[rows * actions.columns()];
        float[] logStds = new float[rows * actions.columns()];
        policy.answer(trajectory.observations().values(), rows, new LoadedPolicy.Answer(null, null, means, logStds));
        double sum = 0;
        for (int i = 0; i < means.length; i++) {
            sum += OpenLoop.gaussianNegativeLogLikelihood((double) means[i] - actions.values()[i], logStds[i]);
        }
        return sum;
    }

    /** Returns the newest stretches. */
    private CarFollowingStretches stretches(List<LabelledStep> steps) {
        List<FollowingSample> samples = new ArrayList<>(steps.size());
        Map<String, Long> newest = new HashMap<>();
        for (LabelledStep step : steps) {
            samples.add(step.sample());
            newest.merge(step.trip(), step.timeMs(), Math::max);
        }
        CarFollowingStretches all = CarFollowingStretches.of(samples);
        if (all.count() <= config.stretches()) {
            return all;
        }
        long[] times = new long[all.count()];
        for (int i = 0; i < times.length; i++) {
            times[i] = newest.getOrDefault(all.trip(i), 0L);
        }
        long[] sorted = times.clone();
        Arrays.sort(sorted);
        long oldest = sorted[sorted.length - config.stretches()];
        int[] left = {config.stretches()};
        return all.where(i -> times[i] >= oldest && left[0]-- > 0);
    }

    private static IntelligentDriverModel law(LoadedPolicy candidate) {
        String text = candidate.metadata().extra().get("baseline.idm");
        return text == null ? IntelligentDriverModel.published() : IntelligentDriverModel.fromText(text);
    }
}
