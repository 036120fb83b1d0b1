package dev.understudy.streams;

import static org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.REPLACE_THREAD;
import static org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.junit.jupiter.api.Test;

class RestartLimitTest {
    @Test
    void threadsAreReplacedUntilTooManyDieWithinThePeriod() {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
        RestartLimit limit = new RestartLimit(2, Duration.ofMinutes(1), now::get);
        RuntimeException death = new IllegalStateException("test");

        assertThat(limit.handle(death)).isEqualTo(REPLACE_THREAD);
        assertThat(limit.handle(death)).isEqualTo(REPLACE_THREAD);
        assertThat(limit.handle(death)).isEqualTo(SHUTDOWN_CLIENT);
        now.set(Instant.EPOCH.plusSeconds(61));
        assertThat(limit.handle(death)).isEqualTo(REPLACE_THREAD);
    }

    @Test
    void aThreadThatKafkaStreamsReplacesNeverEndsTheInstance() {
        RestartLimit limit = new RestartLimit(2, Duration.ofMinutes(1), () -> Instant.EPOCH);
        AtomicReference<StreamThreadExceptionResponse> response = new AtomicReference<>();
        Thread global = new Thread(
                () -> response.set(limit.handle(new IllegalStateException("test"))), "serving-1-GlobalStreamThread");
        global.start();

        assertThat(global).satisfies(Thread::join);
        assertThat(response).hasValue(SHUTDOWN_CLIENT);
    }
}
