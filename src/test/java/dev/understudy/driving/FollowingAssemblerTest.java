package dev.understudy.driving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.data.Trajectory;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.Experts;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.domain.HeldOut;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FollowingAssemblerTest {
    private static Collected assemble(List<FollowingSample> samples) {
        Assembler<FollowingSample> assembler = CarFollowing.assembler(Experts.DEFAULT);
        Collected out = new Collected();
        samples.forEach(sample -> assembler.offer(sample, out));
        assembler.end(out);
        return out;
    }

    private static Assembler<FollowingSample> restored(byte[] bytes) {
        return Assembler.fromBytes(bytes, new CarFollowingPolicy(), Experts.DEFAULT, Samples.CODEC);
    }

    /** Returns a drive with every defect that logs have, at random. */
    private static List<FollowingSample> garbage(long seed, int count) {
        Random random = new Random(seed);
        List<FollowingSample> samples = new ArrayList<>();
        double[] odd = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -1, 0, 0.3, 150, 1e30, -0.05};
        long sequence = 0;
        String trip = "first";
        for (int i = 0; i < count; i++) {
            sequence += random.nextInt(40) == 0 ? random.nextInt(5) - 2 : 1;
            if (random.nextInt(500) == 0) {
                trip = trip + random.nextInt(10);
                trip = trip.substring(Math.max(0, trip.length() - 6));
            }
            Actor actor = random.nextInt(30) == 0 ? Actor.POLICY : Actor.HUMAN;
            double[] values = {10 + 0.1 * random.nextDouble(), 20, 10};
            if (random.nextInt(25) == 0) {
                values[random.nextInt(3)] = odd[random.nextInt(odd.length)];
            }
            samples.add(Samples.at(trip, sequence, actor, values[0], values[1], values[2]));
        }
        return samples;
    }

    @Test
    void everySampleComesOutExactlyOnce() {
        long seed = System.nanoTime();
        System.out.println("garbage with seed " + seed);
        for (int round = 0; round < 20; round++) {
            List<FollowingSample> samples = garbage(seed + round, 2000);
            Collected out = assemble(samples);
            assertThat(out.all)
                    .as("seed %d", seed + round)
                    .containsExactlyInAnyOrderElementsOf(
                            samples.stream().map(Collected::name).toList());
            for (Step step : out.steps) {
                for (float value : step.observation().floats()) {
                    assertThat(value).isFinite();
                }
                assertThat(step.action()[0]).isFinite();
            }
        }
    }

    /** At either end of a takeover, three speeds that a label reaches are the policy's doing. */
    @Test
    void ofATakeoverTheStepsAreLearnedWhoseAccelerationIsTheDrivers() {
        List<FollowingSample> samples = new ArrayList<>();
        for (FollowingSample each : Samples.steady(400)) {
            boolean takesOver = each.sequence() >= 200 && each.sequence() < 230;
            samples.add(new FollowingSample(
                    each.vehicle(),
                    each.trip(),
                    each.sequence(),
                    each.timeMs(),
                    each.sequence() < 150 || takesOver ? Actor.HUMAN : Actor.POLICY,
                    "",
                    takesOver,
                    10 + (takesOver ? 0.01 * (each.sequence() - 200) : 0),
                    each.gapMeters(),
                    each.leaderSpeedMetersPerSecond()));
        }
        Collected out = assemble(samples);
        List<Step> corrections =
                out.steps.stream().filter(step -> step.sequence() >= 150).toList();
        assertThat(corrections)
                .extracting(Step::sequence)
                .containsExactlyElementsOf(LongStream.range(203, 227).boxed().toList());
        assertThat(corrections).allSatisfy(step -> assertThat(step.action()[0]).isCloseTo(0.1f, within(1e-5f)));
        assertThat(out.reasons).containsEntry(GeneralRefusal.NO_LABEL, 9);
    }

    /** Even where policies are counted among the experts. */
    @Test
    void whatAPolicyDroveIsNeverLearned() {
        Assembler<FollowingSample> assembler = CarFollowing.assembler(EnumSet.allOf(Actor.class));
        Collected out = new Collected();
        for (FollowingSample each : Samples.steady(300)) {
            assembler.offer(Samples.at("trip", each.sequence(), Actor.POLICY, 10, 20, 10), out);
        }
        assertThat(out.steps).isEmpty();
    }

    @Test
    void everySampleComesOutExactlyOnceWhateverItsTime() {
        for (int round = 0; round < 20; round++) {
            Random random = new Random(round);
            List<FollowingSample> samples = new ArrayList<>();
            long timeMs = 0;
            int pace = 10;
            for (int i = 0; i < 2000; i++) {
                pace = random.nextInt(200) == 0 ? 1 + random.nextInt(400) : pace;
                timeMs += random.nextInt(50) == 0 ? random.nextInt(3000) - 1000 : pace + random.nextInt(20) - 5;
                double speed = random.nextInt(60) == 0 ? Double.NaN : 10 + random.nextDouble() / 10;
                samples.add(new FollowingSample("car", "trip", i, timeMs, Actor.HUMAN, "", speed, 20, 10));
            }
            List<Long> out = new ArrayList<>();
            Assembler<FollowingSample> assembler = CarFollowing.assembler(Experts.DEFAULT);
            Assembler.Output<FollowingSample> output = new Assembler.Output<>() {
                @Override
                public void step(Step step) {
                    out.add(step.sequence());
                }

                @Override
                public void between(Step step) {
                    assertThat(out).doesNotContain(step.sequence());
                }

                @Override
                public void rejected(FollowingSample sample, Refusal reason) {
                    out.add(sample.sequence());
                }
            };
            samples.forEach(sample -> assembler.offer(sample, output));
            assembler.end(output);
            assertThat(out)
                    .as("seed %d", round)
                    .containsExactlyInAnyOrderElementsOf(
                            samples.stream().map(FollowingSample::sequence).toList());
        }
    }

    @Test
    void goesOnFromSavedBytesAsIfNothingHadHappened() {
        List<FollowingSample> samples = garbage(7, 3000);
        Collected whole = assemble(samples);
        Assembler<FollowingSample> assembler = CarFollowing.assembler(Experts.DEFAULT);
        Collected out = new Collected();
        for (int i = 0; i < samples.size(); i++) {
            assembler.offer(samples.get(i), out);
            if (i % 37 == 0) {
                byte[] bytes = assembler.toBytes(Samples.CODEC);
                assembler = restored(bytes);
                assertThat(assembler.toBytes(Samples.CODEC)).isEqualTo(bytes);
            }
        }
        assembler.end(out);
        assertThat(out.steps).isNotEmpty().isEqualTo(whole.steps);
        assertThat(out.reasons).isEqualTo(whole.reasons);
    }

    @Test
    void labelsWithTheCentralDifferenceOfSpeed() {
        List<FollowingSample> samples = new ArrayList<>();
        for (int i = 0; i < 130; i++) {
            samples.add(Samples.at(i, 5 + 0.05 * i, 20, 5 + 0.05 * i));
        }
        Collected out = assemble(samples);
        // 0.05 m/s each 0.1 s is 0.5 m/s^2. The first 95 are too early, the last 3 have no look-ahead.
        assertThat(out.steps).hasSize(130 - 95 - 3).allSatisfy(step -> assertThat(step.action()[0])
                .isCloseTo(0.5f, within(1e-5f)));
        assertThat(out.reasons)
                .containsEntry(GeneralRefusal.SHORT_HISTORY, 95)
                .containsEntry(GeneralRefusal.NO_LABEL, 3);
    }

    @Test
    void aHoleEndsATrajectoryAndKeepsTheContext() {
        List<FollowingSample> samples = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            if (i < 200 || i > 204) {
                samples.add(Samples.at(i, 10, 20, 10));
            }
        }
        Collected out = assemble(samples);
        List<Trajectory> trajectories = Steps.trajectories(out.steps, CarFollowing.STEP_MS);
        assertThat(trajectories).hasSize(2);
        // From 95 to 196, and from 205 + 9 to 396.
        assertThat(trajectories.get(0).steps()).isEqualTo(102);
        assertThat(trajectories.get(1).steps()).isEqualTo(183);
        assertThat(trajectories.get(1).startMs()).isEqualTo(1_000_000 + 21_400);
        assertThat(out.steps.get(0).run()).isLessThan(out.steps.get(150).run());
    }

    @Test
    void aMissingSampleEndsATrajectoryButNotTheShortHistory() {
        List<FollowingSample> samples = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            if (i != 200) {
                samples.add(Samples.at(i, 10, 20, 10));
            }
        }
        Collected out = assemble(samples);
        List<Trajectory> trajectories = Steps.trajectories(out.steps, CarFollowing.STEP_MS);
        // From 95 to 196, and from 201 + 3 to 396.
        assertThat(trajectories).extracting(Trajectory::steps).containsExactly(102, 193);
    }

    @Test
    void countsEachDefectUnderItsOwnReason() {
        FollowingSample good = Samples.at(0, 10, 20, 10);
        assertThat(SampleCheck.check(null, good)).isNull();
        assertThat(SampleCheck.check(null, Samples.at(1, Double.NaN, 20, 10))).isEqualTo(RejectReason.MISSING_SPEED);
        assertThat(SampleCheck.check(null, Samples.at(1, 10, Double.NaN, 10))).isEqualTo(RejectReason.MISSING_GAP);
        assertThat(SampleCheck.check(null, Samples.at(1, 10, 20, Double.NaN))).isEqualTo(RejectReason.MISSING_LEADER);
        assertThat(SampleCheck.check(null, Samples.at(1, Double.POSITIVE_INFINITY, 20, 10)))
                .isEqualTo(RejectReason.NON_FINITE);
        assertThat(SampleCheck.check(null, Samples.at(1, 10, -0.1, 10))).isEqualTo(RejectReason.NEGATIVE_GAP);
        assertThat(SampleCheck.check(null, Samples.at(1, 10, 0.4, 10))).isEqualTo(RejectReason.SUSPECT_GAP);
        assertThat(SampleCheck.check(null, Samples.at(1, 10, 101, 10))).isEqualTo(RejectReason.NOT_FOLLOWING);
        assertThat(SampleCheck.check(null, Samples.at(1, -1, 20, 10))).isEqualTo(RejectReason.SPEED_OUT_OF_RANGE);
        assertThat(SampleCheck.check(good, Samples.at(1, 10.7, 20, 10))).isEqualTo(RejectReason.SPEED_JUMP);
        assertThat(SampleCheck.check(good, Samples.at(1, 10, 22, 10))).isEqualTo(RejectReason.GAP_JUMP);
        assertThat(SampleCheck.check(good, Samples.at(0, 10, 20, 10))).isEqualTo(GeneralRefusal.OUT_OF_STEP);
        assertThat(SampleCheck.check(good, Samples.at(-5, 10, 20, 10))).isEqualTo(GeneralRefusal.OUT_OF_STEP);
        // Over two steps twice as much may change.
        assertThat(SampleCheck.check(good, Samples.at(2, 11, 20, 10))).isNull();
        assertThat(SampleCheck.check(good, Samples.at(2, 11.3, 20, 10))).isEqualTo(RejectReason.SPEED_JUMP);
        // After a longer hole there is nothing to compare with.
        assertThat(SampleCheck.check(good, Samples.at(9, 25, 60, 10))).isNull();
    }

    @Test
    void learnsOnlyFromTheExpertsChosen() {
        Assembler<FollowingSample> assembler = CarFollowing.assembler(EnumSet.of(Actor.ASSISTANCE));
        Collected out = new Collected();
        for (int i = 0; i < 200; i++) {
            assembler.offer(Samples.at(i, 10, 20, 10), out);
        }
        assembler.end(out);
        assertThat(out.reasons).containsOnlyKeys(GeneralRefusal.OTHER_EXPERT).containsValue(200);
    }

    @Test
    void saysWhenASavedStateIsSomethingElse() {
        byte[] bytes = CarFollowing.assembler(Experts.DEFAULT).toBytes(Samples.CODEC);
        assertThatThrownBy(() -> restored(Arrays.copyOf(bytes, 40)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ends early");
        assertThatThrownBy(() -> restored(new byte[] {0, 0, 0, 9})).hasMessageContaining("format 1, got 9");
    }

    @Test
    void holdsOutAboutTheShareAskedForAndAlwaysTheSameTrips() {
        int held = 0;
        for (int i = 0; i < 10_000; i++) {
            held += HeldOut.isHeldOut("trip-" + i, 20) ? 1 : 0;
        }
        assertThat(held).isBetween(1900, 2100);
        assertThat(HeldOut.isHeldOut("any", 0)).isFalse();
        assertThat(HeldOut.isHeldOut("any", 100)).isTrue();
    }
}
