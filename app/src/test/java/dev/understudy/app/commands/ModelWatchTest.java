package dev.understudy.app.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.app.console.Console;
import dev.understudy.catalogue.Catalogue;
import dev.understudy.driving.CarFollowing;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.Codecs;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.TrainingRecord;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ModelWatchTest {
    private static final String SHA = "ab".repeat(32);

    private static Candidate candidate(String policy, long closedAtMs, long waitedMs, long trainMillis) {
        return new Candidate(
                "id" + closedAtMs + policy,
                policy,
                "",
                SHA,
                26_000,
                closedAtMs - 10_000,
                closedAtMs,
                closedAtMs,
                0,
                "",
                "",
                Map.of(),
                trainMillis,
                closedAtMs + waitedMs + trainMillis,
                "bc");
    }

    @Test
    void tellsOfEachWindowCandidateAndVerdictOfItsPoliciesOnce() {
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(told, true, StandardCharsets.UTF_8);
        ModelWatch watch = new ModelWatch(Catalogue.only(CarFollowing.POLICY), new Console(out, out, false, false));
        TrainingRecord window = new TrainingRecord(
                CarFollowing.POLICY,
                TrainingRecord.Kind.PREQUENTIAL,
                0,
                60_000,
                "c",
                SHA,
                new TreeMap<>(Map.of("policy", 0.5, "steps", 600.0)),
                new TreeMap<>(),
                "",
                0);
        Promotion verdict =
                new Promotion(CarFollowing.POLICY, 3, SHA, 61_000, "", "better", true, "c", new TreeMap<>(), 0);
        for (int twice = 0; twice < 2; twice++) {
            watch.read(Topics.REPORTS, Codecs.TRAINING_RECORD.encode(window));
            watch.read(Topics.CANDIDATES, Codecs.CANDIDATE.encode(candidate(CarFollowing.POLICY, 60_000, 0, 1_500)));
            watch.read(Topics.HISTORY, Codecs.PROMOTION.encode(verdict));
            watch.read(Topics.CANDIDATES, Codecs.CANDIDATE.encode(candidate("control/cartpole-v1", 60_000, 0, 1_500)));
        }
        assertThat(told.toString(StandardCharsets.UTF_8).lines())
                .satisfiesExactly(
                        line -> assertThat(line)
                                .startsWith("window    00:00:00-00:01:00  600 steps of driving/car-following"),
                        line -> assertThat(line)
                                .startsWith("candidate abababababab  of driving/car-following, learned by bc")
                                .endsWith("trained in 1.50 s"),
                        line -> assertThat(line)
                                .isEqualTo(
                                        "promoted  abababababab  of driving/car-following as epoch 3, from event time 00:01:01: better"));
    }

    @Test
    void warnsOnlyWhereWindowsWaitLongerAndLonger() {
        Candidate first = candidate("p", 100_000, 0, 15_000);
        Candidate second = candidate("p", 110_000, 5_000, 15_000);
        assertThat(ModelWatch.slow(first, second))
                .contains("takes 15.0 s, and windows come every 10.0 s")
                .contains("this one waited 5 s, about 1 wait");
        assertThat(List.of(
                        candidate("p", 110_000, 1_000, 15_000), // a moment
                        candidate("p", 120_000, 5_000, 15_000), // slower windows
                        candidate("p", 110_000, 5_000, 9_000))) // fast enough: it catches up
                .allSatisfy(next -> assertThat(ModelWatch.slow(first, next)).isNull());
        assertThat(ModelWatch.slow(null, second)).isNull();
        assertThat(ModelWatch.slow(second, candidate("p", 120_000, 4_000, 15_000)))
                .as("it waits less than the one before")
                .isNull();
    }
}
