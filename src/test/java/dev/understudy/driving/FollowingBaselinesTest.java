package dev.understudy.driving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.driving.ConstantTimeGapPerEntity.Entity;
import dev.understudy.driving.ConstantTimeGapPerEntity.Spacing;
import dev.understudy.driving.FollowingLawCalibration.Effort;
import dev.understudy.driving.FollowingLawCalibration.Fit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class FollowingBaselinesTest {
    private static final ConstantTimeGap OTHERS = new ConstantTimeGap(1.5, 4, 0.05, 0.5);
    private static final Effort LITTLE = new Effort(10, 2, 150, 0);

    /** Returns a drive of so many samples as another car's, under another label. */
    private static List<FollowingSample> driven(
            String run, String vehicle, String label, FollowingLaw law, int count, double swing) {
        List<FollowingSample> samples = new ArrayList<>();
        for (FollowingSample sample : Samples.driven("trip", law, count, swing)) {
            samples.add(new FollowingSample(
                    vehicle,
                    run + "/" + vehicle,
                    sample.sequence(),
                    sample.timeMs(),
                    sample.actor(),
                    label,
                    sample.speedMetersPerSecond(),
                    sample.gapMeters(),
                    sample.leaderSpeedMetersPerSecond()));
        }
        return samples;
    }

    private static CarFollowingStretches twoCars() {
        List<FollowingSample> samples = new ArrayList<>();
        // 30 s of history and 60 s for each stretch: 300 + 600 n + 1 samples give n.
        samples.addAll(driven("one", "near", "acc", new ConstantTimeGap(0.75, 2, 0.1, 0.5), 3301, 4));
        samples.addAll(driven("two", "far", "acc", new ConstantTimeGap(3, 8, 0.1, 0.5), 3301, 5));
        samples.addAll(driven("two", "seldom", "acc", OTHERS, 1501, 6));
        return CarFollowingStretches.of(samples);
    }

    @Test
    void aRunIsTheTripWithoutItsCar() {
        CarFollowingStretches stretches = twoCars();
        assertThat(stretches.run(0)).isEqualTo("two");
        assertThat(stretches.trip(0)).isEqualTo("two/far");
        CarFollowingStretches unnamed =
                CarFollowingStretches.of(Samples.driven("a/b", ConstantTimeGap.typical(), 901, 4));
        assertThat(unnamed.run(0)).isEqualTo("a/b");
        assertThat(CarFollowingStretches.run("2019/monday/golf", "golf")).isEqualTo("2019/monday");
        assertThat(CarFollowingStretches.run("golf", "golf")).isEqualTo("golf");

        LeaderReplay replay = new LeaderReplay(stretches);
        ClosedLoopReport report = replay.run(ConstantTimeGap.typical(), null);
        assertThat(report.runs()).isEqualTo(2);
        assertThat(report.runsThatAreTrips()).isZero();
        ClosedLoopReport ofTrips = new LeaderReplay(unnamed).run(ConstantTimeGap.typical(), null);
        assertThat(ofTrips.runs()).isEqualTo(1);
        assertThat(ofTrips.runsThatAreTrips()).isEqualTo(1);
    }

    @Test
    void carsThatKeepGapsOfTheirOwnAreFittedEachByItself() {
        CarFollowingStretches stretches = twoCars();
        Fit<ConstantTimeGapPerEntity> each = FollowingLawCalibration.constantTimeGapPerEntity(stretches, OTHERS);

        // Twice the others' k1; half and twice their T and s: the laws that drove.
        assertThat(each.law().gapGain()).isEqualTo(0.1);
        assertThat(each.law().speedGain()).isEqualTo(0.5);
        assertThat(each.law().of("near", "acc").timeGap()).isCloseTo(0.75, within(0.08));
        assertThat(each.law().of("near", "acc").standstillGap()).isCloseTo(2, within(0.2));
        assertThat(each.law().of("far", "acc").timeGap()).isCloseTo(3, within(0.08));
        assertThat(each.rmse()).isLessThan(0.5);
        // Two stretches are too few for a gap of one's own.
        assertThat(each.law().spacings()).containsOnlyKeys(new Entity("near", "acc"), new Entity("far", "acc"));
        assertThat(each.law().of("seldom", "acc")).isEqualTo(OTHERS);
        assertThat(each.law().of("near", "another setting")).isEqualTo(OTHERS);
        // Driven row by row, as it was fitted.
        assertThat(new LeaderReplay(stretches)
                        .run(each.law().driving(stretches), null)
                        .spacingRmseMeters())
                .isCloseTo(each.rmse(), within(0.02));
        assertThat(each.remarks()).isEmpty();
    }

    @Test
    void anEntityIsHeldToItsOwnParameters() {
        ConstantTimeGapPerEntity law = new ConstantTimeGapPerEntity(
                ConstantTimeGap.typical(), 0.2, 0.4, new TreeMap<>(Map.of(new Entity("a", "S"), new Spacing(2, 5))));
        // 0.2 (30 - 5 - 2 * 10) + 0.4 (9 - 10) = 1 - 0.4
        assertThat(law.of("a", "S").acceleration(10, 30, 9)).isCloseTo(0.6, within(1e-12));
        // The others': 0.1 (30 - 3 - 1.5 * 10) + 0.5 (9 - 10) = 1.2 - 0.5
        assertThat(law.of("a", "L").acceleration(10, 30, 9)).isCloseTo(0.7, within(1e-12));
    }

    @Test
    void aLawOfEachRowRefusesOtherRows() {
        CarFollowingStretches stretches = twoCars();
        ConstantTimeGapPerEntity law =
                new ConstantTimeGapPerEntity(ConstantTimeGap.typical(), 0.1, 0.5, new TreeMap<>());
        assertThatThrownBy(() -> law.driving(stretches).act(new float[0], 3, new float[3]))
                .hasMessageContaining("expected a row for each of %d stretches, got 3".formatted(stretches.count()));
    }

    @Test
    void namesOfAnyKindSurviveAsText() {
        ConstantTimeGapPerEntity law = new ConstantTimeGapPerEntity(
                ConstantTimeGap.typical(),
                0.012,
                0.5,
                new TreeMap<>(Map.of(
                        new Entity("VW; Golf=2", "sehr nah"), new Spacing(0.9, 3.2),
                        new Entity("", ""), new Spacing(2, 0.1))));
        assertThat(ConstantTimeGapPerEntity.fromText(law.toText())).isEqualTo(law);
        assertThatThrownBy(() -> ConstantTimeGapPerEntity.fromText("T=1 s=1 k1=1 k2=1"))
                .hasMessageContaining("between semicolons, got \"T=1 s=1 k1=1 k2=1\"");
        assertThatThrownBy(() -> ConstantTimeGapPerEntity.fromText("T=1 s=1 k1=1 k2=1; k1=1 k2=1; golf T=1 s=1"))
                .hasMessageContaining("got \" golf T=1 s=1\"");
    }

    @Test
    void theMetadataOfAModelCarryThem() {
        FollowingBaselines baselines = FollowingBaselines.calibrate(twoCars(), LITTLE, 1);
        Map<String, String> metadata = baselines.toMetadata();
        assertThat(metadata)
                .containsOnlyKeys(
                        "baseline.idm",
                        "baseline.idmOneStep",
                        "baseline.constantTimeGap",
                        "baseline.constantTimeGapPerEntity");
        assertThat(FollowingBaselines.ofMetadata(metadata).laws()).isEqualTo(baselines.laws());
        assertThat(baselines.drivers()).containsOnlyKeys("idm", "constantTimeGap", "constantTimeGapPerEntity");
        // A model from before, and one of something else.
        assertThat(FollowingBaselines.ofMetadata(Map.of(
                                "baseline.idm",
                                IntelligentDriverModel.published().toText()))
                        .laws())
                .containsOnlyKeys("idm");
        assertThat(FollowingBaselines.ofMetadata(Map.of("algorithm", "bc")).laws())
                .isEmpty();
    }

    @Test
    void whatKeepsTheGapBestAnswersNoiseAndWhatForeseesAStepDoesNot() {
        CarFollowingStretches stretches = twoCars();
        IntelligentDriverModel closed = FollowingLawCalibration.intelligentDriverModel(stretches, LITTLE, 1)
                .law();
        IntelligentDriverModel oneStep = FollowingLawCalibration.intelligentDriverModelOneStep(stretches, LITTLE, 1)
                .law();
        assertThat(FollowingLawCalibration.oneStepMeanSquare(oneStep, stretches))
                .isLessThanOrEqualTo(FollowingLawCalibration.oneStepMeanSquare(closed, stretches));
        assertThat(FollowingLawCalibration.meanSquare(closed, stretches))
                .isLessThanOrEqualTo(FollowingLawCalibration.meanSquare(oneStep, stretches));
    }

    @Test
    void theOneStepErrorOfAKnownMotionIsThatWorkedOutByHand() {
        // Steady at 10 m/s, 20 m behind 10 m/s: the expert's acceleration is 0, and the typical law's
        // 0.1 (20 - 3 - 15) + 0 = 0.2 m/s^2 at every step.
        assertThat(FollowingLawCalibration.oneStepMeanSquare(
                        ConstantTimeGap.typical(), CarFollowingStretches.of(Samples.steady(901))))
                .isCloseTo(0.04, within(1e-9));
    }

    @Test
    void aParameterAtABoundOfItsSearchIsRemarkedUpon() {
        FollowingLawCalibration.Bounds bounds = new FollowingLawCalibration.Bounds(
                new String[] {"T", "s"}, new double[] {0.1, 0.5}, new double[] {5, 15});
        // 14.9 is 0.7 % below 15; 0.102 is 2 % above 0.1.
        assertThat(bounds.remarks("law", new double[] {0.102, 14.9}))
                .containsExactly("law: s=14.9 lies within 1 % of the bound 15.0 of its search");
        assertThat(bounds.remarks("law", new double[] {1, 5})).isEmpty();
        assertThat(bounds.parameters(new double[] {Math.log(2), Math.log(100)})[1])
                .isEqualTo(15);
    }

    @Test
    void aStandstillGapBeyondTheOldBoundIsFound() {
        CarFollowingStretches stretches =
                CarFollowingStretches.of(driven("one", "far", "acc", new ConstantTimeGap(0.5, 24, 0.1, 0.5), 3301, 4));
        Fit<ConstantTimeGap> fit = FollowingLawCalibration.constantTimeGap(stretches, new Effort(10, 2, 400, 0), 1);
        assertThat(fit.remarks()).isEmpty();
        assertThat(fit.law().standstillGap()).isGreaterThan(16);
        assertThat(fit.rmse()).isLessThan(0.3);
    }
}
