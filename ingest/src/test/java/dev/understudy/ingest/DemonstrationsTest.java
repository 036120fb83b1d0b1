package dev.understudy.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.data.Trajectory;
import dev.understudy.domain.Actor;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.driving.FollowingSample;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DemonstrationsTest {
    private static final long START_MS = 1_600_000_200_000L;

    private static List<FollowingSample> trip(int samples) {
        List<FollowingSample> trip = new ArrayList<>();
        for (int i = 0; i < samples; i++) {
            trip.add(sample(i, START_MS + 100L * i));
        }
        return trip;
    }

    private static FollowingSample sample(int i, long timeMs) {
        double speed = 15 + 2 * Math.sin(i / 70.0);
        return new FollowingSample("car", "trip", i, timeMs, Actor.HUMAN, "", speed, 20 + Math.cos(i / 70.0), speed);
    }

    private static Demonstrations of(List<FollowingSample> samples) {
        return Demonstrations.of(samples, EnumSet.of(Actor.HUMAN), 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 150, 299})
    void aWrongTimeCostsItsRowAndNoOther(int row) {
        List<FollowingSample> without = trip(300);
        without.remove(row);
        for (long wrongBy : new long[] {-3_600_000, 180L * 86_400_000}) {
            List<FollowingSample> samples = trip(300);
            samples.set(row, sample(row, START_MS + 100L * row + wrongBy));
            Demonstrations demonstrations = of(samples);
            assertThat(demonstrations.steps()).isEqualTo(of(without).steps()).isNotEmpty();
            assertThat(demonstrations.rejected()).containsEntry(GeneralRefusal.TIME_JUMP.name(), 1L);
        }
    }

    @Test
    void aClockThatIsPutBackInMidTripMakesTwoPieces() {
        List<FollowingSample> samples = trip(600);
        for (int i = 300; i < 600; i++) {
            samples.set(i, sample(i, START_MS + 100L * i - 40_000));
        }
        Demonstrations demonstrations = of(samples);
        assertThat(demonstrations.trajectories())
                .extracting(Trajectory::steps)
                .containsExactly(
                        of(trip(300)).steps().size(),
                        of(samples.subList(300, 600)).steps().size());
        assertThat(demonstrations.rejected())
                .doesNotContainKeys(GeneralRefusal.TIME_JUMP.name(), GeneralRefusal.OUT_OF_STEP.name());
    }
}
