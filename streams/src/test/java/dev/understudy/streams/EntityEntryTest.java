package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.data.Rows;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Experts;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicyName;
import dev.understudy.domain.TimeJumps;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingSample;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EntityEntryTest {
    private static final CarFollowingPolicy SPEC = new CarFollowingPolicy();
    private static final Policies<FollowingSample> POLICIES = Policies.one(SPEC);
    private static final PolicyName NAME = POLICIES.names().get(0);

    private static final long DAY = 86_400_000;

    @Test
    void anEntryComesBackFromItsBytes() {
        EntityEntry<FollowingSample> entry = new EntityEntry<>(POLICIES);
        take(entry, sample("a", 3));
        take(entry, sample("b", 69));
        take(entry, sample("b", 70));
        take(entry, at("b", 71, DAY));
        joins(entry, sample("b", 69));
        joins(entry, sample("b", 70));
        entry.offset = 17;
        entry.act(SPEC, new float[] {-0.5f}, 7_000);

        EntityEntry<FollowingSample> read = EntityEntry.fromBytes(entry.toBytes(), POLICIES);

        assertThat(read)
                .usingRecursiveComparison()
                .ignoringFieldsMatchingRegexes(
                        ".*\\.(item|lastItem)", // of a sample, only its time is of use
                        "featuriser.previous.*")
                .isEqualTo(entry);
        assertThat(read.toBytes()).isEqualTo(entry.toBytes());
        for (EntityEntry<FollowingSample> each : List.of(entry, read)) {
            assertThat(each.wasSeen(at("b", 71, DAY))).isTrue();
            assertThat(take(each, at("b", 72, DAY + 100))).isFalse();
            assertThat(take(each, at("b", 73, DAY + 200))).isTrue();
            assertThat(each.wasSeen(sample("b", 71))).isTrue();
        }
    }

    @Test
    void numbersAreToldApartWithinTheLastSixtyFour() {
        EntityEntry<FollowingSample> entry = new EntityEntry<>(POLICIES);
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
        EntityEntry<FollowingSample> entry = new EntityEntry<>(POLICIES);
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
        EntityEntry<FollowingSample> entry = new EntityEntry<>(POLICIES);
        take(entry, at("a", 1_000_000, DAY));
        joins(entry, at("a", 1_000_000, DAY));
        assertThat(entry.wasSeen(sample("a", 1))).isFalse();
        assertThat(take(entry, sample("a", 1))).isFalse();
        assertThat(take(entry, sample("a", 2))).isTrue();
        assertThat(entry.newest("a")).isEqualTo(2);
        assertThat(entry.wasSeen(sample("a", 1))).isTrue();
    }

    @Test
    void nothingIsCarriedOverFromATimeThatWasPutBack() {
        EntityEntry<FollowingSample> entry = new EntityEntry<>(POLICIES);
        long hour = 3_600_000;
        for (int i = 0; i < 4; i++) {
            take(entry, at("a", i, DAY + 100L * i));
            assertThat(joins(entry, at("a", i, DAY + 100L * i))).isEqualTo(i > 0);
        }
        entry.act(SPEC, new float[] {1}, DAY + 300);
        assertThat(take(entry, at("a", 4, DAY - hour))).isFalse();
        assertThat(take(entry, at("a", 5, DAY - hour + 100))).isFalse();
        assertThat(entry.action).containsExactly(1);
        assertThat(take(entry, at("a", 6, DAY - hour + 200))).isTrue();
        assertThat(joins(entry, at("a", 6, DAY - hour + 200))).isFalse();
        assertThat(entry.action).containsExactly(Float.NaN);
    }

    @Test
    void aPauseThatKafkaSawTooIsNoJump() {
        EntityEntry<FollowingSample> entry = new EntityEntry<>(POLICIES);
        entry.take(at("a", 0, 0), NAME, DAY);
        entry.take(at("a", 1, 100), NAME, DAY + 100);
        assertThat(entry.take(at("a", 2, 3_600_000), NAME, DAY + 3_600_000)).isTrue();
    }

    @Test
    void aStrayRecordOfAnotherTripDoesNotEndTheTripUnderWay() {
        EntityEntry<FollowingSample> entry = new EntityEntry<>(POLICIES);
        take(entry, sample("a", 5));
        take(entry, sample("b", 3));
        assertThat(entry.wasSeen(sample("a", 5))).isTrue();
        assertThat(entry.wasSeen(sample("a", 4))).isFalse();
        assertThat(entry.wasSeen(sample("a", 6))).isFalse();
        take(entry, sample("a", 4));
        assertThat(entry.wasSeen(sample("a", 4))).isTrue();
        assertThat(entry.wasSeen(sample("b", 4))).as("b goes on meanwhile").isFalse();

        take(entry, sample("a", 6));
        assertThat(entry.wasSeen(sample("a", 7))).isFalse();
        assertThat(entry.wasSeen(sample("b", 3))).isTrue();
        assertThat(entry.wasSeen(sample("b", 4))).isFalse();
    }

    @Test
    void bytesOfAnotherFormatStartAfresh() {
        byte[] bytes = new EntityEntry<>(POLICIES).toBytes();
        bytes[0] = 9;

        assertThat(EntityEntry.fromBytes(bytes, POLICIES).toBytes()).isEqualTo(new EntityEntry<>(POLICIES).toBytes());
    }

    @Test
    void whatWasLearnedFromOtherExpertsIsForgotten() {
        EntityEntry<FollowingSample> entry = new EntityEntry<>(POLICIES);
        joins(entry, sample("a", 0));
        assertThat(joins(entry, sample("a", 1))).isTrue();
        Set<Actor> human = Set.of(Actor.HUMAN);
        Featuriser<FollowingSample> afresh = entry.featuriser(SPEC, human);
        EntityEntry<FollowingSample> read = EntityEntry.fromBytes(entry.toBytes(), POLICIES);
        assertThat(read.experts()).isEqualTo(human);
        assertThat(entry.featuriser(SPEC, EnumSet.copyOf(human))).isSameAs(afresh);
        assertThat(entry.featuriser(SPEC, Experts.DEFAULT)).isNotSameAs(afresh);
    }

    /** Observes a sample, and returns whether it goes on from the one before. */
    private static boolean joins(EntityEntry<FollowingSample> entry, FollowingSample sample) {
        boolean[] joins = {true};
        Featuriser.Steps<FollowingSample> steps = new Featuriser.Steps<>() {
            @Override
            public void breaks() {
                joins[0] = false;
            }
        };
        Rows row = SPEC.observationType().room(1, SPEC.observationSize());
        entry.featuriser(SPEC, entry.experts()).observe(sample, true, row, 0, steps);
        return joins[0];
    }

    private static boolean take(EntityEntry<FollowingSample> entry, FollowingSample sample) {
        return entry.take(sample, NAME, TimeJumps.UNKNOWN);
    }

    private static FollowingSample sample(String trip, long sequence) {
        return at(trip, sequence, 100 * sequence);
    }

    private static FollowingSample at(String trip, long sequence, long timeMs) {
        return new FollowingSample("car", trip, sequence, timeMs, Actor.HUMAN, "", 20, 30, 20);
    }
}
