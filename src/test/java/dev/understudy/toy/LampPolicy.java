package dev.understudy.toy;

import dev.understudy.data.ByteRows;
import dev.understudy.data.Rows;
import dev.understudy.data.Trajectory;
import dev.understudy.domain.Baseline;
import dev.understudy.domain.Domain;
import dev.understudy.domain.Envelope;
import dev.understudy.domain.Examination;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.Labeller;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.environment.ActionSpace;
import dev.understudy.evaluate.ImitationRule;
import dev.understudy.evaluate.OpenLoop;
import dev.understudy.evaluate.Rule;
import dev.understudy.evaluate.Scores;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import dev.understudy.network.Activation;
import dev.understudy.policy.CategoricalPolicy;
import dev.understudy.policy.Policy;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The toy domain as the pipeline sees it: a policy that presses the button beneath the brightest pair of lamps. */
public record LampPolicy() implements PolicySpec<Reading> {
    static final Domain<Reading> DOMAIN = new Domain<>("toy", Reading.class);
    static final int LAMPS = 6;

    private enum Why implements Refusal {
        WRONG_SIZE;

        @Override
        public Kind kind() {
            return Kind.INPUT;
        }
    }

    /** Remembers nothing: what is observed is the reading. */
    private static final class Eyes implements Featuriser<Reading> {
        @Override
        public @Nullable Refusal observe(
                Reading reading, boolean expert, Rows target, int row, Featuriser.Steps<Reading> steps) {
            Refusal refusal = observeAgain(reading, expert, target, row);
            if (refusal == null) {
                steps.step(reading, true);
            }
            return refusal;
        }

        @Override
        public @Nullable Refusal observeAgain(Reading reading, boolean expert, Rows target, int row) {
            if (reading.lamps().length != LAMPS) {
                return Why.WRONG_SIZE;
            }
            new ByteRows(1, LAMPS, reading.lamps()).copy(0, 1, target, row);
            return null;
        }

        @Override
        public void begin() {}

        @Override
        public int bytes() {
            return 0;
        }

        @Override
        public void write(ByteBuffer out) {}
    }

    private record Pressed() implements Labeller<Reading> {
        @Override
        public int reach() {
            return 0;
        }

        @Override
        public Label label(List<Reading> readings, int centre, float[] action) {
            action[0] = readings.get(centre).button();
            return action[0] < 0 ? Label.NOT_WANTED : Label.GIVEN;
        }
    }

    private record AnyButton() implements Envelope<Reading> {
        @Override
        public @Nullable String judge(Reading reading, float[] action, float[] previous, long millisSincePrevious) {
            if (new LampPolicy().actions().contains(action, 0)) {
                return null;
            }
            fallback(reading, action);
            return "no such button";
        }

        @Override
        public void fallback(Reading reading, float[] action) {
            action[0] = 0;
        }
    }

    private record AnyOfThree() implements Policy {
        @Override
        public int observationSize() {
            return LAMPS;
        }

        @Override
        public int actionSize() {
            return 1;
        }

        @Override
        public void act(float[] observations, int rows, float[] actions) {
            Arrays.fill(actions, 0, rows, 0);
        }

        @Override
        public void logProbabilities(Rows observations, float[] actions, int rows, double[] result) {
            Arrays.fill(result, 0, rows, -Math.log(3));
        }
    }

    @Override
    public String name() {
        return "toy/lamps";
    }

    @Override
    public Domain<Reading> domain() {
        return DOMAIN;
    }

    @Override
    public int observationSize() {
        return LAMPS;
    }

    @Override
    public Rows.Type observationType() {
        return Rows.Type.UINT8;
    }

    @Override
    public ActionSpace actions() {
        return new ActionSpace.Discrete(3);
    }

    @Override
    public long stepMs() {
        return 0;
    }

    @Override
    public String fingerprint() {
        return "lamps-1";
    }

    @Override
    public Featuriser<Reading> featuriser() {
        return new Eyes();
    }

    @Override
    public Featuriser<Reading> featuriser(ByteBuffer saved) {
        return new Eyes();
    }

    @Override
    public Envelope<Reading> envelope() {
        return new AnyButton();
    }

    @Override
    public Labeller<Reading> labeller() {
        return new Pressed();
    }

    @Override
    public List<String> algorithms() {
        return List.of(Algorithms.CLONING);
    }

    @Override
    public Learner learner(String algorithm, int length) {
        return new BehaviouralCloning(
                new CategoricalPolicy(Rows.Type.UINT8, LAMPS, 3, List.of(16), Activation.TANH),
                BehaviouralCloningConfig.classicControl().withSteps(length == 0 ? 300 : length));
    }

    @Override
    public SortedMap<String, Baseline> baselines(Map<String, String> parameters) {
        return new TreeMap<>();
    }

    /** Asks how likely the buttons that were pressed are; the baseline presses each of the three as often. */
    @Override
    public Examination examination(List<Step> heldOut, int mostTrials) {
        List<Trajectory> episodes = Steps.trajectories(heldOut, stepMs());
        return new Examination() {
            @Override
            public Scores scores(Policy policy) {
                return new Scores(List.of(), OpenLoop.trips(policy, episodes));
            }

            @Override
            public Scores baseline(Map<String, String> parameters) {
                return scores(new AnyOfThree());
            }
        };
    }

    @Override
    public Rule rule() {
        return ImitationRule.defaults();
    }
}
