package dev.understudy.flink;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PromotionRuleTest {
    private static final PromotionRule RULE = PromotionRule.defaults();

    /** A candidate that is as good as the model in service in every respect. */
    private static final class Evidence {
        boolean rolledBack;
        boolean hasIncumbent = true;
        GateEvidence.Likelihood likelihood = GateEvidence.Likelihood.DECIDES;
        int trips = 5;
        int stretches = 10;
        double candidateNll = 0.5;
        double low = -0.05;
        double high = 0.05;
        double candidateSpacing = 7;
        double incumbentSpacing = 7;
        int collisions;
        double interventions;

        PromotionRule.Verdict judge() {
            return RULE.judge(new GateEvidence(
                    null,
                    rolledBack,
                    hasIncumbent,
                    null,
                    likelihood,
                    trips,
                    5000,
                    candidateNll,
                    0.5,
                    low,
                    high,
                    stretches,
                    candidateSpacing,
                    incumbentSpacing,
                    8,
                    collisions,
                    0,
                    interventions,
                    50));
        }
    }

    @Test
    void refusesWhatIsOnlyAsGood() {
        assertThat(new Evidence().judge()).isInstanceOf(PromotionRule.Refuse.class);
    }

    @Test
    void promotesWhatForeseesTheExpertBetterForCertain() {
        Evidence evidence = new Evidence();
        evidence.low = -0.2;
        evidence.high = -0.01;
        assertThat(evidence.judge()).isInstanceOf(PromotionRule.Promote.class);
        evidence.high = 0.01;
        assertThat(evidence.judge().promoted()).as("uncertain").isFalse();
    }

    @Test
    void ofFewTripsTheClosedLoopAloneSpeaksForACandidate() {
        Evidence evidence = new Evidence();
        evidence.trips = 2;
        evidence.low = -0.2;
        evidence.high = -0.2;
        assertThat(evidence.judge().promoted()).isFalse();
        assertThat(evidence.judge().reason()).startsWith("too little evidence: 2 held-out trips");
        evidence.candidateSpacing = 6;
        assertThat(evidence.judge().promoted()).isTrue();
        evidence.low = 0.1;
        evidence.high = 0.1;
        assertThat(evidence.judge().promoted())
                .as("it still speaks against one")
                .isFalse();
        evidence.hasIncumbent = false;
        evidence.trips = 1;
        assertThat(evidence.judge().promoted()).as("a first model").isTrue();
    }

    @Test
    void promotesWhatStraysLessAndIsNotWorseOtherwise() {
        Evidence evidence = new Evidence();
        evidence.candidateSpacing = 6;
        assertThat(evidence.judge().promoted()).isTrue();
        evidence.low = 0.1;
        evidence.high = 0.2;
        assertThat(evidence.judge().promoted()).as("worse likelihood").isFalse();
    }

    @Test
    void refusesWhatStraysMoreHoweverLikely() {
        Evidence evidence = new Evidence();
        evidence.low = -2;
        evidence.high = -1;
        evidence.candidateSpacing = 8;
        assertThat(evidence.judge().promoted()).isFalse();
    }

    @Test
    void missingEvidenceIsARefusal() {
        Evidence noTrips = new Evidence();
        noTrips.candidateSpacing = 1;
        noTrips.trips = 0;
        assertThat(noTrips.judge().reason()).startsWith("too little evidence");
        Evidence noStretches = new Evidence();
        noStretches.candidateSpacing = 1;
        noStretches.stretches = 0;
        assertThat(noStretches.judge().promoted()).isFalse();
        Evidence notFinite = new Evidence();
        notFinite.candidateSpacing = 1;
        notFinite.candidateNll = Double.NaN;
        assertThat(notFinite.judge().promoted()).isFalse();
        Evidence noComparison = new Evidence();
        noComparison.candidateSpacing = 1;
        noComparison.low = Double.NaN;
        assertThat(noComparison.judge().promoted()).isFalse();
    }

    @Test
    void collisionsInterventionsAndRollbacksAreRefusals() {
        Evidence collides = new Evidence();
        collides.candidateSpacing = 1;
        collides.collisions = 1;
        assertThat(collides.judge().reason()).startsWith("collided on 1 of 10");
        Evidence unsafe = new Evidence();
        unsafe.candidateSpacing = 1;
        unsafe.interventions = 0.5;
        assertThat(unsafe.judge().promoted()).isFalse();
        Evidence rolledBack = new Evidence();
        rolledBack.candidateSpacing = 1;
        rolledBack.rolledBack = true;
        assertThat(rolledBack.judge().reason()).contains("rolled back");
        assertThat(RULE.judge(GateEvidence.problem("wrong signature", true)))
                .isEqualTo(new PromotionRule.Refuse("wrong signature"));
    }

    @Test
    void whereNotBothRaisedTheLikelihoodTheClosedLoopDecidesAlone() {
        Evidence unlikely = new Evidence();
        unlikely.likelihood = GateEvidence.Likelihood.IS_TOLD;
        unlikely.low = 1;
        unlikely.high = 2;
        assertThat(unlikely.judge().reason()).startsWith("not better than the model in service");
        unlikely.candidateSpacing = 6;
        assertThat(unlikely.judge().reason())
                .startsWith("strays less in closed loop")
                .contains("decides nothing here");
        unlikely.trips = 2;
        assertThat(unlikely.judge().promoted()).as("of few trips").isTrue();
        unlikely.collisions = 1;
        assertThat(unlikely.judge().promoted()).as("collides").isFalse();

        Evidence likely = new Evidence();
        likely.likelihood = GateEvidence.Likelihood.IS_TOLD;
        likely.low = -2;
        likely.high = -1;
        assertThat(likely.judge().promoted())
                .as("what one lost by its driving the other does not win back by its likelihood")
                .isFalse();

        Evidence first = new Evidence();
        first.likelihood = GateEvidence.Likelihood.IS_TOLD;
        first.hasIncumbent = false;
        first.candidateNll = 20;
        assertThat(first.judge().promoted()).isTrue();
        first.candidateSpacing = 13;
        assertThat(first.judge().promoted()).isFalse();
    }

    @Test
    void theFirstModelHasToClearTheFloors() {
        Evidence first = new Evidence();
        first.hasIncumbent = false;
        first.low = Double.NaN;
        first.high = Double.NaN;
        assertThat(first.judge().promoted()).isTrue();
        first.candidateSpacing = 13;
        assertThat(first.judge().reason()).contains("driver model");
        first.candidateSpacing = 7;
        first.candidateNll = 2.5;
        assertThat(first.judge().reason()).contains("nats");
    }
}
