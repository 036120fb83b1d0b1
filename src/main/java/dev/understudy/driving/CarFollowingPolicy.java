package dev.understudy.driving;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Baseline;
import dev.understudy.domain.Domain;
import dev.understudy.domain.Envelope;
import dev.understudy.domain.Examination;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.Labeller;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Step;
import dev.understudy.environment.ActionSpace;
import dev.understudy.evaluate.OpenLoop;
import dev.understudy.learn.Learner;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Car following as the pipeline sees it: the table of contents of this package. */
public record CarFollowingPolicy() implements PolicySpec<FollowingSample> {
    /**
     * The acceleration around a step. It is the driver's where nobody else drove as far as it reaches: at a takeover
     * the speeds before are the policy's doing. What a policy drove itself is never wanted: learning from it would only
     * confirm it.
     */
    private enum Acceleration implements Labeller<FollowingSample> {
        CENTRAL_DIFFERENCE;

        @Override
        public int reach() {
            return AccelerationFilter.REACH;
        }

        @Override
        public Label label(List<FollowingSample> steps, int centre, float[] action) {
            Actor driver = steps.get(centre).actor();
            if (driver == Actor.POLICY
                    || steps.subList(centre - reach(), centre + reach() + 1).stream()
                            .anyMatch(step -> step.actor() != driver)) {
                return Label.NOT_WANTED;
            }
            action[0] = (float) AccelerationFilter.acceleration(
                    steps.get(centre - reach()).speedMetersPerSecond(),
                    steps.get(centre + reach()).speedMetersPerSecond());
            return Label.GIVEN;
        }
    }

    @Override
    public String name() {
        return CarFollowing.POLICY;
    }

    @Override
    public Domain<FollowingSample> domain() {
        return new Domain<>("driving", FollowingSample.class);
    }

    @Override
    public int observationSize() {
        return CarFollowing.observationSize();
    }

    @Override
    public ActionSpace actions() {
        return CarFollowing.actions();
    }

    @Override
    public long stepMs() {
        return CarFollowing.STEP_MS;
    }

    @Override
    public String fingerprint() {
        return CarFollowing.fingerprint();
    }

    @Override
    public Featuriser<FollowingSample> featuriser() {
        return new FollowingFeaturiser();
    }

    @Override
    public Featuriser<FollowingSample> featuriser(ByteBuffer saved) {
        return FollowingFeaturiser.read(saved);
    }

    @Override
    public Envelope<FollowingSample> envelope() {
        return new FollowingEnvelope();
    }

    @Override
    public Labeller<FollowingSample> labeller() {
        return Acceleration.CENTRAL_DIFFERENCE;
    }

    @Override
    public List<String> algorithms() {
        return FollowingLearners.algorithms();
    }

    @Override
    public List<String> algorithmsOnFiles() {
        return FollowingLearners.onFiles();
    }

    @Override
    public List<String> algorithmsFromObservations() {
        return FollowingLearners.fromObservations();
    }

    @Override
    public Learner learner(String algorithm, int length) {
        return FollowingLearners.learner(algorithm, length);
    }

    @Override
    public List<String> algorithmsFromRollouts() {
        return FollowingLearners.fromObservations();
    }

    @Override
    public Learner fromRollouts(String algorithm, int length) {
        return algorithmsFromRollouts().contains(algorithm)
                ? onStreams(algorithm, length)
                : PolicySpec.super.fromRollouts(algorithm, length);
    }

    @Override
    public Learner onStreams(String algorithm, int length) {
        return FollowingLearners.onStreams(algorithm, length);
    }

    @Override
    public SortedMap<String, String> parameters() {
        return new TreeMap<>(Map.of(
                FollowingBaselines.key(FollowingBaselines.IDM),
                IntelligentDriverModel.published().toText()));
    }

    @Override
    public SortedMap<String, Baseline> baselines(Map<String, String> parameters) {
        IntelligentDriverModel law = FollowingBaselines.oneStep(parameters);
        return new TreeMap<>(Map.of(
                "persistence",
                        trajectory -> Persistence.answers(trajectory.actions().values()),
                "idm", trajectory -> OpenLoop.answers(law, trajectory)));
    }

    @Override
    public Examination examination(List<Step> heldOut, int mostTrials) {
        return FollowingExamination.of(heldOut, mostTrials);
    }
}
