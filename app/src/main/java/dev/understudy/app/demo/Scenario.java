package dev.understudy.app.demo;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Failures;
import dev.understudy.app.embedded.LocalFlink;
import dev.understudy.app.kafka.Connection;
import dev.understudy.domain.Policies;
import dev.understudy.flink.gate.GateConfig;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.flink.train.TrainingConfig;
import dev.understudy.streams.Serving;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** What a demonstration shows of one domain: what is sent, how long that goes on, and what is told at the end. */
public interface Scenario {
    /** The loop while it runs. */
    record Stage(Connection connection, Serving serving, LocalFlink flink, DemoRun run) {
        /** Fails where a job has ended by itself. */
        void failIfBroken() {
            asked(flink::failure).ifPresent(failure -> {
                throw new CommandFailedException(failure);
            });
        }

        /** Returns whether both jobs and serving run. */
        boolean isRunning() {
            failIfBroken();
            return serving.health().answering() && asked(flink::isRunning);
        }

        private static <T> T asked(Callable<T> question) {
            try {
                return question.call();
            } catch (Exception e) {
                throw new CommandFailedException("lost the jobs: " + Failures.describe(e), e);
            }
        }
    }

    /** Returns the policies, which share jobs and serving. */
    Policies<?> policies();

    /** Returns what windows are scored by, in the words of their lines. */
    default String measure() {
        return "error";
    }

    /** Makes ready what takes long, beside the start of the broker. */
    default void prepare(DemoRun run) {}

    /** Returns how both jobs read logs. */
    LogReading reading();

    /** Returns how windows are cut and learned. */
    TrainingConfig training();

    /** Returns how candidates are judged. */
    GateConfig gate();

    /** Returns what learns each window. */
    List<LearningBranch> learners();

    /** Sends logs and observations, and returns once what became of them is known or time is up. */
    void play(Stage stage) throws Exception;

    /** Tries what was learned, when nothing more is entered into the books. */
    default void examine(Stage stage) throws Exception {}

    /** Returns the summary, key by key as {@code --json} shows it. */
    Map<String, @Nullable Object> summary(DemoRun run);

    /** Returns the summary as a person reads it. */
    String text(Map<String, @Nullable Object> summary);

    /** Returns why a run that came to its end has failed, null if it has not. */
    @Nullable
    String failure(Map<String, @Nullable Object> summary);
}
