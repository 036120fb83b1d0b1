package dev.understudy.flink;

import dev.understudy.schemas.DeadLetter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Counts what comes in and turns dead letters aside. */
final class RouteLogs extends ProcessFunction<LogRecord, LogRecord> {
    private static final long serialVersionUID = 1L;

    static final OutputTag<DeadLetter> DEAD_LETTERS =
            new OutputTag<>("dead-letters", Codecs.DEAD_LETTER.typeInformation());
    static final OutputTag<Tally> TALLIES = new OutputTag<>("ingested", Codecs.TALLY.typeInformation());

    private final String policy;

    RouteLogs(String policy) {
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
