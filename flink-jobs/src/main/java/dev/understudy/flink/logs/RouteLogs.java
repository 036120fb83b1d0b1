package dev.understudy.flink.logs;

import dev.understudy.flink.count.Tally;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.schemas.DeadLetter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Turns dead letters aside and counts them; what became of the other records is counted where their policy is known.
 */
public final class RouteLogs extends ProcessFunction<LogRecord, LogRecord> {
    private static final long serialVersionUID = 1L;

    public static final OutputTag<DeadLetter> DEAD_LETTERS =
            new OutputTag<>("dead-letters", Codecs.DEAD_LETTER.typeInformation());
    public static final OutputTag<Tally> TALLIES = new OutputTag<>("ingested", Tally.CODEC.typeInformation());

    private final String account;

    public RouteLogs(String account) {
        this.account = account;
    }

    @Override
    public void processElement(LogRecord log, Context context, Collector<LogRecord> out) {
        DeadLetter letter = log.deadLetter();
        if (letter == null) {
            out.collect(log);
        } else {
            context.output(TALLIES, new Tally(account, Tally.INGESTED, 1));
            context.output(TALLIES, new Tally(account, Tally.DEAD_LETTERED, 1));
            context.output(DEAD_LETTERS, letter);
        }
    }
}
