package dev.understudy.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.driving.FollowingSample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimeJumpsTest {
    private static final long DAY = 86_400_000;

    private final TimeJumps<Integer> jumps = new TimeJumps<>();
    private final List<String> said = new ArrayList<>();
    private final TimeJumps.Output<Integer> out = new TimeJumps.Output<>() {
        @Override
        public void believed(Integer item) {
            said.add("ok " + item);
        }

        @Override
        public void jumped(Integer item) {
            said.add("jump " + item);
        }

        @Override
        public void retracted(Integer first) {
            said.add("back " + first);
        }
    };

    private List<String> say(long... times) {
        for (int i = 0; i < times.length; i++) {
            jumps.offer(i, times[i], TimeJumps.UNKNOWN, i, out);
        }
        return said;
    }

    @Test
    void samplesNearTheOneBeforeAreBelievedAtOnceAlsoInDisorder() {
        assertThat(say(0, 100, 300, 200, 9_000, 400)).containsExactly("ok 0", "ok 1", "ok 2", "ok 3", "ok 4", "ok 5");
    }

    @Test
    void oneFarAwayIsWrongOnceTheNextGoesOnAsBefore() {
        assertThat(say(0, 100, DAY, 300, 400)).containsExactly("ok 0", "ok 1", "jump 2", "ok 3", "ok 4");
    }

    @Test
    void threeInARowFarAwayAreBelievedTogether() {
        assertThat(say(0, 100, DAY, DAY + 100)).containsExactly("ok 0", "ok 1");
        jumps.offer(4, DAY + 200, TimeJumps.UNKNOWN, 9, out);
        assertThat(said).containsExactly("ok 0", "ok 1", "ok 2", "ok 3", "ok 9");
        assertThat(jumps.doubted()).isEmpty();
    }

    @Test
    void soAreThreeThatRunBackByAnHour() {
        assertThat(say(DAY, DAY + 100, DAY - 3_600_000, DAY - 3_599_900, DAY - 3_599_800))
                .endsWith("ok 2", "ok 3", "ok 4");
    }

    @Test
    void aWrongFirstOneIsTakenBack() {
        assertThat(say(DAY, 100, 200, 300)).containsExactly("ok 0", "back 0", "ok 1", "ok 2", "ok 3");
    }

    @Test
    void aWrongSecondOneDoesNotHarmTheFirst() {
        assertThat(say(0, DAY, 200, 300)).containsExactly("ok 0", "jump 1", "ok 2", "ok 3");
    }

    @Test
    void aPauseThatTheWallClockSawTooIsBelievedAtOnce() {
        jumps.offer(0, 0, 1_000, 0, out);
        jumps.offer(1, 100, 1_100, 1, out);
        jumps.offer(2, DAY, DAY, 2, out);
        assertThat(said).containsExactly("ok 0", "ok 1", "ok 2");
    }

    @Test
    void samplesFarApartInTheirTripAreFarApartInTime() {
        for (int sequence : new int[] {0, 1, 500, 2, 499, 3}) {
            jumps.offer(sequence, 100L * sequence, TimeJumps.UNKNOWN, sequence, out);
        }
        assertThat(said).containsExactly("ok 0", "ok 1", "ok 500", "ok 2", "ok 499", "ok 3");
    }

    @Test
    void aSequenceCountedFromTheTimeDoesNotExcuseAWrongTime() {
        long[] times = {0, 100, 200, 180 * DAY, 300, 400, 500};
        for (int i = 0; i < times.length; i++) {
            jumps.offer(times[i] / 100, times[i], TimeJumps.UNKNOWN, i, out);
        }
        assertThat(said).containsExactly("ok 0", "ok 1", "ok 2", "jump 3", "ok 4", "ok 5", "ok 6");
    }

    private List<String> number(long... sequences) {
        for (int i = 0; i < sequences.length; i++) {
            jumps.offer(sequences[i], 100L * i, TimeJumps.UNKNOWN, i, out);
        }
        return said;
    }

    @Test
    void oneWrongSequenceIsWrongOnceTheNextGoesOnAsBefore() {
        assertThat(number(0, 1, 4_294_967_295L, 3, 4)).containsExactly("ok 0", "ok 1", "jump 2", "ok 3", "ok 4");
    }

    @Test
    void aWrongFirstSequenceIsTakenBack() {
        assertThat(number(4_294_967_295L, 1, 2, 3)).containsExactly("ok 0", "back 0", "ok 1", "ok 2", "ok 3");
    }

    @Test
    void threeInARowWithSequencesFarAwayAreBelievedTogether() {
        assertThat(number(0, 1, 1_000_000, 1_000_001, 1_000_002, 5, 6, 7))
                .containsExactly("ok 0", "ok 1", "ok 2", "ok 3", "ok 4", "ok 5", "ok 6", "ok 7");
    }

    @Test
    void sequencesMayLeapAsFarAsTimeDoes() {
        jumps.offer(0, 0, 0, 0, out);
        jumps.offer(1, 100, 100, 1, out);
        jumps.offer(864_000, DAY, DAY, 2, out);
        assertThat(said).containsExactly("ok 0", "ok 1", "ok 2");
    }

    @Test
    void sequencesThatCountNanosecondsAreBelievedByThrees() {
        long[] sequences = new long[30];
        for (int i = 0; i < sequences.length; i++) {
            sequences[i] = 100_000_000L * i;
        }
        assertThat(number(sequences)).hasSizeGreaterThan(27).noneMatch(each -> each.startsWith("jump"));
    }

    private static List<FollowingSample> trip(long... times) {
        List<FollowingSample> trip = new ArrayList<>();
        for (long time : times) {
            trip.add(new FollowingSample("car", "trip", trip.size(), time, Actor.HUMAN, "", 15, 20, 15));
        }
        return trip;
    }

    @Test
    void aTripIsCutWhereItsClockWasPutBack() {
        List<FollowingSample> wrong = new ArrayList<>();
        List<FollowingSample> trip = trip(DAY, DAY + 100, 0, DAY + 200, 100, 200, 300, DAY, 400);
        List<List<FollowingSample>> pieces = TimeJumps.pieces(trip, wrong::add);
        assertThat(pieces)
                .containsExactly(
                        List.of(trip.get(0), trip.get(1), trip.get(3)),
                        trip.subList(4, 9).stream()
                                .filter(sample -> sample.sequence() != 7)
                                .toList());
        assertThat(wrong).containsExactly(trip.get(2), trip.get(7));
    }

    @Test
    void aTripWithoutSamplesHasNoPieces() {
        assertThat(TimeJumps.pieces(List.of(), sample -> {})).isEmpty();
    }

    @Test
    void aTripWithAWrongFirstTimeBeginsWithItsSecond() {
        List<FollowingSample> trip = trip(180 * DAY, 100, 200, 300);
        assertThat(TimeJumps.pieces(trip, sample -> {})).containsExactly(trip.subList(1, 4));
    }

    @Test
    void whoIsLeftAloneIsWrong() {
        say(0, 100, DAY);
        jumps.settleWhile(any -> true, out);
        assertThat(said).containsExactly("ok 0", "ok 1", "jump 2");
    }

    @Test
    void manyThatAgreeWithNobodyDoNotPileUp() {
        long[] times = new long[50];
        for (int i = 2; i < times.length; i++) {
            times[i] = i * DAY;
        }
        assertThat(say(times)).hasSizeGreaterThan(40);
        assertThat(jumps.doubted()).hasSizeLessThan(10);
    }

    @Test
    void aDomainMayAllowLongerPausesButNoLongerWayBack() {
        jumps.within(Duration.ofDays(7));
        assertThat(say(0, 300_000, DAY, DAY + 1_000, 8 * DAY + 1_000, 16 * DAY))
                .as("the last more than a week later")
                .containsExactly("ok 0", "ok 1", "ok 2", "ok 3", "ok 4");
        jumps.offer(6, 8 * DAY - 60_000, TimeJumps.UNKNOWN, 6, out);
        assertThat(said).as("a minute back").hasSize(5);
        jumps.offer(7, 8 * DAY + 2_000, TimeJumps.UNKNOWN, 7, out);
        assertThat(said).endsWith("jump 5", "jump 6", "ok 7");
    }

    @Test
    void aDomainDoesNotAllowLessThanSamplesNeed() {
        assertThat(new Domain<>("toy", FollowingSample.class).longestPause()).hasMillis(TimeJumps.REACH_MS);
        assertThatThrownBy(() -> new Domain<>("toy", FollowingSample.class, Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected a longest pause of at least 10000 ms in toy, got PT1S");
    }
}
