package dev.understudy.driving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.Experts;
import java.util.List;
import org.junit.jupiter.api.Test;

class FollowingMemoryTest {
    private static final int N = CarFollowing.observationSize();

    private static boolean observe(float[] memory, FollowingSample sample, boolean expert, float[] observation) {
        return FollowingMemory.observe(
                memory,
                sample.speedMetersPerSecond(),
                sample.gapMeters(),
                sample.leaderSpeedMetersPerSecond(),
                expert,
                observation,
                0);
    }

    private static FollowingSample sample(String trip, long timeMs) {
        return new FollowingSample("car", trip, 0, timeMs, Actor.HUMAN, "", 10, 20, 10);
    }

    @Test
    void observesWhatCanBeWorkedOutByHand() {
        float[] memory = FollowingMemory.newMemory();
        float[] observation = new float[N];
        for (int i = 0; i < 300; i++) {
            FollowingMemory.observe(memory, 10, 20, 10, true, observation, 0);
        }
        // One more: the leader is 0.5 m/s faster than all the time before. Filtered over tau the difference is
        // exp(-0.1 / tau) * 0.5 / tau: 0.8187 * 1 = 0.8187 for 0.5 s and 0.9355 / 3 = 0.3118 for 1.5 s.
        FollowingMemory.observe(memory, 10, 20, 10.5, false, observation, 0);
        assertThat(observation[CarFollowing.SPEED]).isEqualTo(10f);
        assertThat(observation[CarFollowing.GAP]).isEqualTo(20f);
        assertThat(observation[CarFollowing.RELATIVE_SPEED]).isEqualTo(0.5f);
        assertThat(observation[CarFollowing.LEADER_ACCELERATION]).isCloseTo(0.8187f, within(1e-4f));
        assertThat(observation[CarFollowing.LEADER_ACCELERATION + 1]).isCloseTo(0.3118f, within(1e-4f));
        assertThat(observation[CarFollowing.TIME_GAP]).isEqualTo(2f);
        assertThat(observation[CarFollowing.CLOSING_RATE]).isEqualTo(0.025f);
        // s + T v lies between the prior's 4 + 1.3 * 10 = 17 m and the 20 m it has always kept.
        float usual = observation[CarFollowing.STANDSTILL_GAP] + 10 * observation[CarFollowing.USUAL_TIME_GAP];
        assertThat(usual).isBetween(19.5f, 20f);
        assertThat(observation[CarFollowing.GAP_ERROR]).isCloseTo(20 - usual, within(1e-4f));
    }

    @Test
    void findsTheStandstillGapAndTimeGapOfADriverWhoKeepsThem() {
        float[] memory = FollowingMemory.newMemory();
        float[] observation = new float[N];
        for (int i = 0; i < 3000; i++) {
            double speed = 12 + 8 * Math.sin(i / 50.0);
            FollowingMemory.observe(memory, speed, 2 + 1.8 * speed, speed, true, observation, 0);
        }
        // The prior of 4 m and 1.3 s still pulls a little.
        assertThat(observation[CarFollowing.STANDSTILL_GAP]).isBetween(2f, 3.3f);
        assertThat(observation[CarFollowing.USUAL_TIME_GAP]).isCloseTo(1.75f, within(0.06f));
    }

    /** The numbers are from an independent NumPy version of the formulas on the 60 samples i = 0, 5, ..., 295. */
    @Test
    void theContextAgreesWithAnIndependentComputation() {
        double[] expected = {
            4.30909, 1.40457, 0.48908, 0.00231, 21.10315, 12.05232, 2.15481, 14.99872, 14.63308, 1.4474, -1.87104,
            0.82886, 0.57754
        };
        float[] memory = FollowingMemory.newMemory();
        float[] observation = new float[N];
        // The first 75 are overwritten in the ring.
        for (int i = -75; i < 300; i++) {
            double speed = 12 + 3 * Math.sin(0.04 * i);
            double gap = 3 + 1.5 * speed + 2 * Math.sin(0.061 * i);
            FollowingMemory.observe(memory, speed, gap, speed + 0.8 * Math.cos(0.033 * i), true, observation, 0);
        }
        int recent = CarFollowing.CONTEXT + 5;
        for (int j = 0; j < expected.length; j++) {
            assertThat(observation[recent + j])
                    .as(CarFollowing.OBSERVATION_NAMES.get(recent + j))
                    .isCloseTo((float) expected[j], within(0.02f));
        }
        assertThat(N).isEqualTo(recent + expected.length);
    }

    @Test
    void theFunctionOfTheClosedLoopSaysWhatTheFeaturiserSays() {
        float[] memory = FollowingMemory.newMemory();
        float[] observation = new float[N];
        double speed = 12;
        double gap = 22;
        double leader = 12;
        for (int i = 0; i < 300; i++) {
            FollowingMemory.observe(memory, speed + Math.sin(i * 0.1), gap, leader, true, observation, 0);
        }
        FollowingMemory.observe(memory, speed, gap, leader, true, observation, 0);
        float[] rolled = observation.clone();
        for (int i = 0; i < 600; i++) {
            float acceleration = (float) (1.5 * Math.sin(i * 0.05) - 0.3);
            double nextLeader = Math.max(0, 10 + 3 * Math.sin(i * 0.03));
            CarFollowing.next(rolled, acceleration, (float) nextLeader, rolled);
            double nextSpeed = Math.max(0, speed + 0.1 * acceleration);
            gap += 0.1 * ((leader + nextLeader) / 2 - (speed + nextSpeed) / 2);
            speed = nextSpeed;
            leader = nextLeader;
            FollowingMemory.observe(memory, speed, gap, leader, false, observation, 0);
            for (int j = 0; j < N; j++) {
                assertThat(rolled[j])
                        .as("%s at step %d", CarFollowing.OBSERVATION_NAMES.get(j), i)
                        .isCloseTo(observation[j], within(2e-3f * Math.max(1, Math.abs(observation[j]))));
            }
        }
    }

    @Test
    void servingObservesExactlyWhatTrainingLearnedFrom() {
        List<FollowingSample> samples = Samples.driven("trip", IntelligentDriverModel.published(), 500, 3);
        Assembler<FollowingSample> assembler = CarFollowing.assembler(Experts.DEFAULT);
        Collected out = new Collected();
        samples.forEach(sample -> assembler.offer(sample, out));
        assembler.end(out);
        assertThat(out.steps).hasSizeGreaterThan(390);

        float[] memory = FollowingMemory.newMemory();
        float[] observation = new float[N];
        int next = 0;
        for (FollowingSample sample : samples) {
            boolean enough = observe(memory, sample, true, observation);
            if (enough && next < out.steps.size() && out.steps.get(next).sequence() == sample.sequence()) {
                assertThat(out.steps.get(next++).observation().floats()).isEqualTo(observation);
            }
        }
        assertThat(next).isEqualTo(out.steps.size());
    }

    @Test
    void theContextStandsStillWhileNoExpertDrives() {
        float[] memory = FollowingMemory.newMemory();
        float[] before = new float[N];
        float[] after = new float[N];
        for (FollowingSample sample : Samples.driven("trip", IntelligentDriverModel.published(), 300, 3)) {
            observe(memory, sample, true, before);
        }
        for (int i = 0; i < 300; i++) {
            FollowingMemory.observe(memory, 20, 5, 20, false, after, 0);
        }
        for (int j = CarFollowing.CONTEXT; j < N; j++) {
            assertThat(after[j]).as(CarFollowing.OBSERVATION_NAMES.get(j)).isEqualTo(before[j]);
        }
    }

    @Test
    void answersOnlyOnceItKnowsEnoughAndAgainSoonAfterAHole() {
        float[] memory = FollowingMemory.newMemory();
        float[] observation = new float[N];
        int unanswered = 0;
        while (!FollowingMemory.observe(memory, 10, 20, 10, true, observation, 0)) {
            unanswered++;
        }
        assertThat(unanswered).isEqualTo(5 * (FollowingMemory.MIN_CONTEXT - 1));
        FollowingMemory.arrive(memory, "trip", 1000, sample("trip", 9000));
        unanswered = 0;
        while (!FollowingMemory.observe(memory, 10, 20, 10, true, observation, 0)) {
            unanswered++;
        }
        assertThat(unanswered).isEqualTo(FollowingMemory.MIN_HISTORY - 1);
        FollowingMemory.arrive(memory, "trip", 9000, sample("another trip", 9100));
        // All but the usual gap is gone: nothing is answered before there is a context again.
        unanswered = 0;
        while (!FollowingMemory.observe(memory, 10, 20, 10, true, observation, 0)) {
            unanswered++;
        }
        assertThat(unanswered).isEqualTo(5 * (FollowingMemory.MIN_CONTEXT - 1));
    }

    @Test
    void refusesAMemoryOfAnotherSize() {
        assertThatThrownBy(() -> FollowingMemory.observe(new float[3], 1, 1, 1, true, new float[N], 0))
                .hasMessageContaining("got 3");
    }

    @Test
    void theFingerprintIsSixteenDigits() {
        assertThat(CarFollowing.fingerprint()).matches("[0-9a-f]{16}").isEqualTo(CarFollowing.fingerprint());
        assertThat(CarFollowing.OBSERVATION_NAMES).hasSize(N);
    }

    @Test
    void betweenStepsTheFiltersHaveGoneOnForAPartOfAStep() {
        float[] memory = FollowingMemory.newMemory();
        float[] observation = new float[N];
        for (int i = 0; i < 150; i++) {
            FollowingMemory.observe(memory, 10, 20, 10 + Math.sin(i / 9.0), true, observation, 0);
        }
        float[] before = memory.clone();
        float[] between = new float[N];
        assertThat(FollowingMemory.observeBetween(memory, 0.1, 11, 21, 10.5, between, 0))
                .isTrue();
        assertThat(memory).containsExactly(before);
        FollowingMemory.observe(memory, 11, 21, 10.5, false, observation, 0);
        assertThat(between).containsExactly(observation);
        // After no time at all the filters stand where they stood: p = (l - m) / tau.
        FollowingMemory.observeBetween(before, 1e-9, 11, 21, 10.5, between, 0);
        assertThat(between[CarFollowing.LEADER_ACCELERATION])
                .isCloseTo((float) ((10.5 - before[1]) / 0.5), org.assertj.core.api.Assertions.within(1e-5f));
    }
}
