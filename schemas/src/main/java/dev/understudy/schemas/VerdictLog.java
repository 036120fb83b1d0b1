package dev.understudy.schemas;

import dev.understudy.signing.UntrustedException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The verdicts that the topics of history and promotions hold, by policy, the older first. The history is kept for
 * ever, so one bad record in it must hide nothing but itself: what cannot be read, is signed by nobody who is trusted
 * with it, or has an epoch far ahead of those before it ({@link EpochBound}) is left out, counted and named. Not for
 * several threads.
 */
public final class VerdictLog {
    private final Trust trust;
    private final Consumer<String> passedOver;
    private final Map<String, List<Promotion>> verdicts = new TreeMap<>();
    private final Map<String, EpochBound> bounds = new HashMap<>();
    private int bad;

    /**
     * An empty log.
     *
     * @param trust whose signatures count
     * @param passedOver told of each record that is left out: where it is and why
     */
    public VerdictLog(Trust trust, Consumer<String> passedOver) {
        this.trust = trust;
        this.passedOver = passedOver;
    }

    /** Takes a record of {@link Topics#HISTORY} or {@link Topics#PROMOTIONS}; those of the history come first. */
    public void add(ConsumerRecord<byte[], byte[]> record) {
        if (record.value() == null) {
            return;
        }
        try {
            trust.check(record.topic(), record.key(), record.value(), record.headers());
            Promotion verdict = UnderstudySerdes.promotion().deserializer().deserialize(record.topic(), record.value());
            EpochBound bound = bounds.computeIfAbsent(verdict.policy(), any -> new EpochBound());
            if (!bound.believes(verdict.epoch())) {
                throw new UndecodableException(bound.problem(verdict.epoch()));
            }
            verdicts.computeIfAbsent(verdict.policy(), any -> new ArrayList<>()).add(verdict);
        } catch (UndecodableException | UntrustedException | IllegalArgumentException e) {
            bad++;
            passedOver.accept(
                    "%s-%d@%d: %s".formatted(record.topic(), record.partition(), record.offset(), e.getMessage()));
        }
    }

    /** Returns the verdicts of all policies that have any. */
    public Map<String, List<Promotion>> verdicts() {
        return verdicts;
    }

    /** Returns how many records were left out. */
    public int bad() {
        return bad;
    }
}
