package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.app.study.BundledLogs;
import dev.understudy.driving.FollowingSample;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoIT {
    private static final List<String> KEYS = List.of(
            "events",
            "windows",
            "candidates",
            "promoted",
            "refused",
            "swaps",
            "versionMismatches",
            "decisionLatencyMillis",
            "swapMillis",
            "freshnessSeconds",
            "decisionsPerSecond",
            "trainSeconds",
            "prequential",
            "closedLoop");
    private static final List<String> EVENTS = List.of(
            "ingested", "learned", "lateLearned", "late", "deadLettered", "observed", "decided", "duplicated", "lost");
    private static final List<String> CLOSED_LOOP =
            List.of("spacingRmseMeters", "spacingRmseMedianMeters", "speedRmse", "collisions", "stretches");

    @TempDir
    Path folder = Path.of("");

    @Test
    void theWholeLoopWithBothLearnersPromotesAModelAndLosesNothing() throws Exception {
        Ran ran = Ran.command(
                "demo",
                "--json",
                "--seconds",
                "75",
                "--factor",
                "40",
                "--learner",
                "both",
                "--steps",
                "20",
                "--iterations",
                "2",
                "--window-seconds",
                "180",
                "--directory",
                folder.toString());
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode summary = new ObjectMapper().readTree(ran.out());
        assertThat(summary.fieldNames()).toIterable().containsAll(KEYS);
        assertThat(summary.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrderElementsOf(Reference.names("JSON of demo", "JSON of demo, driving"));
        assertThat(summary.get("closedLoop").get("policy").fieldNames())
                .toIterable()
                .containsExactlyInAnyOrderElementsOf(Reference.names("Figures of a driver"));
        for (String quantiles : List.of("decisionLatencyMillis", "swapMillis", "freshnessSeconds")) {
            assertThat(summary.get(quantiles).fieldNames()).toIterable().containsAll(List.of("p50", "p99"));
        }
        JsonNode windows = summary.get("prequential");
        assertThat(windows).as(ran.err()).isNotEmpty();
        assertThat(windows.get(0).fieldNames())
                .toIterable()
                .containsAll(List.of("windowStart", "windowEnd", "policy", "persistence", "idm"));
        JsonNode events = summary.get("events");
        assertThat(events.fieldNames()).toIterable().containsAll(EVENTS);

        assertThat(events.get("observed").asLong()).isPositive();
        assertThat(events.get("decided").asLong())
                .isEqualTo(events.get("observed").asLong());
        assertThat(events.get("lost").asLong()).isZero();
        assertThat(events.get("late").asLong() + events.get("lateLearned").asLong())
                .as("late, however busy the machine is")
                .isZero();
        assertThat(events.get("duplicated").asLong()).isZero();
        assertThat(summary.get("versionMismatches").asLong()).isZero();
        assertThat(events.get("learned").asLong()
                        + events.get("late").asLong()
                        + events.get("deadLettered").asLong()
                        + events.get("heldOut").asLong()
                        + events.get("rejected").asLong()
                        + events.get("repeated").asLong()
                        + events.get("pending").asLong())
                .isEqualTo(events.get("ingested").asLong());
        JsonNode remarks = summary.get("remarks");
        String lastEnd = windows.get(windows.size() - 1).get("windowEnd").asText();
        assertThat(remarks.get(remarks.size() - 1).asText())
                .as("all that closed was learned, or it is said what was not")
                .contains(remarks.size() == 1 ? "the window after " + lastEnd + " closed" : "its records are pending");
        assertThat(events.get("pending").asLong())
                .as("what was sent since the last window that was scored began")
                .isBetween(
                        0L,
                        sentSince(
                                windows.get(windows.size() - 1)
                                        .get("windowStart")
                                        .asText(),
                                events.get("ingested").asLong()));

        assertThat(summary.get("promoted").asLong()).as(ran.err()).isPositive();
        assertThat(summary.get("promoted").asLong() + summary.get("refused").asLong())
                .isLessThanOrEqualTo(summary.get("candidates").asLong());
        for (String algorithm : List.of("bc", "gail")) {
            assertThat(summary.get("algorithms")
                            .get(algorithm)
                            .get("candidates")
                            .asLong())
                    .as("candidates of %s: %s", algorithm, ran.err())
                    .isPositive();
        }
        assertThat(summary.get("promotions")).hasSize(summary.get("promoted").asInt());
        assertThat(summary.get("promotions").findValuesAsText("algorithm")).isSubsetOf("bc", "gail");
        assertThat(summary.get("closedLoop").get("policy").get("algorithm").asText())
                .isIn("bc", "gail");
        assertThat(summary.get("decisionsByKind").get("POLICY").asLong()).isPositive();
        for (String driver : List.of(
                "policy",
                "idm",
                "idmWithEnvelope",
                "constantTimeGap",
                "constantTimeGapWithEnvelope",
                "constantTimeGapPerEntity",
                "constantTimeGapPerEntityWithEnvelope")) {
            JsonNode figures = summary.get("closedLoop").get(driver);
            assertThat(figures.fieldNames()).toIterable().containsAll(CLOSED_LOOP);
            assertThat(figures.get("stretches").asInt()).isPositive();
        }
        JsonNode first = summary.get("prequential").get(0);
        assertThat(first.get("windowStart").asText()).isEqualTo("2019-10-08T08:00:00Z");
        assertThat(first.get("persistence").isNumber()).isTrue();
        assertThat(ran.err()).contains("window ", "candidate ", "promoted ", "swap ");
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).as("files left behind").isEmpty();
        }
    }

    @Test
    void policiesOfControlAreLearnedFromExpertsSwappedInAndPlay() throws Exception {
        Ran ran = Ran.command("demo", "--domain", "control", "--json", "--directory", folder.toString());
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode summary = new ObjectMapper().readTree(ran.out());
        assertThat(summary.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrderElementsOf(Reference.names("JSON of demo", "JSON of demo, control"));
        JsonNode events = summary.get("events");
        assertThat(events.get("observed").asLong()).isPositive();
        assertThat(events.get("decided").asLong())
                .isEqualTo(events.get("observed").asLong());
        for (String none : List.of("lost", "duplicated", "late", "lateLearned", "deadLettered", "rejected")) {
            assertThat(events.get(none).asLong()).as(none).isZero();
        }
        assertThat(summary.get("versionMismatches").asLong()).isZero();
        assertThat(summary.get("swaps").asLong())
                .isEqualTo(summary.get("promoted").asLong());
        assertThat(summary.get("returns").findValuesAsText("policy"))
                .containsExactly("control/cartpole-v1", "control/mountaincar-v0", "control/acrobot-v1");
        double[] least = {490, -130, -110};
        for (int i = 0; i < least.length; i++) {
            JsonNode task = summary.get("returns").get(i);
            assertThat(task.get("versions")).as("%s", task).isNotEmpty();
            assertThat(task.get("firstModelSeconds").asDouble()).isPositive();
            assertThat(task.get("expert").get("mean").asDouble()).as("%s", task).isGreaterThan(least[i]);
            assertThat(task.get("last").get("mean").asDouble())
                    .as("%s", task)
                    .isGreaterThan(least[i])
                    .isGreaterThan(task.get("withoutModel").get("mean").asDouble());
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).as("files left behind").isEmpty();
        }
    }

    /** Returns how many of the first samples of the replay are of that event time or later. */
    private static long sentSince(String time, long sent) {
        long sinceMs = Instant.parse(time).toEpochMilli();
        try (Stream<FollowingSample> samples = BundledLogs.open(BundledLogs.folder(), "acc-S", "acc-L")
                .source()
                .samples(bad -> {})) {
            return samples.limit(sent)
                    .filter(sample -> sample.timeMs() >= sinceMs)
                    .count();
        }
    }
}
