package dev.understudy.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.SampleCheck;
import dev.understudy.schemas.Decision;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrafficTest {
    private static final Traffic TRAFFIC = new Traffic("trip", 5, 1_000_000);

    @Test
    void everySampleIsUsable() {
        Map<String, FollowingSample> previous = new HashMap<>();
        for (int i = 0; i < 5 * 1200; i++) {
            FollowingSample sample = TRAFFIC.sample(i);
            assertThat(SampleCheck.check(previous.put(sample.vehicle(), sample), sample))
                    .as("sample %d: %s", i, sample)
                    .isNull();
        }
    }

    @Test
    void countsWhatIsDecidedTwiceNeverOrByAnotherModel() {
        DecisionCount count = new DecisionCount("aa");
        count.add(decision(0, 1, "aa"));
        count.add(decision(1, 1, "bb"));
        count.add(decision(1, 1, "aa"));

        assertThat(count.isExact(2)).isFalse();
        assertThat(count.toJson(4))
                .containsEntry("lost", 2L)
                .containsEntry("duplicated", 1L)
                .containsEntry("versionMismatches", 1L);
    }

    private static Decision decision(long sequence, long epoch, String sha256) {
        float[] action = {0f};
        return new Decision(
                "v", "t", sequence, 0, "p", epoch, sha256, action, action, Decision.Kind.POLICY, "", 0, 0, 0, "i");
    }
}
