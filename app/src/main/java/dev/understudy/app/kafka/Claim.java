package dev.understudy.app.kafka;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Failures;
import dev.understudy.schemas.Topics;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to be the only program of its role that works on a policy: two gates would contradict each other, two
 * learners publish two lines of models. The broker is the judge. Whoever has the only partition of
 * {@link Topics#PROMOTIONS} in the consumer group of that role and policy has the claim; nothing is read from it. The
 * assignor leaves it to whom it is with. One that stops gives it back at once; of one that dies it is free after the
 * session timeout of six seconds.
 */
public final class Claim implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Claim.class);
    private static final Duration POLL = Duration.ofMillis(300);
    private static final int SESSION_MS = 6_000;

    private final String role;
    private final String policy;
    private final String group;
    private final Connection connection;
    private final Runnable lost;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final CountDownLatch held = new CountDownLatch(1);
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final Thread thread;

    private Claim(Connection connection, String role, String policy, Runnable lost) {
        this.role = role;
        this.policy = policy;
        this.connection = connection;
        this.lost = lost;
        group = group(role, policy);
        Map<String, Object> settings = connection.clientSettings();
        settings.put("group.id", group);
        settings.put(
                "client.id",
                "%s-%s-%d".formatted(role, host(), ProcessHandle.current().pid()));
        settings.put("enable.auto.commit", "false");
        settings.put("auto.offset.reset", "latest");
        settings.put("allow.auto.create.topics", "false");
        settings.put("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
        settings.put("session.timeout.ms", Integer.toString(SESSION_MS));
        settings.put("heartbeat.interval.ms", Integer.toString(SESSION_MS / 4));
        consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        thread = new Thread(this::hold, "claim-" + policy);
        thread.setDaemon(true);
    }

    /** Returns the consumer group that stands for a role and a policy. */
    public static String group(String role, String policy) {
        return role + "-claim-" + policy; // as it is: a group may be called anything, and no two policies alike
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown-host";
        }
    }

    /**
     * Takes a claim.
     *
     * @param role what the program is, such as {@code promote-gate}
     * @param patience how long to wait for one that is with a program that died
     * @param lost called, once, if another program has the claim later on
     * @throws CommandFailedException naming who has it
     */
    public static Claim take(Connection connection, String role, String policy, Duration patience, Runnable lost) {
        Claim claim = new Claim(connection, role, policy, lost);
        claim.thread.start();
        try {
            if (claim.held.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                return claim;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        String holder = claim.holder();
        claim.close();
        throw new CommandFailedException(
                "expected no other %s for %s, found %s: stop that one, or name other policies (two would contradict each other)"
                        .formatted(role, policy, holder));
    }

    /** Returns who has the claim, in words. */
    private String holder() {
        try (Admin admin = connection.admin()) {
            Map<String, ConsumerGroupDescription> described =
                    admin.describeConsumerGroups(List.of(group)).all().get(10, TimeUnit.SECONDS);
            return described.values().stream()
                    .flatMap(each -> each.members().stream())
                    .filter(member -> !member.assignment().topicPartitions().isEmpty())
                    .map(member -> "%s at %s".formatted(member.clientId(), member.host()))
                    .findFirst()
                    .orElse("that the brokers do not say who has it (group %s)".formatted(group));
        } catch (ExecutionException | java.util.concurrent.TimeoutException | CommandFailedException e) {
            return "that the brokers do not answer (%s)".formatted(Failures.describe(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "nothing, being interrupted";
        }
    }

    private void hold() {
        AtomicBoolean isWithAnother = new AtomicBoolean();
        try (consumer) {
            consumer.subscribe(List.of(Topics.PROMOTIONS), new ConsumerRebalanceListener() {
                @Override
                public void onPartitionsAssigned(Collection<TopicPartition> more) {
                    boolean has = !consumer.assignment().isEmpty();
                    consumer.pause(consumer.assignment());
                    isWithAnother.set(!has);
                    if (has) {
                        held.countDown();
                    }
                }

                @Override
                public void onPartitionsRevoked(Collection<TopicPartition> gone) {}

                @Override
                public void onPartitionsLost(Collection<TopicPartition> gone) {
                    LOG.info("the claim of {} on {} is uncertain until the brokers say whose it is", role, policy);
                }
            });
            while (!stopped.get()) {
                consumer.poll(POLL);
                if (held.getCount() == 0 && isWithAnother.get() && stopped.compareAndSet(false, true)) {
                    lost.run();
                }
            }
        } catch (WakeupException e) {
            LOG.debug("woken to stop", e);
        } catch (KafkaException e) {
            LOG.warn("the claim of {} on {} is no longer held: {}", role, policy, Failures.describe(e));
            if (held.getCount() == 0 && stopped.compareAndSet(false, true)) {
                lost.run();
            }
        }
    }

    /** Gives the claim back. */
    @Override
    public void close() {
        if (stopped.compareAndSet(false, true)) {
            consumer.wakeup();
        }
        try {
            thread.join(Duration.ofSeconds(5).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
