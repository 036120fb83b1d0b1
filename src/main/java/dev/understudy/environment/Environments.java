package dev.understudy.environment;

import java.util.Collections;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/** The tasks that can be asked for by name. */
public final class Environments {
    /** Suffix of the name of a task that never ends early, after the name of the task that may. */
    public static final String FIXED_HORIZON = "-fixed";

    private static final NavigableMap<String, Task> TASKS = new TreeMap<>();

    static {
        add("cartpole-v0", new CartPole(), 200);
        add("cartpole-v1", new CartPole(), 500);
        add("mountaincar-v0", new MountainCar(), 200);
        add("acrobot-v0", new Acrobot(Acrobot.Angles.RAW), 200);
        add("acrobot-v1", new Acrobot(Acrobot.Angles.COSINES_AND_SINES), 500);
        add("pendulum-v0", new Pendulum(Pendulum.Limit.AFTER_MOVING), 200);
        add("pendulum-v1", new Pendulum(Pendulum.Limit.BEFORE_MOVING), 200);
    }

    private Environments() {}

    private static void add(String name, Motion motion, int horizon) {
        TASKS.put(name, new Task(name, motion, horizon, Task.Ending.EARLY));
        String fixed = name + FIXED_HORIZON;
        TASKS.put(fixed, new Task(fixed, motion, horizon, Task.Ending.NEVER));
    }

    /** Returns pendulum-v1 with another mass and length, to see what carries over to changed dynamics. */
    public static Task pendulum(double massKg, double lengthMeters) {
        Task usual = named("pendulum-v1");
        Motion motion = new Pendulum(Pendulum.Limit.BEFORE_MOVING, massKg, lengthMeters);
        return new Task(usual.name(), motion, usual.horizon(), usual.ending());
    }

    /** Returns the names of all tasks, in alphabetical order. */
    public static Set<String> names() {
        return Collections.unmodifiableSet(TASKS.keySet());
    }

    /**
     * Returns the task of that name.
     *
     * @throws IllegalArgumentException if there is none; the message lists those there are
     */
    public static Task named(String name) {
        Task task = TASKS.get(name);
        if (task == null) {
            throw new IllegalArgumentException(
                    "expected one of the environments %s, got '%s'".formatted(String.join(", ", TASKS.keySet()), name));
        }
        return task;
    }
}
