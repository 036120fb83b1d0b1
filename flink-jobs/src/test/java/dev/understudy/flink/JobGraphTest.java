package dev.understudy.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.control.ControlPolicySpec;
import dev.understudy.domain.Policies;
import dev.understudy.driving.CarFollowing;
import dev.understudy.flink.kafka.JobRuntime;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.learn.Algorithms;
import java.time.Duration;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.api.Test;

class JobGraphTest {
    private static final Policies<?> FOLLOWING = Policies.one(Catalogue.policy(CarFollowing.POLICY));

    /** An environment in which an operator without a uid, or a type without a serialiser of its own, is an error. */
    private static StreamExecutionEnvironment strict() {
        Configuration configuration = new Configuration();
        configuration.set(PipelineOptions.AUTO_GENERATE_UIDS, false);
        return StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    }

    @Test
    void everyOperatorOfTheLearningJobHasAUid() {
        StreamExecutionEnvironment env = strict();
        LearningJob.build(
                env,
                LearningJobConfig.defaults(
                        Catalogue.only(CarFollowing.POLICY), "nowhere:9092", "file:///tmp/checkpoints"));
        assertThat(env.getStreamGraph().getJobGraph().getNumberOfVertices()).isGreaterThan(4);
    }

    @Test
    void everyLearnerHasItsOwnUidAndCloningTheOneItAlwaysHad() {
        LearningBranch cloning =
                LearningBranch.of(Algorithms.CLONING, FOLLOWING, 0, 0).get(0);
        StreamExecutionEnvironment env = strict();
        LearningJob.build(
                env,
                LearningJobConfig.defaults(
                        Catalogue.only(CarFollowing.POLICY), "nowhere:9092", "file:///tmp/checkpoints"),
                List.of(cloning, new LearningBranch("other", cloning.learners())));
        assertThat(env.getStreamGraph().getStreamNodes())
                .extracting(StreamNode::getTransformationUID)
                .contains("train", "train-other");
    }

    @Test
    void rolloutsAreReadWhereALearnerLearnsFromThemAndNowhereElse() {
        Policies<?> control = Policies.one(ControlPolicySpec.of("cartpole-v0"));
        assertThat(uids(control, LearningBranch.fromRollouts(LearningBranch.BOTH, control, 0, 0)))
                .contains("train", "train-gail-rollouts", "attach-rollouts", "own-rollouts");
        assertThat(uids(control, LearningBranch.of(LearningBranch.BOTH, control, 0, 0)))
                .contains("train", "train-gail")
                .doesNotContain("attach-rollouts");
    }

    private static List<String> uids(Policies<?> policies, List<LearningBranch> branches) {
        StreamExecutionEnvironment env = strict();
        LearningJobConfig config = LearningJobConfig.defaults(policies, "nowhere:9092", "file:///tmp/checkpoints");
        LearningJob.build(env, config, branches);
        return env.getStreamGraph().getStreamNodes().stream()
                .map(StreamNode::getTransformationUID)
                .toList();
    }

    @Test
    void aLearnerThatDoesNotLearnFromRolloutsIsNamed() {
        Policies<?> control = Policies.one(ControlPolicySpec.of("cartpole-v0"));
        assertThatThrownBy(() -> LearningBranch.fromRollouts(Algorithms.CLONING, control, 0, 0))
                .hasMessage("expected the learner gail, both or bco to learn from rollouts, got bc");
        assertThatThrownBy(() -> LearningBranch.fromRollouts(Algorithms.GAIL, FOLLOWING, 0, 0))
                .hasMessage("expected policies that gail can learn from rollouts, got driving/car-following");
    }

    @Test
    void anUnknownLearnerIsNamed() {
        assertThatThrownBy(() -> LearningBranch.of("gial", FOLLOWING, 0, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("gial")
                .hasMessageContaining("both");
    }

    @Test
    void everyOperatorOfThePromotionJobHasAUid() {
        StreamExecutionEnvironment env = strict();
        PromotionJob.build(
                env,
                PromotionJobConfig.defaults(
                        Catalogue.only(CarFollowing.POLICY), "nowhere:9092", "file:///tmp/checkpoints"));
        assertThat(env.getStreamGraph().getJobGraph().getNumberOfVertices()).isGreaterThan(2);
    }

    @Test
    void failuresFarApartDoNotAddUp() {
        Configuration configuration =
                JobRuntime.defaults("nowhere:9092", "group", "file:///none").configuration();
        assertThat(configuration.get(RestartStrategyOptions.RESTART_STRATEGY)).isEqualTo("exponential-delay");
        assertThat(configuration.get(RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_ATTEMPTS))
                .isEqualTo(3);
        assertThat(configuration.get(RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_RESET_BACKOFF_THRESHOLD))
                .isEqualTo(Duration.ofMinutes(10));
    }
}
