package dev.understudy.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PrecedenceTest {
    private static Promotion promotion(long epoch, String sha256, String candidateId, long decidedAtMs) {
        return new Promotion("driving/x", epoch, sha256, 0, "", "", true, candidateId, new TreeMap<>(), decidedAtMs);
    }

    private static final Promotion EARLY = promotion(2, "early", "c1", 100);
    private static final Promotion LATE = promotion(2, "late", "c2", 200);
    private static final Promotion ROLLBACK = promotion(2, "rollback", "", 50);
    private static final Promotion NEXT = promotion(3, "next", "c3", 10);

    @Test
    void aHigherEpochCountsBeforeAllElse() {
        assertThat(Precedence.inForce(List.of(NEXT, ROLLBACK, LATE))).contains(NEXT);
    }

    @Test
    void ofOneEpochThatOfTheOperatorCountsInAnyOrder() {
        assertThat(Precedence.inForce(List.of(ROLLBACK, LATE, EARLY))).contains(ROLLBACK);
        assertThat(Precedence.inForce(List.of(LATE, EARLY, ROLLBACK))).contains(ROLLBACK);
        assertThat(Precedence.of(ROLLBACK).givesWayTo(LATE)).isFalse();
    }

    @Test
    void ofOneEpochAndRoleTheOneThatWasDecidedLaterCounts() {
        assertThat(Precedence.inForce(List.of(LATE, EARLY))).contains(LATE);
        assertThat(Precedence.inForce(List.of(EARLY, LATE))).contains(LATE);
    }

    @Test
    void ofTwoThatDoNotDifferTheLaterInTheTopicCounts() {
        Promotion twin = promotion(2, "twin", "c4", 200);
        assertThat(Precedence.inForce(List.of(LATE, twin))).contains(twin);
        assertThat(Precedence.inForce(List.of(twin, LATE))).contains(LATE);
    }

    @Test
    void refusalsDoNotCountAndAnythingCountsBeforeNothing() {
        Promotion refusal =
                new Promotion("driving/x", 9, "refused", 0, "", "", false, "c", new TreeMap<>(), Long.MAX_VALUE);
        assertThat(Precedence.inForce(List.of(EARLY, refusal))).contains(EARLY);
        assertThat(Precedence.inForce(List.of(refusal))).isEmpty();
        assertThat(Precedence.NONE.givesWayTo(promotion(0, "first", "c", 0))).isTrue();
    }
}
