package dev.understudy.flink.models;

import dev.understudy.domain.Policies;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.schemas.DeadLetter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Lets pass what concerns the policies that were asked for, and turns dead letters aside. */
public final class RouteModelEvents extends ProcessFunction<ModelEvent, ModelEvent> {
    private static final long serialVersionUID = 1L;

    public static final OutputTag<DeadLetter> DEAD_LETTERS =
            new OutputTag<>("dead-model-events", Codecs.DEAD_LETTER.typeInformation());

    private final Policies<?> policies;

    public RouteModelEvents(Policies<?> policies) {
        this.policies = policies;
    }

    @Override
    public void processElement(ModelEvent event, Context context, Collector<ModelEvent> out) {
        if (event instanceof ModelEvent.Unreadable unreadable) {
            context.output(DEAD_LETTERS, unreadable.letter());
        } else if (policies.has(event.policy())) {
            out.collect(event);
        }
    }
}
