package dev.understudy.app.demo;

import dev.understudy.control.ControlStep;
import dev.understudy.domain.Actor;
import dev.understudy.environment.End;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Task;
import java.util.function.DoubleConsumer;

/** Somebody who plays a task for the logs, episode after episode. For one thread. */
final class LoggedPlay {
    /** Whether what was done is in the logs. */
    enum Actions {
        WRITTEN,
        HIDDEN
    }

    private final String entity;
    private final String label;
    private final Actor actor;
    private final Actions actions;
    private final ScriptedExpert law;
    private final DoubleConsumer returns;
    private final Environment environment;
    private final float[] seen;
    private final float[] reward = new float[1];
    private final End[] end = new End[1];
    private String episode = "";
    private int episodes;
    private long sequence;
    private double sum;

    /**
     * Begins to play.
     *
     * @param returns told the return of each episode
     */
    LoggedPlay(
            Task task,
            String entity,
            Actor actor,
            Actions actions,
            ScriptedExpert law,
            long seed,
            DoubleConsumer returns) {
        this.entity = entity;
        this.label = task.name();
        this.actor = actor;
        this.actions = actions;
        this.law = law;
        this.returns = returns;
        environment = task.create(1, seed);
        environment.reset(seed);
        seen = new float[task.observationSize()];
    }

    /** Plays one step and returns what is logged of it. */
    ControlStep step(long timeMs) {
        if (episode.isEmpty()) {
            environment.start(0, seen);
            episode = entity + "#" + episodes++;
            sequence = 0;
            sum = 0;
        }
        float[] before = seen.clone();
        float[] action = {law.choice(before)};
        environment.step(action, seen, reward, end);
        sum += reward[0];
        ControlStep.End left =
                switch (end[0]) {
                    case TERMINATED -> ControlStep.End.TERMINATED;
                    case TRUNCATED -> ControlStep.End.TRUNCATED;
                    default -> ControlStep.End.NONE;
                };
        ControlStep logged = new ControlStep(
                entity,
                episode,
                sequence++,
                timeMs,
                actor,
                label,
                false,
                before,
                actions == Actions.WRITTEN ? action : null,
                reward[0],
                left);
        if (left != ControlStep.End.NONE) {
            returns.accept(sum);
            episode = "";
        }
        return logged;
    }
}
