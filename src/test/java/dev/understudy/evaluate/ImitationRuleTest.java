package dev.understudy.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImitationRuleTest {
    private static Scores scores(double nats, double gained) {
        List<Scores.Trip> trips = new ArrayList<>();
        List<Double> returns = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            trips.add(new Scores.Trip("episode-" + i, 100, 100 * (nats + 0.001 * i)));
        }
        for (int i = 0; i < 64; i++) {
            returns.add(gained + i % 3);
        }
        return new Scores(List.of(), trips, returns);
    }

    /** Decision 7: where not both raised the likelihood, what the policy does decides alone. */
    @Test
    void aLikelihoodThatIsOnlyReportedDoesNotRefuseABetterReturn() {
        Verdict verdict = ImitationRule.defaults()
                .judge(
                        new Evidence(
                                scores(0.30, 200),
                                scores(0.28, 60),
                                null,
                                scores(0.69, 20),
                                Evidence.Likelihood.REPORTED,
                                null),
                        ErrorBudget.full());
        assertThat(verdict.promoted()).as(verdict.reason()).isTrue();
    }

    private static Verdict judge(Scores candidate, Scores incumbent, Evidence.Likelihood likelihood) {
        return ImitationRule.defaults()
                .judge(
                        new Evidence(candidate, incumbent, null, scores(0.69, 20), likelihood, null),
                        ErrorBudget.full());
    }

    @Test
    void whereBothRaisedTheLikelihoodItDecidesToo() {
        assertThat(judge(scores(0.30, 200), scores(0.28, 60), Evidence.Likelihood.DECIDES))
                .matches(verdict -> !verdict.promoted())
                .extracting(Verdict::reason)
                .asString()
                .startsWith("worse than the model in service");
        assertThat(judge(scores(0.28, 60), scores(0.30, 60), Evidence.Likelihood.DECIDES)
                        .promoted())
                .isTrue();
    }

    @Test
    void aBetterLikelihoodThatIsOnlyReportedPromotesNothing() {
        assertThat(judge(scores(0.28, 60), scores(0.30, 60), Evidence.Likelihood.REPORTED)
                        .promoted())
                .isFalse();
    }
}
