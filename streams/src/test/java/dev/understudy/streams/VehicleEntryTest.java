package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.driving.Actor;
import dev.understudy.driving.FollowingSample;
import org.junit.jupiter.api.Test;

class VehicleEntryTest {
    @Test
    void anEntryComesBackFromItsBytes() {
        VehicleEntry entry = new VehicleEntry();
        entry.number(sample("a", 3));
        entry.number(sample("b", 70));
        entry.measure(sample("b", 70));
        entry.grid.arrive(sample("b", 69));
        entry.grid.arrive(sample("b", 70));
        entry.grid.points(null, sample("b", 70), false);
        entry.offset = 17;
        entry.action = -0.5f;
        entry.actionTimeMs = 7_000;
        entry.memory[5] = 1.25f;

        VehicleEntry read = VehicleEntry.fromBytes(entry.toBytes());

        assertThat(read).usingRecursiveComparison().isEqualTo(entry);
    }

    @Test
    void numbersAreToldApartWithinTheLastSixtyFour() {
        VehicleEntry entry = new VehicleEntry();
        entry.number(sample("a", 0));
        entry.number(sample("a", 2));
        assertThat(entry.arrival(sample("a", 0))).isEqualTo(VehicleEntry.Arrival.SEEN_BEFORE);
        assertThat(entry.arrival(sample("a", 1))).isEqualTo(VehicleEntry.Arrival.LATE);
        assertThat(entry.arrival(sample("a", 3))).isEqualTo(VehicleEntry.Arrival.NEXT);
        entry.number(sample("a", 100));
        assertThat(entry.arrival(sample("a", 1))).isEqualTo(VehicleEntry.Arrival.SEEN_BEFORE);
        assertThat(entry.arrival(sample("a", 99))).isEqualTo(VehicleEntry.Arrival.LATE);
    }

    @Test
    void aStrayRecordOfAnotherTripDoesNotEndTheTripUnderWay() {
        VehicleEntry entry = new VehicleEntry();
        entry.number(sample("a", 5));
        entry.number(sample("b", 3));
        assertThat(entry.arrival(sample("a", 5))).isEqualTo(VehicleEntry.Arrival.SEEN_BEFORE);
        assertThat(entry.arrival(sample("a", 4))).isEqualTo(VehicleEntry.Arrival.LATE);
        assertThat(entry.arrival(sample("a", 6))).isEqualTo(VehicleEntry.Arrival.NEXT);
        entry.number(sample("a", 4));
        assertThat(entry.arrival(sample("a", 4))).isEqualTo(VehicleEntry.Arrival.SEEN_BEFORE);
        assertThat(entry.arrival(sample("b", 4))).as("b goes on meanwhile").isEqualTo(VehicleEntry.Arrival.NEXT);

        entry.number(sample("a", 6));
        entry.measure(sample("a", 6));
        assertThat(entry.measured("a")).isNotNull();
        assertThat(entry.arrival(sample("a", 7))).isEqualTo(VehicleEntry.Arrival.NEXT);
        assertThat(entry.arrival(sample("b", 3))).isEqualTo(VehicleEntry.Arrival.SEEN_BEFORE);
        assertThat(entry.arrival(sample("b", 4))).isEqualTo(VehicleEntry.Arrival.NEXT);
    }

    @Test
    void bytesOfAnotherFormatStartAfresh() {
        byte[] bytes = new VehicleEntry().toBytes();
        bytes[0] = 9;

        assertThat(VehicleEntry.fromBytes(bytes).toBytes()).isEqualTo(new VehicleEntry().toBytes());
    }

    private static FollowingSample sample(String trip, long sequence) {
        return new FollowingSample("car", trip, sequence, 100 * sequence, Actor.HUMAN, "", 20, 30, 20);
    }
}
