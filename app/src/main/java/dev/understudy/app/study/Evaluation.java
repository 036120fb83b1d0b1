package dev.understudy.app.study;

import dev.understudy.data.Trajectory;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingStretches;
import dev.understudy.driving.ClosedLoopReport;
import dev.understudy.driving.FollowingBaselines;
import dev.understudy.driving.FollowingEnvelope;
import dev.understudy.driving.FollowingLaws;
import dev.understudy.driving.LeaderReplay;
import dev.understudy.driving.Persistence;
import dev.understudy.evaluate.OpenLoop;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ServedPolicy;
import dev.understudy.policy.Policy;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A car-following policy beside its baselines on logs: in closed loop behind logged leaders, with the envelope between
 * policy and car, and in open loop against the expert's next acceleration.
 *
 * @param policy the policy
 * @param baselines what it is held against
 */
public record Evaluation(ServedPolicy policy, FollowingBaselines baselines) {

    /** Evaluates a model beside the baselines whose parameters its metadata carry. */
    public static Evaluation of(ServedPolicy policy) {
        return new Evaluation(
                policy, FollowingBaselines.ofMetadata(policy.metadata().extra()));
    }

    private static final String WITH_ENVELOPE = "WithEnvelope";

    /** Who drove in closed loop, for every stretch. The policy drives within the envelope, as it is served. */
    public static final class ClosedLoop {
        private final CarFollowingStretches stretches;
        private final LeaderReplay replay;
        private final Map<String, LeaderReplay.Drive> drives = new LinkedHashMap<>();
        private final Set<String> enveloped = new HashSet<>();

        private ClosedLoop(CarFollowingStretches stretches) {
            this.stretches = stretches;
            replay = new LeaderReplay(stretches);
        }

        private ClosedLoop drive(String name, Policy driver, boolean withEnvelope) {
            drives.put(name, replay.drive(driver, withEnvelope ? new FollowingEnvelope() : null));
            if (withEnvelope) {
                enveloped.add(name);
            }
            return this;
        }

        /** Lets laws drive, each plainly, as the literature has it, and once more with the envelope. */
        private ClosedLoop drive(Map<String, ? extends FollowingLaws> laws) {
            laws.forEach((name, law) -> {
                drive(name, law.driving(stretches), false);
                drive(name + WITH_ENVELOPE, law.driving(stretches), true);
            });
            return this;
        }

        /** Returns the figures of each driver over the stretches for which the predicate holds of their index. */
        public Map<String, Map<String, Object>> figures(IntPredicate wanted) {
            Map<String, Map<String, Object>> figures = new LinkedHashMap<>();
            drives.forEach((name, drive) -> figures.put(name, json(drive.report(wanted), enveloped.contains(name))));
            return figures;
        }

        /** Returns the figures over all stretches. */
        public Map<String, Map<String, Object>> figures() {
            return figures(i -> true);
        }

        /** Returns the stretches driven. */
        public CarFollowingStretches stretches() {
            return stretches;
        }
    }

    /** Drives all stretches of these logs. */
    public ClosedLoop closedLoop(CarFollowingStretches stretches) {
        return new ClosedLoop(stretches).drive("policy", policy, true).drive(baselines.drivers());
    }

    /** As {@link #closedLoop}, and once more without the envelope, to tell what the policy owes to it. */
    public ClosedLoop closedLoopAndWithoutEnvelope(CarFollowingStretches stretches) {
        return new ClosedLoop(stretches)
                .drive("policy", policy, true)
                .drive("policyWithoutEnvelope", policy, false)
                .drive(baselines.drivers());
    }

    /** Drives all stretches of these logs by the laws alone. */
    public static ClosedLoop closedLoop(CarFollowingStretches stretches, Map<String, ? extends FollowingLaws> laws) {
        return new ClosedLoop(stretches).drive(laws);
    }

    private static Map<String, Object> json(ClosedLoopReport report, boolean withEnvelope) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("spacingRmseMeters", finite(report.spacingRmseMeters()));
        json.put("spacingRmseMedianMeters", finite(report.spacingRmseMedianMeters()));
        json.put("spacingRmseMeanOverRunsMeters", finite(report.spacingRmseMeanOverRunsMeters()));
        json.put("spacingRmseMeanOverRunsLowMeters", finite(report.spacingRmseMeanOverRunsLowMeters()));
        json.put("spacingRmseMeanOverRunsHighMeters", finite(report.spacingRmseMeanOverRunsHighMeters()));
        json.put("worstTenthShareOfSquaredError", finite(report.worstTenthShareOfSquaredError()));
        json.put("speedRmse", finite(report.speedRmseMetersPerSecond()));
        json.put("collisions", report.collisions());
        json.put("stretches", report.stretches());
        json.put("runs", report.runs());
        json.put("runsThatAreTrips", report.runsThatAreTrips());
        json.put("envelope", withEnvelope);
        json.put("envelopeInterventions", report.envelopeInterventions());
        return json;
    }

    /** JSON has no NaN: null where there was nothing to measure. */
    private static @Nullable Object finite(double value) {
        return Double.isFinite(value) ? value : null;
    }

    /**
     * Returns root mean squared errors of the expert's next acceleration, m/s^2, on the steps that every predictor
     * answers, and the policy's negative log-likelihood, nats per step. A law of each car and setting answers a
     * trajectory by the label of its first step.
     */
    public Map<String, Object> openLoop(List<Step> steps, Predicate<Step> wanted) {
        OpenLoop ofPolicy = new OpenLoop();
        OpenLoop ofPersistence = new OpenLoop();
        Map<String, OpenLoop> ofBaselines = new LinkedHashMap<>();
        List<Step> chosen = steps.stream().filter(wanted).toList();
        Map<String, String> labels = new HashMap<>();
        chosen.forEach(step -> labels.put(step.episode() + '\n' + step.entity() + '\n' + step.timeMs(), step.label()));
        for (Trajectory trajectory : Steps.trajectories(chosen, CarFollowing.STEP_MS)) {
            String label = labels.getOrDefault(
                    trajectory.trip() + '\n' + trajectory.entity() + '\n' + trajectory.startMs(), "");
            float[] actions = trajectory.actions().values();
            float[] answers = new float[actions.length];
            float[] logStds = new float[actions.length];
            policy.answer(
                    trajectory.observations(),
                    trajectory.steps(),
                    new LoadedPolicy.Answer(answers, null, null, logStds, null));
            float[] persistence = Persistence.answers(actions);
            OpenLoop.onSameSteps(1, answers, persistence);
            ofPolicy.add(answers, actions, logStds, 1);
            ofPersistence.add(persistence, actions, new float[0], 1);
            baselines.laws().forEach((name, laws) -> {
                float[] lawful = OpenLoop.answers(laws.of(trajectory.entity(), label), trajectory);
                OpenLoop.onSameSteps(1, lawful, persistence);
                ofBaselines.computeIfAbsent(name, any -> new OpenLoop()).add(lawful, actions, new float[0], 1);
            });
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("comparedSteps", ofPolicy.report().steps());
        json.put("policyRmse", finite(ofPolicy.report().rmse()));
        json.put("policyNegativeLogLikelihood", finite(ofPolicy.report().negativeLogLikelihood()));
        json.put("persistenceRmse", finite(ofPersistence.report().rmse()));
        ofBaselines.forEach(
                (name, sum) -> json.put(name + "Rmse", finite(sum.report().rmse())));
        return json;
    }
}
