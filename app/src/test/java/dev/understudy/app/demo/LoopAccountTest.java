package dev.understudy.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.TrainingRecord;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

class LoopAccountTest {
    private static final String SHA = "a".repeat(64);

    private final LoopAccount account = new LoopAccount();

    private static Candidate candidate(long closedAtMs) {
        return new Candidate("c1", "p", "", SHA, 2048, 0, 60_000, closedAtMs, 1, "v", "f", Map.of(), 1500, 0, "bc");
    }

    private static Promotion verdict(boolean promoted) {
        return new Promotion("p", promoted ? 1 : 0, SHA, 100, "", "why", promoted, "c1", new TreeMap<>(), 0);
    }

    private static TrainingRecord totals(Map<String, Long> counts) {
        return new TrainingRecord(
                "p", TrainingRecord.Kind.TRAINING, 0, 0, "", "", new TreeMap<>(), new TreeMap<>(counts), "totals", 0);
    }

    private static Decision decision(long sequence, long decidedAtMs) {
        return new Decision(
                "car",
                "trip",
                sequence,
                100 * sequence,
                "p",
                1,
                SHA,
                new float[1],
                new float[1],
                Decision.Kind.POLICY,
                "",
                0,
                decidedAtMs - 5,
                decidedAtMs,
                "i");
    }

    private static TrainingRecord window(long startMs, Map<String, Double> figures) {
        return new TrainingRecord(
                "p",
                TrainingRecord.Kind.PREQUENTIAL,
                startMs,
                startMs + 60_000,
                "",
                "",
                new TreeMap<>(figures),
                new TreeMap<>(),
                "",
                0);
    }

    @Test
    void windowsAreToldByTheirMeasure() {
        LoopAccount texts = new LoopAccount("bits per byte");
        assertThat(texts.report(window(60_000, Map.of("policy", 3.5, "steps", 12.0))))
                .contains("window    00:01:00-00:02:00  12 steps of p; bits per byte before learning: policy 3.500");
        assertThat(texts.report(window(0, Map.of())))
                .contains("window    00:00:00-00:01:00  steps of p; bits per byte before learning: no policy yet");
        assertThat(texts.bitsPerByte())
                .extracting(window -> window.get("bitsPerByte"))
                .containsExactly(null, 3.5);
        assertThat(texts.bitsPerByte())
                .extracting(window -> window.get("replies"))
                .containsExactly(null, 12.0);
    }

    @Test
    void aWindowIsLearnedOnceItsAlgorithmMadeACandidateOfIt() {
        assertThat(account.hasLearned("p", "bc", 60_000)).isFalse();
        account.candidate(candidate(1));
        assertThat(account.hasLearned("p", "bc", 60_000)).isTrue();
        assertThat(account.hasLearned("p", "bc", 120_000)).isFalse();
        assertThat(account.hasLearned("p", "gail", 60_000)).isFalse();
    }

    @Test
    void everyLogRecordIsInExactlyOneColumn() {
        account.report(totals(Map.of("ingested", 90L, "trained", 40L)));
        account.report(totals(Map.of(
                "ingested",
                100L,
                "trained",
                45L,
                "lateLearned",
                5L,
                "late",
                1L,
                "deadLettered",
                2L,
                "heldOut",
                20L,
                "duplicates",
                3L,
                "rejected.MISSING_GAP",
                4L,
                "rejected.NO_LABEL",
                5L)));
        Map<?, ?> events = (Map<?, ?>) account.summary(100, 0).get("events");
        assertThat(events)
                .isEqualTo(Map.ofEntries(
                        Map.entry("ingested", 100L),
                        Map.entry("learned", 50L),
                        Map.entry("lateLearned", 5L), // of those learned
                        Map.entry("late", 1L),
                        Map.entry("deadLettered", 2L),
                        Map.entry("observed", 0L),
                        Map.entry("decided", 0L),
                        Map.entry("duplicated", 0L),
                        Map.entry("lost", 0L),
                        Map.entry("heldOut", 20L),
                        Map.entry("rejected", 9L),
                        Map.entry("repeated", 3L),
                        Map.entry("pending", 15L))); // 100 - 50 - 1 - 2 - 20 - 3 - 9
    }

    @Test
    void stepsBetweenRecordsAreNoRecordsAndLeaveTheBooksEven() {
        account.report(
                totals(Map.of("ingested", 100L, "interpolated", 80L, "trained", 150L, "rejected.NO_LABEL", 20L)));
        Map<String, ?> summary = account.summary(100, 0);
        assertThat(summary.get("events"))
                .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.map(String.class, Long.class))
                .containsEntry("learned", 150L)
                .containsEntry("interpolated", 80L)
                .containsEntry("pending", 10L); // 100 + 80 - 150 - 20
    }

    @Test
    void freshnessIsFromTheCloseOfTheWindowToTheFirstDecisionByItsModel() {
        account.verdict(verdict(true));
        account.candidate(candidate(10_000));
        account.decision(decision(7, 12_500));
        account.decision(decision(8, 13_000));
        Map<String, ?> summary = account.summary(0, 2);
        assertThat(summary.get("freshnessSeconds")).isEqualTo(Map.of("p50", 2.5, "p99", 2.5));
        assertThat(summary.get("trainSeconds")).isEqualTo(1.5);
        assertThat(summary.get("versionMismatches")).isEqualTo(0L);
    }

    @Test
    void aRepeatedPublicationIsTheSameOne() {
        assertThat(account.candidate(candidate(0))).isPresent();
        assertThat(account.candidate(candidate(0))).isEmpty();
        assertThat(account.allJudged("p")).isFalse();
        assertThat(account.verdict(verdict(false)))
                .hasValueSatisfying(
                        line -> assertThat(line).startsWith("refused").endsWith("why"));
        assertThat(account.verdict(verdict(false))).isEmpty();
        assertThat(account.allJudged("p")).isTrue();
        Map<String, ?> summary = account.summary(0, 0);
        assertThat(summary.get("refused")).isEqualTo(1L);
        assertThat(summary.get("promoted")).isEqualTo(0L);
    }

    @Test
    void theSummarySaysWhichAlgorithmEachPromotedModelIsOf() {
        account.candidate(candidate(0));
        account.verdict(verdict(true));
        Map<String, ?> summary = account.summary(0, 0);
        assertThat(summary.get("algorithms")).isEqualTo(Map.of("bc", Map.of("candidates", 1L, "promoted", 1L)));
        assertThat(summary.get("promotions"))
                .isEqualTo(
                        List.of(Map.of("policy", "p", "epoch", 1L, "sha256", SHA, "algorithm", "bc", "reason", "why")));
        assertThat(SummaryText.ofDriving(new TreeMap<>(summary)))
                .contains("algorithms.bc.promoted")
                .contains("aaaaaaaaaaaa");
    }

    @Test
    void theBooksOfSeveralPoliciesAreKeptApart() {
        account.report(totals(Map.of("ingested", 10L, "trained", 7L)));
        TrainingRecord other = new TrainingRecord(
                "q",
                TrainingRecord.Kind.TRAINING,
                0,
                0,
                "",
                "",
                new TreeMap<>(),
                new TreeMap<>(Map.of("ingested", 5L, "trained", 5L)),
                "totals",
                0);
        account.report(other);
        account.candidate(candidate(0));
        account.verdict(verdict(true));
        assertThat(account.summary(15, 0).get("events"))
                .asInstanceOf(InstanceOfAssertFactories.MAP)
                .containsEntry("learned", 12L)
                .containsEntry("pending", 3L);
        assertThat(account.inForce("p")).isPresent();
        assertThat(account.inForce("q")).isEmpty();
        assertThat(account.hasLearned("q", "bc", 60_000)).isFalse();
    }

    @Test
    void anObservationWithoutADecisionIsLost() {
        account.decision(decision(7, 12_500));
        assertThat(account.summary(0, 3).get("events"))
                .asInstanceOf(InstanceOfAssertFactories.MAP)
                .containsEntry("lost", 2L);
    }
}
