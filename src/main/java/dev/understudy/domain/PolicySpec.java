package dev.understudy.domain;

import dev.understudy.data.Rows;
import dev.understudy.environment.ActionSpace;
import dev.understudy.evaluate.PromotionRule;
import dev.understudy.evaluate.Rule;
import dev.understudy.learn.Learner;
import dev.understudy.model.IntakeCheck;
import dev.understudy.model.IntakeLimits;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ServedPolicy;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Everything that makes one kind of policy: what it sees and does, how logs become its demonstrations, and how it is
 * learned and judged. Without state.
 *
 * @param <S> the samples of its domain
 */
public interface PolicySpec<S extends Sample> extends Serializable {
    /** Returns its name, such as {@code driving/car-following}. */
    String name();

    /** Returns the domain whose records it is about. */
    Domain<S> domain();

    /** Returns n, the length of an observation. */
    int observationSize();

    /** Returns what the numbers of an observation are. */
    default Rows.Type observationType() {
        return Rows.Type.FLOAT32;
    }

    /** Returns what can be done. */
    ActionSpace actions();

    /** Returns k, the length of an action. */
    default int actionSize() {
        return actions().size();
    }

    /** Returns the time between steps, milliseconds; 0 where they have no clock. */
    long stepMs();

    /**
     * Returns the longest pause of an episode that goes on: that of the domain, or ten steps, where these are longer.
     */
    default Duration longestPause() {
        Duration ofSteps = Duration.ofMillis(10 * stepMs());
        Duration ofDomain = domain().longestPause();
        return ofSteps.compareTo(ofDomain) > 0 ? ofSteps : ofDomain;
    }

    /** Returns a text that changes when observations or actions change their meaning. */
    String fingerprint();

    /** Returns the featuriser of an entity that nothing is known of. */
    Featuriser<S> featuriser();

    /** Returns the featuriser that was written; a featuriser of another version cannot be read and starts afresh. */
    Featuriser<S> featuriser(ByteBuffer saved);

    /**
     * Returns whether a policy is asked about a sample in service. What none is asked about is remembered as what came
     * before the next, and its decision does nothing.
     */
    default boolean asks(S sample) {
        return true;
    }

    /** Returns the last step after the policy. */
    Envelope<S> envelope();

    /** Returns what finds the expert's action. */
    Labeller<S> labeller();

    /** Returns the names of the algorithms it can be learned by, those that are used by default first. */
    List<String> algorithms();

    /** Returns the names of the algorithms that learn it from files: those of streams, and some that are not. */
    default List<String> algorithmsOnFiles() {
        return algorithms();
    }

    /**
     * Returns a new learner.
     *
     * @param algorithm one of {@link #algorithmsOnFiles}
     * @param length steps or iterations on what is learned, by the algorithm's own measure; 0 for its own number
     * @throws IllegalArgumentException listing the algorithms, if there is no such algorithm
     */
    Learner learner(String algorithm, int length);

    /**
     * Returns a new learner for the windows of a stream, which goes on from window to window.
     *
     * @param algorithm one of {@link #algorithms} or {@link #algorithmsFromObservations}
     */
    default Learner onStreams(String algorithm, int length) {
        return learner(algorithm, length);
    }

    /**
     * Returns the names of the algorithms that learn it on streams from observations alone. They are used one at a
     * time, and only if asked for.
     */
    default List<String> algorithmsFromObservations() {
        return List.of();
    }

    /** Returns the names of the algorithms that learn it from recorded rollouts, without an environment. */
    default List<String> algorithmsFromRollouts() {
        return List.of();
    }

    /**
     * Returns a new learner for the windows of a stream and the rollouts that come with them.
     *
     * @param algorithm one of {@link #algorithmsFromRollouts}
     * @param length iterations on each window; 0 for its own number
     * @throws IllegalArgumentException if there is no such algorithm
     */
    default Learner fromRollouts(String algorithm, int length) {
        throw new IllegalArgumentException("expected one of the algorithms %s that learn %s from rollouts, got %s"
                .formatted(algorithmsFromRollouts(), name(), algorithm));
    }

    /** Returns the parameters of the baselines where nothing was calibrated, by their keys in a model's metadata. */
    default SortedMap<String, String> parameters() {
        return new TreeMap<>();
    }

    /**
     * Returns the baselines beside which windows are scored one step ahead, by name.
     *
     * @param parameters theirs, by their keys in a model's metadata
     */
    SortedMap<String, Baseline> baselines(Map<String, String> parameters);

    /**
     * Makes held-out steps ready for trying policies on them.
     *
     * @param heldOut in any order
     * @param mostTrials most pieces tried in closed loop; bounds how long a policy's try takes
     */
    Examination examination(List<Step> heldOut, int mostTrials);

    /** Returns what a candidate has to reach. */
    default Rule rule() {
        return PromotionRule.defaults();
    }

    /** Returns the check of this policy's models. */
    default IntakeCheck intakeCheck(IntakeLimits limits) {
        return intakeCheck(name(), limits);
    }

    /**
     * Returns the check of the models of this policy or a variant of it.
     *
     * @param policy the name that they carry
     */
    default IntakeCheck intakeCheck(String policy, IntakeLimits limits) {
        return new IntakeCheck(
                policy, fingerprint(), observationType(), observationSize(), actions(), limits, this::load);
    }

    /**
     * Returns the check of a model that was promoted once and is run again to compare with: how fast it answers does
     * not matter.
     *
     * @param policy the name that it carries
     */
    default IntakeCheck checkOfPromoted(String policy) {
        return intakeCheck(policy, IntakeLimits.defaults()).patient();
    }

    /**
     * Loads a model of this policy or a variant of it that may be loaded.
     *
     * @throws dev.understudy.model.InvalidModelException if it does not load
     */
    default ServedPolicy load(ModelFile file) {
        return LoadedPolicy.load(file, observationSize(), actionSize());
    }
}
