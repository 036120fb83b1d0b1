package dev.understudy.flink;

import dev.understudy.schemas.DeadLetter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Lets pass what concerns one policy, and turns dead letters aside. */
final class RouteModelEvents extends ProcessFunction<ModelEvent, ModelEvent> {
    private static final long serialVersionUID = 1L;

    static final OutputTag<DeadLetter> DEAD_LETTERS =
            new OutputTag<>("dead-model-events", Codecs.DEAD_LETTER.typeInformation());

    private final String policy;

    RouteModelEvents(String policy) {
        this.policy = policy;
    }

    @Override
    public void processElement(ModelEvent event, Context context, Collector<ModelEvent> out) {
        DeadLetter letter = event.deadLetter();
        if (letter != null) {
            context.output(DEAD_LETTERS, letter);
        } else if (event.policy().equals(policy)) {
            out.collect(event);
        }
    }
}
