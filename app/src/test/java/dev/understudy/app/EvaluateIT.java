package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.app.study.BundledLogs;
import dev.understudy.app.study.Evaluation;
import dev.understudy.driving.CarFollowingStretches;
import dev.understudy.driving.ConstantTimeGap;
import dev.understudy.driving.IntelligentDriverModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training and evaluation on files alone. */
class EvaluateIT {
    private static final String RUN = "zala_dynamic_part20";

    @TempDir
    Path folder = Path.of("");

    @BeforeEach
    void copyOneRun() throws IOException {
        Path logs = BundledLogs.folder();
        List<String> runs = Files.readAllLines(logs.resolve("runs.csv"));
        Files.write(
                folder.resolve("runs.csv"),
                runs.stream()
                        .filter(line -> line.startsWith("run,") || line.startsWith(RUN + ","))
                        .toList());
        Files.createDirectory(folder.resolve("runs"));
        Files.copy(logs.resolve("runs/" + RUN + ".csv.gz"), folder.resolve("runs/" + RUN + ".csv.gz"));
    }

    @Test
    void thePolicyIsDrivenWithAndWithoutTheEnvelopeBesideItsBaselines() throws IOException {
        String model = folder.resolve("model.onnx").toString();
        Ran trained = Ran.command("train", "bc", "--demos", folder.toString(), "--out", model, "--steps", "20");
        assertThat(trained.code()).as(trained.err()).isZero();

        Ran ran = Ran.command("evaluate", "--model", model, "--demos", folder.toString(), "--json");

        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode result = new ObjectMapper().readTree(ran.out());
        for (JsonNode closedLoop :
                List.of(result.get("closedLoop"), result.get("runs").get(0).get("closedLoop"))) {
            assertThat(closedLoop.fieldNames())
                    .toIterable()
                    .containsExactly(
                            "policy",
                            "policyWithoutEnvelope",
                            "idm",
                            "idmWithEnvelope",
                            "constantTimeGap",
                            "constantTimeGapWithEnvelope",
                            "constantTimeGapPerEntity",
                            "constantTimeGapPerEntityWithEnvelope");
            assertThat(closedLoop.get("policy").get("envelope").asBoolean()).isTrue();
            assertThat(closedLoop
                            .get("policyWithoutEnvelope")
                            .get("envelopeInterventions")
                            .asInt())
                    .isZero();
            for (JsonNode driver : closedLoop) {
                assertThat(driver.get("stretches").asInt()).isPositive();
                assertThat(driver.get("spacingRmseMeters").asDouble()).isPositive();
                // One run: its mean is the figure over all, and there is no interval.
                assertThat(driver.get("runs").asInt()).isEqualTo(1);
                assertThat(driver.get("runsThatAreTrips").asInt()).isZero();
                assertThat(driver.get("spacingRmseMeanOverRunsMeters").asDouble())
                        .isCloseTo(driver.get("spacingRmseMeters").asDouble(), within(1e-9));
                assertThat(driver.get("spacingRmseMeanOverRunsLowMeters").isNull())
                        .isTrue();
                assertThat(driver.get("worstTenthShareOfSquaredError").asDouble())
                        .isBetween(0.1, 1.0);
            }
            for (String driver :
                    List.of("policyWithoutEnvelope", "idm", "constantTimeGap", "constantTimeGapPerEntity")) {
                assertThat(closedLoop.get(driver).get("envelope").asBoolean()).isFalse();
            }
            for (String driver :
                    List.of("idmWithEnvelope", "constantTimeGapWithEnvelope", "constantTimeGapPerEntityWithEnvelope")) {
                assertThat(closedLoop.get(driver).get("envelope").asBoolean()).isTrue();
                assertThat(closedLoop.get(driver).get("collisions").asInt()).isZero();
            }
        }
        assertThat(result.get("openLoop").fieldNames())
                .toIterable()
                .contains("idmRmse", "idmOneStepRmse", "constantTimeGapRmse", "constantTimeGapPerEntityRmse");
        assertThat(result.get("openLoop").get("idmOneStepRmse").asDouble())
                .isLessThan(result.get("openLoop").get("idmRmse").asDouble());
    }

    @Test
    void adversarialImitationLearnsFromTheSameLogs() throws IOException {
        String model = folder.resolve("model.onnx").toString();
        Ran trained =
                Ran.command("train", "gail", "--demos", folder.toString(), "--out", model, "--steps", "1", "--json");
        assertThat(trained.code()).as(trained.err()).isZero();
        JsonNode training = new ObjectMapper().readTree(trained.out()).get("training");
        assertThat(training.get("iterations").asInt()).isEqualTo(1);
        assertThat(training.get("cloning.steps").asInt()).isEqualTo(20);
        assertThat(training.get("diverged").asDouble()).isZero();

        Ran ran = Ran.command("evaluate", "--model", model, "--demos", folder.toString(), "--json");

        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode policy =
                new ObjectMapper().readTree(ran.out()).get("closedLoop").get("policy");
        assertThat(policy.get("stretches").asInt()).isPositive();
    }

    @Test
    void theBaselinesAreDrivenWithoutAPolicyToo() {
        CarFollowingStretches stretches =
                BundledLogs.open(folder, "acc-S").shares(1).training();

        Map<String, Map<String, Object>> figures = Evaluation.closedLoop(
                        stretches,
                        Map.of("idm", IntelligentDriverModel.published(), "constantTimeGap", ConstantTimeGap.typical()))
                .figures();

        assertThat(figures)
                .containsOnlyKeys("idm", "idmWithEnvelope", "constantTimeGap", "constantTimeGapWithEnvelope");
        assertThat(figures.get("idm")).containsEntry("stretches", stretches.count());
    }
}
