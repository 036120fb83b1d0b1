package dev.understudy.driving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.domain.Actor;
import dev.understudy.policy.Policy;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LeaderReplayTest {
    private record Constant(float acceleration) implements Policy {
        @Override
        public int observationSize() {
            return CarFollowing.observationSize();
        }

        @Override
        public int actionSize() {
            return 1;
        }

        @Override
        public void act(float[] observations, int rows, float[] actions) {
            java.util.Arrays.fill(actions, 0, rows, acceleration);
        }
    }

    @Test
    void cutsAStretchPerMinuteAfterThirtySeconds() {
        assertThat(CarFollowingStretches.of(Samples.steady(900)).count()).isZero();
        assertThat(CarFollowingStretches.of(Samples.steady(901)).count()).isEqualTo(1);
        assertThat(CarFollowingStretches.of(Samples.steady(1500)).count()).isEqualTo(1);
        assertThat(CarFollowingStretches.of(Samples.steady(1501)).count()).isEqualTo(2);
        List<FollowingSample> broken = Samples.steady(1501);
        broken.subList(800, 803).clear();
        assertThat(CarFollowingStretches.of(broken).count()).isEqualTo(2);
        broken.subList(800, 804).clear();
        assertThat(CarFollowingStretches.of(broken).count()).isZero();
    }

    @Test
    void theErrorsOfAKnownMotionAreThoseWorkedOutByHand() {
        LeaderReplay replay = new LeaderReplay(CarFollowingStretches.of(Samples.steady(901)));
        // Standing still in the log's frame: no error.
        ClosedLoopReport still = replay.run(new Constant(0), null);
        assertThat(still.spacingRmseMeters()).isZero();
        assertThat(still.collisions()).isZero();
        assertThat(still.stretches()).isEqualTo(1);
        // Braking with 0.1 m/s^2 for t s: speed error -0.1 t, gap error 0.05 t^2 (the trapezium rule is exact here).
        // Mean square over t = 0.1 k, k = 1..600: of speed 1e-4 mean(k^2), of gap 0.25e-6 mean(k^4), with
        // mean(k^2) = 601 * 1201 / 6 = 120300.17 and mean(k^4) = 601 * 1201 * (3 * 360000 + 1800 - 1) / 30 = 2.6028e10.
        ClosedLoopReport braking = replay.run(new Constant(-0.1f), null);
        assertThat(braking.speedRmseMetersPerSecond()).isCloseTo(Math.sqrt(12.030017), within(1e-3));
        assertThat(braking.spacingRmseMeters()).isCloseTo(Math.sqrt(0.25e-6 * 2.602789e10), within(0.02));
        assertThat(braking.spacingRmseMedianMeters()).isEqualTo(braking.spacingRmseMeters());
        // Accelerating closes the 20 m.
        assertThat(replay.run(new Constant(0.1f), null).collisions()).isEqualTo(1);
    }

    @Test
    void aLawThatDroveTheLogFindsItsOwnWayAgain() {
        IntelligentDriverModel law = new IntelligentDriverModel(30, 1.4, 2.5, 1.1, 1.6);
        CarFollowingStretches stretches = CarFollowingStretches.of(Samples.driven("trip", law, 3400, 4));
        assertThat(stretches.count()).isEqualTo(5);
        LeaderReplay replay = new LeaderReplay(stretches);
        assertThat(replay.run(law, null).spacingRmseMeters()).isLessThan(0.02);
        FollowingLawCalibration.Fit<IntelligentDriverModel> fit = FollowingLawCalibration.intelligentDriverModel(
                stretches, new FollowingLawCalibration.Effort(5, 2, 400, 0), 3);
        assertThat(fit.rmse()).isLessThan(0.2);
        assertThat(fit.law().timeGap()).isCloseTo(1.4, within(0.15));
        assertThat(replay.run(fit.law(), null).spacingRmseMeters()).isCloseTo(fit.rmse(), within(0.02));
        assertThat(FollowingLawCalibration.intelligentDriverModel(
                        stretches, new FollowingLawCalibration.Effort(5, 2, 400, 0), 3))
                .isEqualTo(fit);
    }

    @Test
    void behindASteadyLeaderTheIntelligentDriverComesToItsEquilibriumGap() {
        IntelligentDriverModel law = IntelligentDriverModel.published();
        // (2 + 10 * 1.6) / sqrt(1 - (10 / 33.3)^4) = 18 / 0.99593 = 18.0736
        assertThat(law.equilibriumGap(10)).isCloseTo(18.0736, within(1e-3));
        assertThat(law.acceleration(10, law.equilibriumGap(10), 10)).isCloseTo(0, within(1e-9));
        double speed = 14;
        double gap = 60;
        for (int i = 0; i < 3000; i++) {
            double next = Math.max(0, speed + 0.1 * law.acceleration(speed, gap, 10));
            gap += 0.1 * (10 - (speed + next) / 2);
            speed = next;
        }
        assertThat(gap).isCloseTo(18.0736, within(0.01));
    }

    @Test
    void theEnvelopeKeepsAnyPolicyFromTheLeaderInFront() {
        long seed = System.nanoTime();
        System.out.println("braking leaders with seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        FollowingEnvelope envelope = new FollowingEnvelope();
        for (int round = 0; round < 300; round++) {
            double speed = 30 * random.nextDouble();
            double leader = 30 * random.nextDouble();
            double gap = 1 + Math.max(0, speed * speed - leader * leader) / 12 + 10 * random.nextDouble() + 0.2;
            int brakesAt = random.nextInt(100);
            double braking = 6 * random.nextDouble();
            double previous = Double.NaN;
            for (int i = 0; i < 400; i++) {
                FollowingEnvelope.Verdict verdict = envelope.apply(new float[] {3}, speed, gap, leader, previous, 100);
                previous = verdict.acceleration();
                assertThat(verdict.acceleration()).isBetween(-6f, 3f);
                double nextLeader = i < brakesAt ? leader : Math.max(0, leader - 0.1 * braking);
                double next = Math.max(0, speed + 0.1 * verdict.acceleration());
                gap += 0.1 * (leader + nextLeader - speed - next) / 2;
                leader = nextLeader;
                speed = next;
                assertThat(gap).as("seed %d round %d step %d", seed, round, i).isPositive();
            }
        }
    }

    @Test
    void theEnvelopeSaysWhyItSteppedIn() {
        FollowingEnvelope envelope = new FollowingEnvelope();
        assertThat(envelope.apply(new float[] {0.5f}, 10, 20, 10, Double.NaN, 0))
                .isEqualTo(new FollowingEnvelope.Passed(0.5f));
        assertThat(reason(envelope.apply(new float[] {Float.NaN}, 10, 20, 10, Double.NaN, 0)))
                .isEqualTo(FollowingEnvelope.Reason.NOT_FINITE);
        assertThat(reason(envelope.apply(new float[] {3.1f}, 10, 20, 10, 3, 100)))
                .isEqualTo(FollowingEnvelope.Reason.OUT_OF_RANGE);
        assertThat(reason(envelope.apply(new float[] {3}, 10, 20, 10, -1, 100)))
                .isEqualTo(FollowingEnvelope.Reason.TOO_SUDDEN);
        // After half a second it may.
        assertThat(envelope.apply(new float[] {3}, 10, 20, 10, -1, 500).passed())
                .isTrue();
        // 20 m/s at 5 m from a leader of 5 m/s: even stopping with 6 m/s^2 needs more.
        FollowingEnvelope.Verdict verdict = envelope.apply(new float[] {0}, 20, 5, 5, Double.NaN, 0);
        assertThat(reason(verdict)).isEqualTo(FollowingEnvelope.Reason.UNSAFE);
        assertThat(verdict.acceleration()).isEqualTo(-6f);
        assertThat(envelope.apply(new float[] {1}, 10, Double.NaN, 10, Double.NaN, 0))
                .isEqualTo(new FollowingEnvelope.Fallback(0, FollowingEnvelope.Reason.UNSAFE));
    }

    private static FollowingEnvelope.Reason reason(FollowingEnvelope.Verdict verdict) {
        assertThat(verdict).isInstanceOf(FollowingEnvelope.Fallback.class);
        return ((FollowingEnvelope.Fallback) verdict).reason();
    }

    @Test
    void withTheEnvelopeAPolicyThatFloorsItDoesNotCollide() {
        LeaderReplay replay = new LeaderReplay(CarFollowingStretches.of(Samples.steady(901)));
        assertThat(replay.run(new Constant(3), null).collisions()).isEqualTo(1);
        ClosedLoopReport report = replay.run(new Constant(3), new FollowingEnvelope());
        assertThat(report.collisions()).isZero();
        assertThat(report.envelopeInterventions()).isPositive();
    }

    @Test
    void refusesActionsThatAreNotFiniteWithoutAnEnvelope() {
        LeaderReplay replay = new LeaderReplay(CarFollowingStretches.of(Samples.steady(901)));
        assertThatThrownBy(() -> replay.run(new Constant(Float.NaN), null)).hasMessageContaining("trip=trip, step 1");
    }

    @Test
    void parametersSurviveAsText() {
        IntelligentDriverModel law = new IntelligentDriverModel(30.123456789, 1.4, 2.5, 1.1, 0.02);
        assertThat(IntelligentDriverModel.fromText(law.toText())).isEqualTo(law);
        ConstantTimeGap gap = ConstantTimeGap.typical();
        assertThat(ConstantTimeGap.fromText(gap.toText())).isEqualTo(gap);
        assertThatThrownBy(() -> IntelligentDriverModel.fromText("v0=1 T=x s0=1 a=1 b=1"))
                .hasMessageContaining("got \"v0=1 T=x s0=1 a=1 b=1\"");
        // 0.1 (20 - 3 - 1.5 * 10) + 0.5 (9 - 10) = 0.2 - 0.5
        assertThat(gap.acceleration(10, 20, 9)).isCloseTo(-0.3, within(1e-12));
    }

    /** A policy drives the first 40 s: nothing is known of the expert when the first stretch would begin. */
    @Test
    void aStretchBeginsOnlyWhereTheExpertHasBeenSeen() {
        java.util.List<FollowingSample> samples = new java.util.ArrayList<>();
        for (FollowingSample each : Samples.driven("trip", ConstantTimeGap.typical(), 2000, 4)) {
            samples.add(new FollowingSample(
                    each.vehicle(),
                    each.trip(),
                    each.sequence(),
                    each.timeMs(),
                    samples.size() < 400 ? Actor.POLICY : Actor.HUMAN,
                    each.label(),
                    each.speedMetersPerSecond(),
                    each.gapMeters(),
                    each.leaderSpeedMetersPerSecond()));
        }
        // Stretches would begin after 30 and 90 s.
        assertThat(CarFollowingStretches.of(samples).count()).isEqualTo(1);
    }
}
