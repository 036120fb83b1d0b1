package dev.understudy.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Promotion;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class DecisionLedgerTest {
    private static final String FIRST = "a".repeat(64);
    private static final String SECOND = "b".repeat(64);

    private final DecisionLedger ledger = new DecisionLedger();

    private static Promotion promotion(long epoch, String sha256, long effectiveFromMs) {
        return new Promotion("p", epoch, sha256, effectiveFromMs, "", "better", true, "c", new TreeMap<>(), 0);
    }

    private static Decision decision(long sequence, long epoch, String sha256) {
        return new Decision(
                "car",
                "trip",
                sequence,
                100 * sequence,
                "p",
                epoch,
                sha256,
                new float[1],
                new float[1],
                epoch == 0 ? Decision.Kind.FALLBACK_NO_MODEL : Decision.Kind.POLICY,
                "",
                0,
                1000,
                1004,
                "i");
    }

    @Test
    void anObservationDecidedTwiceIsOneDecisionAndOneDuplicate() {
        ledger.decided(decision(1, 0, ""));
        ledger.decided(decision(2, 0, ""));
        ledger.decided(decision(2, 0, ""));
        assertThat(ledger.distinct()).isEqualTo(2);
        assertThat(ledger.duplicated()).isEqualTo(1);
        assertThat(ledger.versionMismatches()).isZero();
    }

    @Test
    void decisionsAgreeWithThePromotionOfTheirEpochEvenIfItIsReadLater() {
        ledger.decided(decision(5, 1, FIRST));
        ledger.promoted(promotion(1, FIRST, 500));
        ledger.decided(decision(6, 1, FIRST));
        assertThat(ledger.versionMismatches()).isZero();
    }

    @Test
    void anotherModelThanThePromotedOneIsAMismatch() {
        ledger.promoted(promotion(1, FIRST, 0));
        ledger.decided(decision(5, 1, SECOND));
        assertThat(ledger.versionMismatches()).isEqualTo(1);
    }

    @Test
    void eitherOfTwoPromotionsWithOneEpochIsAgreedWith() {
        ledger.promoted(promotion(1, FIRST, 0));
        ledger.decided(decision(5, 1, FIRST));
        ledger.decided(decision(6, 1, SECOND));
        ledger.promoted(promotion(1, SECOND, 0));
        assertThat(ledger.versionMismatches()).isZero();
    }

    @Test
    void thePromotionOfAnotherPolicyIsNoPromotion() {
        ledger.promoted(new Promotion("q", 1, FIRST, 0, "", "better", true, "c", new TreeMap<>(), 0));
        ledger.decided(decision(5, 1, FIRST));
        assertThat(ledger.versionMismatches()).isEqualTo(1);
    }

    @Test
    void anAnswerFromBeforeThePromotionTookEffectIsAMismatch() {
        ledger.promoted(promotion(1, FIRST, 501));
        ledger.decided(decision(5, 1, FIRST));
        assertThat(ledger.versionMismatches()).isEqualTo(1);
    }

    @Test
    void anEpochThatNobodyPromotedIsAMismatch() {
        ledger.decided(decision(5, 7, FIRST));
        assertThat(ledger.versionMismatches()).isEqualTo(1);
        assertThat(ledger.versionMismatches()).as("asked again").isEqualTo(1);
    }

    @Test
    void latencyIsFromTheObservationToTheDecision() {
        ledger.decided(decision(5, 0, ""));
        assertThat(ledger.latencyMillis().quantile(0.5)).isEqualTo(4.0);
    }
}
