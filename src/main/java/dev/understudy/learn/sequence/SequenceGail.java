package dev.understudy.learn.sequence;

import dev.understudy.graph.Feeds;
import dev.understudy.graph.Program;
import dev.understudy.graph.Result;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.adversarial.Advantages;
import dev.understudy.learn.adversarial.GailConfig;
import dev.understudy.network.Adam;
import dev.understudy.network.NGramTables;
import dev.understudy.network.Optimiser;
import dev.understudy.network.RecurrentNetwork;
import dev.understudy.reward.SequenceDiscriminator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Generative adversarial imitation of sequences: the loop of Ho and Ermon (2016), arXiv:1606.03476, Algorithm 1, in
 * which a pair is a context and a reply, as in Li et al. (2017), arXiv:1701.06547, Figure 1, and Yu et al. (2017),
 * arXiv:1609.05473, Algorithm 1. It begins with a policy that was cloned.
 *
 * <pre>
 *   each iteration   policy says replies ─► D learns them from the expert's     discriminatorSteps times
 *                    policy says replies ─► D rewards each prefix ─► a step of the policy gradient
 *                    the expert's replies ─► a step of cloning (teacher forcing)     forcing times
 * </pre>
 *
 * <p>A reply earns f(z) of the discriminator's logit. Token t earns f(z_t) - f(z_(t-1)), where z_t is that of the
 * prefix through t and z of the context alone is 0, as both classes have it; the rewards of a reply add up to f of the
 * whole, less f(0). With f the log odds and the best D, that is log p_E(token) - log pi(token): the gradient of the
 * policy is then that of -KL(pi | p_E).
 *
 * <p>N-gram tables that were cloned take no part: the network alone says replies and learns. They stay as they are,
 * with the gate between the two, and are exported with the network, whose likelihood they are for.
 *
 * <p>The memory is that of {@link SequenceCloning} with the discriminator's beside it. The same state, sequences and
 * seed give the same bytes. Used by one thread, with one update under way at a time.
 */
public final class SequenceGail implements AutoCloseable {
    private static final String DISCRIMINATOR = "discriminator.";
    /** Weights of the gate, and the exported part of the tables. */
    private static final String TABLES = "tables";

    /** As it is exported, and as it learns. */
    private final RecurrentNetwork whole;

    private final RecurrentNetwork network;
    private final SequenceGailConfig config;
    private final Optimiser optimiser = Adam.defaults();
    private final SequencePrograms programs;
    private final SequenceSampler sampler;
    private final SequenceDiscriminator discriminator;
    private final Replies shapes;
    /** Of the state that was restored last; null without tables. */
    private float @Nullable [] tables;

    /** Compiles a learner of a network's replies. */
    public SequenceGail(RecurrentNetwork network, SequenceGailConfig config) {
        this.whole = network;
        this.network = network.with(null);
        this.config = config;
        programs = new SequencePrograms(this.network, config.segments(), optimiser);
        sampler = new SequenceSampler(this.network, config.rows());
        shapes = new Replies(config);
        discriminator = new SequenceDiscriminator(
                network.vocabulary(), config.discriminator(), 2 * config.rows(), shapes.steps());
    }

    /**
     * Returns the memory of a learner that goes on from a cloned policy, of which it takes what is exported, with a
     * discriminator that knows nothing.
     *
     * @param cloned as {@link SequenceCloning} left it
     */
    public LearnerState after(LearnerState cloned, long seed) {
        float[] all = SequenceCloning.exported(cloned);
        float[] theta = Arrays.copyOf(all, network.layout().size());
        SortedMap<String, float[]> vectors = new TreeMap<>();
        float[] counted = counted(cloned);
        if (counted.length > 0) {
            float[] gate = Arrays.copyOfRange(all, theta.length, all.length);
            vectors.put(TABLES, Arrays.copyOf(gate, gate.length + counted.length));
            System.arraycopy(counted, 0, vectors.get(TABLES), gate.length, counted.length);
        }
        vectors.put(SequencePrograms.THETA, theta);
        if (config.averaging() > 0) {
            vectors.put(SequencePrograms.AVERAGE, theta);
        }
        optimiser.memory(theta.length).forEach(vector -> vectors.put(vector.name(), vector.initial()));
        discriminator.initialMemory(seed).forEach((name, vector) -> vectors.put(DISCRIMINATOR + name, vector));
        return new LearnerState(vectors, new TreeMap<>(), new TreeMap<>());
    }

    /** Returns the exported part of the tables; nothing if they are empty or there are none. */
    private float[] counted(LearnerState cloned) {
        NGramTables nGrams = whole.nGrams();
        if (nGrams == null) {
            return new float[0];
        }
        float[] counted = Arrays.copyOf(SequencePrograms.memory(nGrams, cloned), nGrams.exported());
        for (float each : counted) {
            if (each != 0) {
                return counted;
            }
        }
        return new float[0];
    }

    /**
     * Begins an update on one window, or continues it if {@code state} was taken in the middle of one. To continue, the
     * other arguments must be those that the update was begun with.
     *
     * @param sequences the window's conversations
     * @throws IllegalArgumentException if no token is learned, or one is not in the vocabulary
     */
    public SequenceGailUpdate begin(LearnerState state, List<TokenSequence> sequences, long seed) {
        Packing.check(sequences, network.vocabulary());
        List<Exchange> exchanges = Exchange.of(sequences, config.context(), config.most());
        if (exchanges.isEmpty()) {
            throw new IllegalArgumentException(
                    "expected at least one token to learn, got none in %d sequences".formatted(sequences.size()));
        }
        restore(state);
        return new SequenceGailUpdate(this, config, exchanges, state, seed);
    }

    /** Returns the policy as {@link RecurrentNetwork#toModel} writes it: one step of the network. */
    public byte[] export(LearnerState state) {
        float[] theta = SequenceCloning.exported(state);
        float[] kept = state.vectors().get(TABLES);
        if (kept == null) {
            return network.toModel(theta);
        }
        float[] numbers = Arrays.copyOf(theta, theta.length + kept.length);
        System.arraycopy(kept, 0, numbers, theta.length, kept.length);
        return whole.toModel(numbers);
    }

    /**
     * Draws replies of what is exported of a state, and of the expert, to the same contexts, and judges them by the
     * state's discriminator.
     *
     * @return share of whole replies put in the right class, both classes weighing the same
     */
    double accuracy(LearnerState state, List<Exchange> exchanges, int batches, long seed) {
        restore(state);
        SplittableRandom random = new SplittableRandom(seed);
        double right = 0;
        for (int batch = 0; batch < batches; batch++) {
            right +=
                    rehearse(SequenceCloning.exported(state), exchanges, random).accuracy() / batches;
        }
        return right;
    }

    /** What a batch of replies was, and what the discriminator made of it before it learned. */
    record Rehearsal(
            List<Exchange> expert,
            List<Exchange> generated,
            float[] states,
            long[] tokens,
            SequenceDiscriminator.Judgement judgement,
            double accuracy,
            double natsPerToken,
            double length) {}

    /** Lets the policy answer some of the contexts, beside the expert. */
    Rehearsal rehearse(List<Exchange> exchanges, SplittableRandom random) {
        return rehearse(programs.training().state(SequencePrograms.THETA), exchanges, random);
    }

    private Rehearsal rehearse(float[] theta, List<Exchange> exchanges, SplittableRandom random) {
        List<Exchange> expert = some(exchanges, random);
        List<int[]> contexts = expert.stream().map(Exchange::context).toList();
        sampler.parameters(theta);
        float[] states = sampler.read(contexts);
        List<SequenceSampler.Said> said = sampler.say(contexts, states, config.most(), config.stops(), random);
        List<Exchange> generated = new ArrayList<>();
        double nats = 0;
        double count = 0;
        for (int row = 0; row < config.rows(); row++) {
            generated.add(new Exchange(contexts.get(row), said.get(row).tokens()));
            nats += said.get(row).nats();
            count += said.get(row).tokens().length;
        }
        List<Exchange> judged = config.feedback() == GailConfig.Feedback.NOISE
                ? Replies.noise(expert, network.vocabulary(), random)
                : expert;
        long[] tokens = shapes.tokens(judged, generated);
        SequenceDiscriminator.Judgement judgement = discriminator.judge(tokens);
        return new Rehearsal(
                judged,
                generated,
                states,
                tokens,
                judgement,
                shapes.accuracy(judged, generated, judgement),
                nats / count,
                count / config.rows());
    }

    private List<Exchange> some(List<Exchange> exchanges, SplittableRandom random) {
        List<Exchange> some = new ArrayList<>();
        for (int row = 0; row < config.rows(); row++) {
            some.add(exchanges.get(random.nextInt(exchanges.size())));
        }
        return some;
    }

    /** Returns the advantage of each token that the policy said, and the target of V before it, reply by reply. */
    Advantages advantages(Rehearsal rehearsal) {
        int[] firstSteps = shapes.firstSteps(rehearsal.generated());
        float[] rewards = shapes.rewards(rehearsal.generated(), rehearsal.judgement());
        float[] values = shapes.values(rehearsal.generated(), rehearsal.judgement());
        return Advantages.ofEpisodes(firstSteps, rewards, values, 1, config.lambda());
    }

    /** Lets the discriminator learn from a batch; returns its loss before that. */
    double judge(Rehearsal rehearsal) {
        if (config.feedback() == GailConfig.Feedback.CONSTANT) {
            return 2 * Math.log(2);
        }
        float[] targets = advantages(rehearsal).targets();
        return discriminator.learn(
                rehearsal.tokens(), shapes.lesson(rehearsal.expert(), rehearsal.generated(), targets));
    }

    /** Takes a step of the policy gradient: the sum of advantage x gradient of log pi(token). Returns the loss. */
    double improve(Rehearsal rehearsal) {
        float[] advantages = advantages(rehearsal).advantages();
        for (int i = 0; i < advantages.length; i++) {
            advantages[i] = (float) Math.max(-config.longest(), Math.min(config.longest(), advantages[i]));
        }
        return step(rehearsal.generated(), rehearsal.states(), advantages, config.policyRate());
    }

    /** Takes a step of cloning on some of the expert's replies. Returns the loss, nats of all their tokens. */
    double force(List<Exchange> exchanges, SplittableRandom random) {
        List<Exchange> expert = some(exchanges, random);
        sampler.parameters(programs.training().state(SequencePrograms.THETA));
        float[] states = sampler.read(expert.stream().map(Exchange::context).toList());
        float[] ones = new float[shapes.firstSteps(expert)[config.rows()]];
        Arrays.fill(ones, 1);
        return step(expert, states, ones, config.forcingRate());
    }

    /** Takes a step on replies, each token with its weight. */
    private double step(List<Exchange> replies, float[] states, float[] weights, double rate) {
        Program training = programs.training();
        training.setState(SequencePrograms.HIDDEN, states);
        Feeds feeds = shapes.segment(replies, weights).floats(SequencePrograms.LEARNING_RATE, (float) rate);
        if (config.averaging() > 0) {
            feeds.floats(SequencePrograms.NEWEST, (float) (1 - config.averaging()));
        }
        try (Result result = training.run(feeds)) {
            return result.scalar("loss");
        }
    }

    private void restore(LearnerState state) {
        Program training = programs.training();
        SortedMap<String, float[]> judging = new TreeMap<>();
        tables = state.vectors().get(TABLES);
        state.vectors().forEach((name, vector) -> {
            if (name.startsWith(DISCRIMINATOR)) {
                judging.put(name.substring(DISCRIMINATOR.length()), vector);
            } else if (!name.equals(TABLES)) {
                training.setState(name, vector);
            }
        });
        discriminator.restore(judging);
    }

    /** Returns all vectors of the memory, copied. */
    SortedMap<String, float[]> vectors() {
        Program training = programs.training();
        SortedMap<String, float[]> vectors = new TreeMap<>();
        if (tables != null) {
            vectors.put(TABLES, tables);
        }
        vectors.put(SequencePrograms.THETA, training.state(SequencePrograms.THETA));
        if (config.averaging() > 0) {
            vectors.put(SequencePrograms.AVERAGE, training.state(SequencePrograms.AVERAGE));
        }
        optimiser
                .memory(network.layout().size())
                .forEach(vector -> vectors.put(vector.name(), training.state(vector.name())));
        discriminator.memory().forEach((name, vector) -> vectors.put(DISCRIMINATOR + name, vector));
        return vectors;
    }

    @Override
    public void close() {
        programs.close();
        sampler.close();
        discriminator.close();
    }
}
