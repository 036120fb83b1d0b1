package dev.understudy.app.commands;

import dev.understudy.app.console.Console;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.TopicFollower;
import dev.understudy.domain.Policies;
import dev.understudy.flink.count.Tally;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.TrainingRecord;
import dev.understudy.schemas.UndecodableException;
import dev.understudy.schemas.UnderstudySerdes;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * Tells what became of the records that a learning job read, from the running totals that it publishes: a line every
 * minute in which they changed, with what is still to be read, and the last one when the process ends.
 */
public final class TotalsWatch implements TopicFollower.Reader {
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration PAUSE = Duration.ofMinutes(1);
    private static final String REJECTED = "rejected.";
    private static final String ROLLOUTS = "rollouts.";

    private final Policies<?> policies;
    private final Console console;
    private final Supplier<String> lag;
    private final Deserializer<TrainingRecord> reports =
            UnderstudySerdes.trainingRecord().deserializer();
    private final SortedMap<String, String> told = new TreeMap<>();
    private final SortedMap<String, String> latest = new TreeMap<>();
    private long toldNanos = System.nanoTime() - PAUSE.toNanos();

    private TotalsWatch(Policies<?> policies, Supplier<String> lag, Console console) {
        this.lag = lag;
        this.policies = policies;
        this.console = console;
    }

    /**
     * Starts to watch the totals of some policies from now on, until the process ends.
     *
     * @param lag says what is still to be read, empty if nobody knows
     */
    @SuppressWarnings("resource") // it reads as long as the process lives
    public static void start(Connection connection, Policies<?> policies, Supplier<String> lag, Console console) {
        TotalsWatch watch = new TotalsWatch(policies, lag, console);
        TopicFollower.start(connection, "totals", List.of(Topics.REPORTS), TopicFollower.From.NOW, POLL, watch);
        Runtime.getRuntime().addShutdownHook(new Thread(watch::tell, "last-totals"));
    }

    @Override
    public void looked() {
        if (System.nanoTime() - toldNanos >= PAUSE.toNanos() && tell()) {
            toldNanos = System.nanoTime();
        }
    }

    @Override
    public synchronized void read(String topic, byte[] value) throws UndecodableException {
        TrainingRecord report = reports.deserialize(topic, value);
        String policy = report.policy();
        boolean isOurs = policy.equals(policies.account()) || policies.has(policy);
        if (isOurs && report.counts().containsKey("ingested")) {
            boolean isOnly = policy.equals(policies.account());
            latest.put(policy, (isOnly ? "" : policy + ": ") + text(report.counts()));
        }
    }

    private synchronized boolean tell() {
        if (latest.equals(told)) {
            return false;
        }
        latest.forEach((policy, line) -> {
            if (!line.equals(told.put(policy, line))) {
                console.line(line + lag.get());
            }
        });
        return true;
    }

    /** Returns the totals in a line. */
    public static String text(SortedMap<String, Long> counts) {
        SortedMap<String, Long> rejected = new TreeMap<>();
        SortedMap<String, Long> others = new TreeMap<>(counts);
        SortedMap<String, Long> rollouts = new TreeMap<>();
        SortedMap<String, Long> queued = new TreeMap<>();
        counts.forEach((name, count) -> {
            if (name.startsWith(ROLLOUTS)) {
                rollouts.put(name.substring(ROLLOUTS.length()), count);
                others.remove(name);
            } else if (name.startsWith(Tally.QUEUED)) {
                // Those that waited when a release came that did not count them are taken from the queue alone.
                queued.put(name.substring(Tally.QUEUED.length()), Math.max(0, count));
                others.remove(name);
            } else if (name.startsWith(REJECTED)) {
                rejected.put(name.substring(REJECTED.length()), count);
                others.remove(name);
            }
        });
        StringBuilder text = new StringBuilder("records   ");
        long ingested = others.getOrDefault("ingested", 0L);
        Long between = others.remove("interpolated");
        long interpolated = between == null ? 0 : between;
        put(text, others, "ingested", "ingested");
        if (interpolated > 0) {
            text.append(String.format(Locale.ROOT, " and %,d steps between them", interpolated));
        }
        long settled = others.values().stream().mapToLong(Long::longValue).sum()
                + rejected.values().stream().mapToLong(Long::longValue).sum();
        put(text.append(": "), others, "trained", "learned");
        put(text.append(", "), others, "lateLearned", "learned with a later window");
        put(text.append(", "), others, "heldOut", "held out");
        put(text.append(", "), others, "late", "too late");
        put(text.append(", "), others, "duplicates", "duplicates");
        put(text.append(", "), others, "deadLettered", "dead letters");
        others.forEach((name, count) -> text.append(String.format(Locale.ROOT, ", %,d %s", count, name)));
        long sum = rejected.values().stream().mapToLong(Long::longValue).sum();
        text.append(String.format(Locale.ROOT, ", %,d wait for their window", ingested + interpolated - settled));
        text.append(String.format(Locale.ROOT, ", %,d rejected", sum));
        if (!rejected.isEmpty()) {
            text.append(" (").append(listed(rejected)).append(')');
        }
        if (!queued.isEmpty()) {
            text.append("; windows to learn: ").append(listed(queued));
        }
        if (!rollouts.isEmpty()) {
            text.append("; rollouts: ").append(listed(rollouts));
        }
        return text.toString();
    }

    private static String listed(SortedMap<String, Long> counts) {
        return counts.entrySet().stream()
                .map(entry -> String.format(Locale.ROOT, "%,d %s", entry.getValue(), entry.getKey()))
                .collect(Collectors.joining(", "));
    }

    private static void put(StringBuilder text, SortedMap<String, Long> counts, String name, String word) {
        Long count = counts.remove(name);
        text.append(String.format(Locale.ROOT, "%,d %s", count == null ? 0 : count, word));
    }
}
