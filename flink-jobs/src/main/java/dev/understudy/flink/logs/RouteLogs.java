package dev.understudy.flink.logs;

import dev.understudy.flink.count.Tally;
import dev.understudy.flink.rollouts.RecordedStep;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.RolloutStep;
import dev.understudy.schemas.UnderstudySerdes;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Turns rollouts aside, and dead letters, which it counts; what became of the other records is counted where their
 * policy is known.
 */
public final class RouteLogs extends ProcessFunction<LogRecord, LogRecord> {
    private static final long serialVersionUID = 1L;

    public static final OutputTag<DeadLetter> DEAD_LETTERS =
            new OutputTag<>("dead-letters", Codecs.DEAD_LETTER.typeInformation());
    public static final OutputTag<Tally> TALLIES = new OutputTag<>("ingested", Tally.CODEC.typeInformation());

    /** What policies did, where the job reads it. */
    public static final OutputTag<RecordedStep> ROLLOUTS =
            new OutputTag<>("rollouts", RecordedStep.CODEC.typeInformation());

    private final String account;
    private transient @Nullable Deserializer<RolloutStep> deserializer;

    public RouteLogs(String account) {
        this.account = account;
    }

    private Deserializer<RolloutStep> rollouts() {
        if (deserializer == null) {
            deserializer = UnderstudySerdes.rollout().deserializer();
        }
        return deserializer;
    }

    @Override
    public void processElement(LogRecord log, Context context, Collector<LogRecord> out) {
        DeadLetter letter = log.deadLetter();
        if (letter == null && log.isRollout()) {
            RolloutStep step = rollouts().deserialize("", log.value());
            RecordedStep recorded = new RecordedStep(step, -1 - log.partition(), log.offset(), log.clockMs());
            context.output(ROLLOUTS, recorded);
        } else if (letter == null) {
            out.collect(log);
        } else if (log.isRollout()) {
            context.output(TALLIES, new Tally(account, Tally.ROLLOUTS + Tally.DEAD_LETTERED, 1));
            context.output(DEAD_LETTERS, letter);
        } else {
            context.output(TALLIES, new Tally(account, Tally.INGESTED, 1));
            context.output(TALLIES, new Tally(account, Tally.DEAD_LETTERED, 1));
            context.output(DEAD_LETTERS, letter);
        }
    }
}
