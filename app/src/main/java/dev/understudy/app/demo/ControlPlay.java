package dev.understudy.app.demo;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Failures;
import dev.understudy.control.ControlPolicySpec;
import dev.understudy.control.ControlStep;
import dev.understudy.domain.Actor;
import dev.understudy.environment.End;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Environments;
import dev.understudy.environment.Task;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.UnderstudySerdes;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * One task as a client of the pipeline plays it: an expert's steps go to the logs, and copies of the task send
 * observations and do what is decided. One time line for both, a fiftieth of a second a step. For one thread.
 */
final class ControlPlay implements AutoCloseable {
    private static final String EXPERT = "%s/expert";
    private static final String EXPLORER = "%s/explorer";
    private static final long STEP_MS = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Scenario.Stage stage;
    private final Task task;
    private final String label;
    private final Returns returns;
    private final DomainTopics topics;
    private final KafkaProducer<String, ControlStep> producer;
    private final KafkaConsumer<String, Decision> consumer;
    private final List<LoggedPlay> logging;
    private final long seed;
    private int plays;
    private long logMs;
    private final long leadMs;
    private long playMs;
    private long logged;
    private long observed;

    /**
     * A client of a stage.
     *
     * @param start event time of the first step
     * @param lead event time from a log to what is played after it
     * @param actions whether logs tell what the expert does; where they do not, somebody else tries everything and
     *     tells
     */
    ControlPlay(
            Scenario.Stage stage,
            ControlPolicySpec spec,
            Returns returns,
            Instant start,
            Duration lead,
            LoggedPlay.Actions actions,
            long seed) {
        this.stage = stage;
        this.returns = returns;
        this.seed = seed;
        task = Environments.named(spec.environment());
        label = task.name();
        logMs = start.toEpochMilli();
        playMs = logMs;
        leadMs = lead.toMillis();
        topics = DomainTopics.of(spec.domain());
        LoggedPlay expert = new LoggedPlay(
                task, EXPERT.formatted(label), Actor.HUMAN, actions, ScriptedExpert.of(label), seed, returns::ofExpert);
        logging = actions == LoggedPlay.Actions.WRITTEN ? List.of(expert) : List.of(expert, explorer());
        Map<String, Object> settings = new HashMap<>(stage.connection().clientSettings());
        settings.put("linger.ms", "0");
        settings.put("acks", "all");
        producer = new KafkaProducer<>(
                settings, new StringSerializer(), UnderstudySerdes.control().serializer());
        consumer = new KafkaConsumer<>(
                settings, new StringDeserializer(), UnderstudySerdes.decision().deserializer());
        List<TopicPartition> partitions = consumer.partitionsFor(topics.decisions()).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToEnd(partitions);
        partitions.forEach(consumer::position); // or it would seek later
    }

    private LoggedPlay explorer() {
        SplittableRandom random = new SplittableRandom(seed);
        float[] action = new float[task.actions().size()];
        return new LoggedPlay(
                task,
                EXPLORER.formatted(label),
                Actor.ASSISTANCE,
                LoggedPlay.Actions.WRITTEN,
                any -> {
                    task.actions().drawUniformly(random, action, 0);
                    return action[0];
                },
                ~seed,
                any -> {});
    }

    /** Returns how many log records were sent. */
    long logged() {
        return logged;
    }

    /** Returns how many observations were sent. */
    long observed() {
        return observed;
    }

    /** Lets those who log go on playing until an event time, and sends their steps to the logs. */
    void demonstrate(long untilMs) {
        returns.begin();
        for (; logMs < untilMs; logMs += STEP_MS) {
            for (LoggedPlay each : logging) {
                send(topics.logs(), each.step(logMs));
                logged++;
            }
        }
        producer.flush();
        playMs = Math.max(playMs, logMs + leadMs);
    }

    private void send(String topic, ControlStep step) {
        var unused = producer.send(new ProducerRecord<>(topic, step.entity(), step), (metadata, error) -> {
            if (error != null) {
                stage.run().console().note("a record was not taken: " + Failures.describe(error));
            }
        });
    }

    /**
     * Lets copies play one episode each by the decisions of serving, all at once, and returns what they collected.
     *
     * @throws CommandFailedException if a decision does not come
     */
    Measurements act(int copies) {
        int n = task.observationSize();
        Environment environment = task.create(copies, seed);
        environment.reset(seed + ++plays);
        float[] observations = new float[copies * n];
        float[] actions = new float[copies * task.actions().size()];
        float[] rewards = new float[copies];
        double[] sums = new double[copies];
        long[] firstEpoch = new long[copies];
        long[] lastEpoch = new long[copies];
        End[] ends = new End[copies];
        for (int copy = 0; copy < copies; copy++) {
            environment.start(copy, observations);
            ends[copy] = End.RUNNING;
        }
        Measurements played = new Measurements();
        for (long step = 0; isPlaying(ends); step++, playMs += STEP_MS) {
            Map<String, Integer> open = new HashMap<>();
            for (int copy = 0; copy < copies; copy++) {
                if (ends[copy] == End.RUNNING) {
                    float[] row = Arrays.copyOfRange(observations, copy * n, (copy + 1) * n);
                    String entity = label + "/copy" + copy;
                    send(
                            topics.observations(),
                            new ControlStep(
                                    entity,
                                    episode(entity),
                                    step,
                                    playMs,
                                    Actor.POLICY,
                                    label,
                                    false,
                                    row,
                                    null,
                                    Double.NaN,
                                    ControlStep.End.NONE));
                    observed++;
                    open.put(entity, copy);
                }
            }
            for (Decision decision : decisions(open, step)) {
                int copy = Objects.requireNonNull(open.get(decision.entity()));
                System.arraycopy(
                        decision.action(), 0, actions, copy * decision.action().length, decision.action().length);
                lastEpoch[copy] = decision.epoch();
                if (decision.epoch() > 0) {
                    returns.inService();
                }
                if (step == 0) {
                    firstEpoch[copy] = decision.epoch();
                }
            }
            environment.step(actions, observations, rewards, ends);
            for (int copy : open.values()) {
                sums[copy] += rewards[copy];
                if (ends[copy] != End.RUNNING) {
                    played.add(sums[copy]);
                    returns.ofPolicy(sums[copy], firstEpoch[copy], lastEpoch[copy]);
                }
            }
        }
        return played;
    }

    /** Returns the decisions on one step of every copy that plays. */
    private List<Decision> decisions(Map<String, Integer> open, long step) {
        Map<String, Decision> answers = new HashMap<>();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (answers.size() < open.size()) {
            for (ConsumerRecord<String, Decision> record : consumer.poll(Duration.ofMillis(500))) {
                Decision decision = record.value();
                if (decision.sequence() == step
                        && open.containsKey(decision.entity())
                        && decision.episode().equals(episode(decision.entity()))) {
                    answers.put(decision.entity(), decision);
                }
            }
            if (answers.size() < open.size() && System.nanoTime() > deadline) {
                stage.failIfBroken();
                throw new CommandFailedException("expected decisions on step %d of %s within %d s, found those of %s"
                        .formatted(step, open.keySet(), PATIENCE.toSeconds(), answers.keySet()));
            }
        }
        return List.copyOf(answers.values());
    }

    private String episode(String copy) {
        return copy + "#" + plays;
    }

    private static boolean isPlaying(End[] ends) {
        return Arrays.asList(ends).contains(End.RUNNING);
    }

    @Override
    public void close() {
        consumer.close();
        producer.close(Duration.ofSeconds(5));
    }
}
