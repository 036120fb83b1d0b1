package dev.understudy.flink.logs;

import dev.understudy.flink.count.Tally;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.schemas.DeadLetter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Counts what comes in and turns dead letters aside. */
public final class RouteLogs extends ProcessFunction<LogRecord, LogRecord> {
    private static final long serialVersionUID = 1L;

    public static final OutputTag<DeadLetter> DEAD_LETTERS =
            new OutputTag<>("dead-letters", Codecs.DEAD_LETTER.typeInformation());
    public static final OutputTag<Tally> TALLIES = new OutputTag<>("ingested", Tally.CODEC.typeInformation());

    private final String policy;

    public RouteLogs(String policy) {
        this.policy = policy;
    }

    @Override
    public void processElement(LogRecord log, Context context, Collector<LogRecord> out) {
        context.output(TALLIES, new Tally(policy, Tally.INGESTED, 1));
        DeadLetter letter = log.deadLetter();
        if (letter == null) {
            out.collect(log);
        } else {
            context.output(TALLIES, new Tally(policy, Tally.DEAD_LETTERED, 1));
            context.output(DEAD_LETTERS, letter);
        }
    }
}
