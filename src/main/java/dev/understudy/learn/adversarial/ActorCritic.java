package dev.understudy.learn.adversarial;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Feeds;
import dev.understudy.graph.Gradient;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Result;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.network.Activation;
import dev.understudy.network.Adam;
import dev.understudy.network.Mlp;
import dev.understudy.network.Optimiser;
import dev.understudy.network.ParameterLayout;
import dev.understudy.network.Scaler;
import dev.understudy.policy.GaussianPolicy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Twin delayed deterministic policy gradients: Fujimoto, van Hoof and Meger (2018), arXiv:1802.09477, Algorithm 1. Two
 * critics are fitted to r + gamma min Q'(s', a') with a' = pi'(s') and clipped noise; the actor climbs the first
 * critic. Holds native memory; for one thread at a time.
 *
 * <p>Departure: Q's target goes on after the last step of an episode that only the limit ended, as in the authors'
 * code.
 */
final class ActorCritic implements AutoCloseable {
    private static final String THETA = "theta";
    private static final String TARGET = "target";
    private static final String ACTOR = "actor.";
    private static final String CRITIC = "critic.";
    private static final double MOST_DEVIATIONS = 2.5;

    private final GaussianPolicy policy;
    private final DacConfig config;
    private final Optimiser optimiser = Adam.defaults();
    private final ParameterLayout actorLayout;
    private final ParameterLayout criticLayout;
    private final Program critic;
    private final Program actor;
    private final Program acting;

    /**
     * Steps from the replay buffer.
     *
     * @param observations {@code [n, observationSize]}
     * @param actions {@code [n, actionSize]}
     * @param next observations after them
     * @param alive {@code [n]}: 0 after an end, else 1
     * @param rewards {@code [n]}
     */
    record Steps(float[] observations, float[] actions, float[] next, float[] alive, float[] rewards) {}

    ActorCritic(GaussianPolicy policy, DacConfig config) {
        this.policy = policy;
        this.config = config;
        this.actorLayout = Surrogate.layout(policy);
        ParameterLayout.Builder builder = ParameterLayout.builder();
        criticNetwork(1).declare(builder);
        criticNetwork(2).declare(builder);
        this.criticLayout = builder.build();
        this.critic = criticProgram();
        this.actor = actorProgram();
        Graph graph = new Graph();
        Tensor theta = graph.input(THETA, ElementType.FLOAT, Shape.of(actorLayout.size()));
        this.acting = Program.builder(graph)
                .output("action", new Inputs(graph).action(theta, "observations"))
                .build();
    }

    private Mlp criticNetwork(int number) {
        return new Mlp(
                "q" + number, policy.observationSize() + policy.actionSize(), config.hidden(), 1, Activation.RELU);
    }

    /** What every graph reads. */
    private final class Inputs {
        private final Graph graph;
        private final Tensor shift;
        private final Tensor scale;
        private final Map<String, Tensor> rows = new TreeMap<>();

        Inputs(Graph graph) {
            this.graph = graph;
            shift = graph.input("shift", ElementType.FLOAT, Shape.of(policy.observationSize()));
            scale = graph.input("scale", ElementType.FLOAT, Shape.of(policy.observationSize()));
        }

        Tensor rows(String name, int columns) {
            return rows.computeIfAbsent(
                    name, any -> graph.input(any, ElementType.FLOAT, Shape.of(Shape.UNKNOWN, columns)));
        }

        /** Returns what the actor does, within the range of actions. */
        Tensor action(Tensor theta, String observations) {
            return policy.distribution(
                            actorLayout.unpack(theta), rows(observations, policy.observationSize()), shift, scale)
                    .action();
        }

        Tensor value(int number, Tensor theta, String observations, Tensor action) {
            float middle = (policy.high() + policy.low()) / 2;
            Tensor read = Tensor.concat(
                    1,
                    List.of(
                            Scaler.apply(rows(observations, policy.observationSize()), shift, scale),
                            action.sub(middle).div(policy.high() - middle)));
            return criticNetwork(number).apply(criticLayout.unpack(theta), read);
        }
    }

    private Program criticProgram() {
        Graph graph = new Graph();
        Inputs in = new Inputs(graph);
        Tensor theta = graph.input(THETA, ElementType.FLOAT, Shape.of(criticLayout.size()));
        Tensor target = graph.input(TARGET, ElementType.FLOAT, Shape.of(criticLayout.size()));
        Tensor actorTarget = graph.input("actorTarget", ElementType.FLOAT, Shape.of(actorLayout.size()));
        Tensor next = in.action(actorTarget, "next")
                .add(in.rows("noise", policy.actionSize()))
                .clip(policy.low(), policy.high());
        Tensor least = in.value(1, target, "next", next).min(in.value(2, target, "next", next));
        Tensor wanted = in.rows("rewards", 1)
                .add(in.rows("alive", 1).mul(least).mul((float) config.gamma()))
                .stopGradient();
        Tensor done = in.rows("actions", policy.actionSize());
        Tensor first = in.value(1, theta, "observations", done).sub(wanted);
        Tensor second = in.value(2, theta, "observations", done).sub(wanted);
        Tensor loss = first.mul(first).mean().add(second.mul(second).mean());
        return learner(graph, theta, target, loss);
    }

    private Program actorProgram() {
        Graph graph = new Graph();
        Inputs in = new Inputs(graph);
        Tensor theta = graph.input(THETA, ElementType.FLOAT, Shape.of(actorLayout.size()));
        Tensor target = graph.input(TARGET, ElementType.FLOAT, Shape.of(actorLayout.size()));
        Tensor criticTheta = graph.input("critic", ElementType.FLOAT, Shape.of(criticLayout.size()));
        Tensor action = in.action(theta, "observations");
        Tensor loss = in.value(1, criticTheta, "observations", action).mean().neg();
        return learner(graph, theta, target, loss);
    }

    private Program learner(Graph graph, Tensor theta, Tensor target, Tensor loss) {
        Tensor gradient = Gradient.of(loss, List.of(theta)).get(0);
        int size = (int) theta.shape().dim(0);
        Map<String, Tensor> memory = new LinkedHashMap<>();
        for (Optimiser.Memory vector : optimiser.memory(size)) {
            memory.put(vector.name(), graph.input(vector.name(), ElementType.FLOAT, Shape.of(vector.initial().length)));
        }
        Tensor rate = graph.constant(new float[] {(float) config.learningRate()}, Shape.of(1));
        Optimiser.Step step = optimiser.step(theta, gradient, rate, memory);
        float tau = (float) config.tracking();
        Program.Builder builder = Program.builder(graph)
                .output("loss", loss)
                .state(THETA, theta, step.theta())
                .state(TARGET, target, target.mul(1 - tau).add(step.theta().mul(tau)));
        memory.forEach((name, vector) ->
                builder.state(name, vector, Objects.requireNonNull(step.memory().get(name))));
        return builder.build();
    }

    /** Returns the memory of an actor and critics that know nothing. */
    SortedMap<String, float[]> initialMemory(RandomGenerator random) {
        float[] actorTheta = new float[actorLayout.size()];
        policy.initialise(actorTheta, actorLayout, random);
        float[] criticTheta = new float[criticLayout.size()];
        criticNetwork(1).initialise(criticTheta, criticLayout, random, 1);
        criticNetwork(2).initialise(criticTheta, criticLayout, random, 1);
        SortedMap<String, float[]> memory = new TreeMap<>();
        put(memory, ACTOR, actorTheta);
        put(memory, CRITIC, criticTheta);
        return memory;
    }

    private void put(SortedMap<String, float[]> memory, String prefix, float[] theta) {
        memory.put(prefix + THETA, theta);
        memory.put(prefix + TARGET, theta);
        for (Optimiser.Memory vector : optimiser.memory(theta.length)) {
            memory.put(prefix + vector.name(), vector.initial());
        }
    }

    /** Returns a copy of all that was learned. */
    SortedMap<String, float[]> memory() {
        SortedMap<String, float[]> memory = new TreeMap<>();
        for (String name : names()) {
            memory.put(ACTOR + name, actor.state(name));
            memory.put(CRITIC + name, critic.state(name));
        }
        return memory;
    }

    private List<String> names() {
        List<String> names = new java.util.ArrayList<>(List.of(THETA, TARGET));
        optimiser.memory(1).forEach(vector -> names.add(vector.name()));
        return names;
    }

    /** Goes on from a memory; what else is in the map is not read. */
    void restore(Map<String, float[]> memory) {
        for (String name : names()) {
            actor.setState(name, Objects.requireNonNull(memory.get(ACTOR + name)));
            critic.setState(name, Objects.requireNonNull(memory.get(CRITIC + name)));
        }
    }

    /** Returns the actor's parameters. */
    float[] theta() {
        return actor.state(THETA);
    }

    /** Acts from now on as the actor does now. */
    void refresh(Scaler scaler) {
        acting.setInput(THETA, theta(), Shape.of(actorLayout.size()));
        acting.setInput("shift", scaler.shift(), Shape.of(scaler.shift().length));
        acting.setInput("scale", scaler.scale(), Shape.of(scaler.scale().length));
    }

    /**
     * Writes what the actor does, with noise.
     *
     * @param deviation of the noise, as a share of half the range of actions
     */
    void act(float[] observations, int rows, double deviation, RandomGenerator random, float[] actions) {
        float[] read = java.util.Arrays.copyOf(observations, rows * policy.observationSize());
        try (Result result = acting.run(new Feeds().floats("observations", read))) {
            float[] done = result.floats("action");
            double half = (policy.high() - policy.low()) / 2;
            for (int i = 0; i < done.length; i++) {
                double moved = deviation > 0 ? done[i] + deviation * half * random.nextGaussian() : done[i];
                actions[i] = (float) Math.max(policy.low(), Math.min(policy.high(), moved));
            }
        }
    }

    /**
     * Improves the critics and, where it is asked to, the actor.
     *
     * @return the critics' loss
     */
    double update(Steps steps, Scaler scaler, boolean improvesActor, RandomGenerator random) {
        int rows = steps.rewards().length;
        double half = (policy.high() - policy.low()) / 2;
        float[] noise = new float[rows * policy.actionSize()];
        for (int i = 0; i < noise.length; i++) {
            double z = Math.max(-MOST_DEVIATIONS, Math.min(MOST_DEVIATIONS, random.nextGaussian()));
            noise[i] = (float) (config.smoothing() * half * z);
        }
        double loss;
        try (Result result = critic.run(new Feeds()
                .floats("observations", steps.observations())
                .floats("actions", steps.actions())
                .floats("next", steps.next())
                .floats("alive", steps.alive())
                .floats("rewards", steps.rewards())
                .floats("noise", noise)
                .floats("actorTarget", actor.state(TARGET))
                .floats("shift", scaler.shift())
                .floats("scale", scaler.scale()))) {
            loss = result.scalar("loss");
        }
        if (improvesActor) {
            actor.run(new Feeds()
                            .floats("observations", steps.observations())
                            .floats("critic", critic.state(THETA))
                            .floats("shift", scaler.shift())
                            .floats("scale", scaler.scale()))
                    .close();
        }
        return loss;
    }

    @Override
    public void close() {
        critic.close();
        actor.close();
        acting.close();
    }
}
