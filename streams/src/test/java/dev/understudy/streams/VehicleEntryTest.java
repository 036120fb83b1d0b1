package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.driving.Actor;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.TimeJumps;
import org.junit.jupiter.api.Test;

class VehicleEntryTest {
    private static final long DAY = 86_400_000;

    @Test
    void anEntryComesBackFromItsBytes() {
        VehicleEntry entry = new VehicleEntry();
        take(entry, sample("a", 3));
        take(entry, sample("b", 69));
        take(entry, sample("b", 70));
        take(entry, at("b", 71, DAY));
        entry.measure(sample("b", 70));
        entry.grid.arrive(sample("b", 69));
        entry.grid.arrive(sample("b", 70));
        entry.grid.points(null, sample("b", 70), false);
        entry.offset = 17;
        entry.action = -0.5f;
        entry.actionTimeMs = 7_000;
        entry.memory[5] = 1.25f;

        VehicleEntry read = VehicleEntry.fromBytes(entry.toBytes());

        assertThat(read)
                .usingRecursiveComparison()
                .ignoringFieldsMatchingRegexes(".*\\.(item|lastItem)") // of a sample, only its time is of use
                .isEqualTo(entry);
        assertThat(read.toBytes()).isEqualTo(entry.toBytes());
        for (VehicleEntry each : new VehicleEntry[] {entry, read}) {
            assertThat(each.wasSeen(at("b", 71, DAY))).isTrue();
            assertThat(take(each, at("b", 72, DAY + 100))).isFalse();
            assertThat(take(each, at("b", 73, DAY + 200))).isTrue();
            assertThat(each.wasSeen(sample("b", 71))).isTrue();
        }
    }

    @Test
    void numbersAreToldApartWithinTheLastSixtyFour() {
        VehicleEntry entry = new VehicleEntry();
        take(entry, sample("a", 0));
        take(entry, sample("a", 2));
        assertThat(entry.wasSeen(sample("a", 0))).isTrue();
        assertThat(entry.wasSeen(sample("a", 1))).isFalse();
        assertThat(entry.wasSeen(sample("a", 3))).isFalse();
        take(entry, sample("a", 100));
        assertThat(entry.wasSeen(sample("a", 1)))
                .as("too far behind to be told apart")
                .isTrue();
        assertThat(entry.wasSeen(sample("a", 99))).isFalse();
        assertThat(entry.newest("a")).isEqualTo(100);
    }

    @Test
    void aNumberCountsFromWhenItsTimeIsBelieved() {
        VehicleEntry entry = new VehicleEntry();
        take(entry, sample("a", 0));
        take(entry, sample("a", 1));
        assertThat(take(entry, at("a", 1_000_000, DAY))).isFalse();
        assertThat(entry.newest("a")).isEqualTo(1);
        assertThat(entry.wasSeen(at("a", 1_000_000, DAY))).isTrue();
        assertThat(take(entry, sample("a", 2))).isTrue();
        assertThat(entry.newest("a")).isEqualTo(2);
    }

    @Test
    void aFirstNumberCountedFromAWrongTimeIsTakenBack() {
        VehicleEntry entry = new VehicleEntry();
        take(entry, at("a", 1_000_000, DAY));
        entry.measure(at("a", 1_000_000, DAY));
        assertThat(entry.wasSeen(sample("a", 1))).isFalse();
        assertThat(take(entry, sample("a", 1))).isFalse();
        assertThat(take(entry, sample("a", 2))).isTrue();
        assertThat(entry.newest("a")).isEqualTo(2);
        assertThat(entry.measured("a")).isNull();
        assertThat(entry.wasSeen(sample("a", 1))).isTrue();
    }

    @Test
    void nothingIsCarriedOverFromATimeThatWasPutBack() {
        VehicleEntry entry = new VehicleEntry();
        long hour = 3_600_000;
        for (int i = 0; i < 4; i++) {
            take(entry, at("a", i, DAY + 100L * i));
        }
        entry.measure(at("a", 3, DAY + 300));
        entry.action = 1;
        assertThat(take(entry, at("a", 4, DAY - hour))).isFalse();
        assertThat(take(entry, at("a", 5, DAY - hour + 100))).isFalse();
        assertThat(entry.measured("a")).isNotNull();
        assertThat(take(entry, at("a", 6, DAY - hour + 200))).isTrue();
        assertThat(entry.measured("a")).isNull();
        assertThat(entry.action).isNaN();
    }

    @Test
    void aPauseThatKafkaSawTooIsNoJump() {
        VehicleEntry entry = new VehicleEntry();
        entry.take(at("a", 0, 0), DAY);
        entry.take(at("a", 1, 100), DAY + 100);
        assertThat(entry.take(at("a", 2, 3_600_000), DAY + 3_600_000)).isTrue();
    }

    @Test
    void aStrayRecordOfAnotherTripDoesNotEndTheTripUnderWay() {
        VehicleEntry entry = new VehicleEntry();
        take(entry, sample("a", 5));
        take(entry, sample("b", 3));
        assertThat(entry.wasSeen(sample("a", 5))).isTrue();
        assertThat(entry.wasSeen(sample("a", 4))).isFalse();
        assertThat(entry.wasSeen(sample("a", 6))).isFalse();
        take(entry, sample("a", 4));
        assertThat(entry.wasSeen(sample("a", 4))).isTrue();
        assertThat(entry.wasSeen(sample("b", 4))).as("b goes on meanwhile").isFalse();

        take(entry, sample("a", 6));
        entry.measure(sample("a", 6));
        assertThat(entry.measured("a")).isNotNull();
        assertThat(entry.wasSeen(sample("a", 7))).isFalse();
        assertThat(entry.wasSeen(sample("b", 3))).isTrue();
        assertThat(entry.wasSeen(sample("b", 4))).isFalse();
    }

    @Test
    void bytesOfAnotherFormatStartAfresh() {
        byte[] bytes = new VehicleEntry().toBytes();
        bytes[0] = 9;

        assertThat(VehicleEntry.fromBytes(bytes).toBytes()).isEqualTo(new VehicleEntry().toBytes());
    }

    private static boolean take(VehicleEntry entry, FollowingSample sample) {
        return entry.take(sample, TimeJumps.UNKNOWN);
    }

    private static FollowingSample sample(String trip, long sequence) {
        return at(trip, sequence, 100 * sequence);
    }

    private static FollowingSample at(String trip, long sequence, long timeMs) {
        return new FollowingSample("car", trip, sequence, timeMs, Actor.HUMAN, "", 20, 30, 20);
    }
}
