package dev.understudy.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ThrottleTest {
    /** A clock that only sleeping moves. */
    static final class HandClock implements Throttle.Ticker {
        long nanos = 5;

        @Override
        public long nanos() {
            return nanos;
        }

        @Override
        public void sleep(long more) {
            nanos += more;
        }
    }

    @Test
    void tenSecondsOfEventsAtTenTimesTheirSpeedTakeOneSecond() throws InterruptedException {
        HandClock clock = new HandClock();
        Throttle throttle = new Throttle(10, clock);
        for (int i = 0; i <= 100; i++) {
            throttle.await(1_570_000_000_000L + i * 100L);
        }
        assertThat(clock.nanos).isEqualTo(1_000_000_005L);
    }

    @Test
    void aWrongTimestampIsNotWaitedFor() throws InterruptedException {
        HandClock clock = new HandClock();
        Throttle throttle = new Throttle(1, clock);
        throttle.await(1_000);
        throttle.await(4_000_000_000_000L);
        throttle.await(1_100);
        throttle.await(1_200);
        assertThat(clock.nanos).isEqualTo(100_000_005L);
    }

    @Test
    void aFactorOfZeroWaitsForNothing() throws InterruptedException {
        HandClock clock = new HandClock();
        Throttle throttle = new Throttle(0, clock);
        throttle.await(0);
        throttle.await(10_000);
        assertThat(clock.nanos).isEqualTo(5);
        assertThatThrownBy(() -> new Throttle(Double.NaN, clock)).hasMessageContaining("found NaN");
    }
}
