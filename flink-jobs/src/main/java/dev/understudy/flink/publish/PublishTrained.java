package dev.understudy.flink.publish;

import dev.understudy.flink.train.TrainedWindow;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.TrainingRecord;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.util.Collector;

/** Publishes what became of a window: the model file, then its candidate, then the reports. */
public final class PublishTrained implements FlatMapFunction<TrainedWindow, Outgoing> {
    private static final long serialVersionUID = 1L;

    @Override
    public void flatMap(TrainedWindow trained, Collector<Outgoing> out) {
        Candidate candidate = trained.candidate();
        Outgoing.artifact(candidate.policy(), trained.model()).forEach(out::collect);
        out.collect(Outgoing.of(candidate));
        SortedMap<String, Double> figures = new TreeMap<>(candidate.figures());
        figures.put("trainMillis", (double) candidate.trainMillis());
        out.collect(Outgoing.of(
                report(TrainingRecord.Kind.TRAINING, candidate, figures, "learned by " + candidate.algorithm())));
        if (!trained.prequential().isEmpty()) {
            out.collect(Outgoing.of(report(TrainingRecord.Kind.PREQUENTIAL, candidate, trained.prequential(), "")));
        }
    }

    private static TrainingRecord report(
            TrainingRecord.Kind kind, Candidate candidate, SortedMap<String, Double> figures, String remark) {
        return new TrainingRecord(
                candidate.policy(),
                kind,
                candidate.windowStartMs(),
                candidate.windowEndMs(),
                candidate.id(),
                candidate.sha256(),
                figures,
                new TreeMap<>(),
                remark,
                candidate.createdAtMs());
    }
}
