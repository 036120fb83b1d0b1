package dev.understudy.driving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.understudy.data.Trajectory;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.Experts;
import dev.understudy.domain.HeldOut;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.evaluate.OpenLoop;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The baselines on real logs, divided by whole runs. Prints the figures that policies are compared with. */
class OpenAccBaselinesTest {
    @Test
    void theBaselinesReachTheirFiguresOnHeldOutRuns() throws IOException {
        assumeTrue(OpenAccRuns.folder().isPresent(), "skipped: no OpenACC data in ../shared/data/openacc-zalazone");
        Path folder = OpenAccRuns.folder().orElseThrow();
        List<FollowingSample> training = new ArrayList<>();
        List<FollowingSample> heldOut = new ArrayList<>();
        for (Map.Entry<String, String> run : OpenAccRuns.labels(folder).entrySet()) {
            List<FollowingSample> samples = OpenAccRuns.samples(folder, run.getKey(), run.getValue());
            (HeldOut.isHeldOut(run.getKey(), 20) ? heldOut : training).addAll(samples);
        }
        CarFollowingStretches trained = CarFollowingStretches.of(training);
        CarFollowingStretches tested = CarFollowingStretches.of(heldOut);
        System.out.printf("stretches: %d training, %d held out%n", trained.count(), tested.count());

        long begin = System.nanoTime();
        FollowingLawCalibration.Fit<IntelligentDriverModel> idm = FollowingLawCalibration.intelligentDriverModel(
                trained, new FollowingLawCalibration.Effort(120, 3, 250, 0), 1);
        long middle = System.nanoTime();
        FollowingLawCalibration.Fit<ConstantTimeGap> ctg =
                FollowingLawCalibration.constantTimeGap(trained, new FollowingLawCalibration.Effort(120, 3, 250, 0), 1);
        System.out.printf(
                "calibration: idm %s (%.2f m, %.1f s), constant time gap %s (%.2f m, %.1f s)%n",
                idm.law().toText(),
                idm.rmse(),
                (middle - begin) / 1e9,
                ctg.law().toText(),
                ctg.rmse(),
                (System.nanoTime() - middle) / 1e9);

        LeaderReplay replay = new LeaderReplay(tested);
        for (FollowingLaw law : List.of(idm.law(), ctg.law())) {
            replay.run(law, null);
            begin = System.nanoTime();
            LeaderReplay.Drive drive = replay.drive(law, null);
            System.out.printf(
                    "%s: %s%n  by label %s%n  %.0f ms; with envelope %s%n",
                    law.getClass().getSimpleName(),
                    drive.report(),
                    drive.byLabel(),
                    (System.nanoTime() - begin) / 1e6,
                    replay.run(law, new FollowingEnvelope()));
        }
        ClosedLoopReport report = replay.run(idm.law(), null);
        assertThat(report.spacingRmseMeters()).isBetween(3.0, 11.0);
        assertThat(report.collisions()).isZero();

        Collected out = new Collected();
        long learned = assemble(heldOut, out);
        System.out.printf("held out: %d samples, %d steps, rejected %s%n", heldOut.size(), learned, out.reasons);
        System.out.printf("what the envelope would say of the experts: %s%n", verdicts(out.steps));
        OpenLoop persistence = new OpenLoop();
        OpenLoop driver = new OpenLoop();
        for (Trajectory trajectory : Steps.trajectories(out.steps, CarFollowing.STEP_MS)) {
            float[] actions = trajectory.actions().values();
            float[] last = Persistence.answers(actions);
            float[] answers = OpenLoop.answers(idm.law(), trajectory);
            OpenLoop.onSameSteps(1, last, answers);
            persistence.add(last, actions, new float[0], 1);
            driver.add(answers, actions, new float[0], 1);
        }
        System.out.printf("open loop: persistence %s, idm %s%n", persistence.report(), driver.report());
        assertThat(driver.report().steps()).isEqualTo(persistence.report().steps());
        assertThat(out.all).hasSize(heldOut.size());
    }

    /** Returns how often the envelope would replace what the expert did, by reason. */
    private static Map<String, Integer> verdicts(List<Step> steps) {
        FollowingEnvelope envelope = new FollowingEnvelope();
        Map<String, Integer> counts = new TreeMap<>();
        for (Step step : steps) {
            float[] observed = step.observation().floats();
            double speed = observed[CarFollowing.SPEED];
            FollowingEnvelope.Verdict verdict = envelope.apply(
                    step.action(),
                    speed,
                    observed[CarFollowing.GAP],
                    speed + observed[CarFollowing.RELATIVE_SPEED],
                    Double.NaN,
                    0);
            counts.merge(
                    verdict instanceof FollowingEnvelope.Fallback out
                            ? out.reason().name()
                            : "PASSED",
                    1,
                    Integer::sum);
        }
        return counts;
    }

    private static long assemble(List<FollowingSample> samples, Collected out) {
        Map<String, Assembler<FollowingSample>> assemblers = new HashMap<>();
        long begin = System.nanoTime();
        for (FollowingSample sample : samples) {
            assemblers
                    .computeIfAbsent(sample.trip(), any -> CarFollowing.assembler(Experts.DEFAULT))
                    .offer(sample, out);
        }
        assemblers.values().forEach(assembler -> assembler.end(out));
        System.out.printf("assembled at %.2f us a sample%n", (System.nanoTime() - begin) / 1e3 / samples.size());
        return out.steps.size();
    }
}
