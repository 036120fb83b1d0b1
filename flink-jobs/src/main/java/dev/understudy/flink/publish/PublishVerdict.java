package dev.understudy.flink.publish;

import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.TrainingRecord;
import java.util.TreeMap;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.util.Collector;

/** Publishes a verdict: if it is a promotion to the promotions first, then always to the history and the reports. */
public final class PublishVerdict implements FlatMapFunction<Promotion, Outgoing> {
    private static final long serialVersionUID = 1L;

    @Override
    public void flatMap(Promotion verdict, Collector<Outgoing> out) {
        if (verdict.promoted()) {
            out.collect(Outgoing.of(Topics.PROMOTIONS, verdict));
        }
        out.collect(Outgoing.of(Topics.HISTORY, verdict));
        out.collect(Outgoing.of(new TrainingRecord(
                verdict.policy(),
                TrainingRecord.Kind.EVALUATION,
                0,
                0,
                verdict.candidateId(),
                verdict.sha256(),
                verdict.evidence(),
                new TreeMap<>(),
                verdict.reason(),
                verdict.decidedAtMs())));
    }
}
