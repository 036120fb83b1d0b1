package dev.understudy.flink.models;

import dev.understudy.domain.Policies;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.schemas.DeadLetter;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets pass what concerns the policies that were asked for, and counts, names and turns aside dead letters. */
public final class RouteModelEvents extends ProcessFunction<ModelEvent, ModelEvent> {
    private static final long serialVersionUID = 1L;

    public static final OutputTag<DeadLetter> DEAD_LETTERS =
            new OutputTag<>("dead-model-events", Codecs.DEAD_LETTER.typeInformation());

    /** Counter of the records that became dead letters. */
    public static final String REFUSED = "refusedModelRecords";

    private static final Logger LOG = LoggerFactory.getLogger(RouteModelEvents.class);

    private final Policies<?> policies;
    private transient Counter refused;

    public RouteModelEvents(Policies<?> policies) {
        this.policies = policies;
    }

    @Override
    public void open(OpenContext context) {
        refused = getRuntimeContext().getMetricGroup().counter(REFUSED);
    }

    @Override
    public void processElement(ModelEvent event, Context context, Collector<ModelEvent> out) {
        if (event instanceof ModelEvent.Unreadable unreadable) {
            refused.inc();
            LOG.warn("passed over {}", unreadable.letter());
            context.output(DEAD_LETTERS, unreadable.letter());
        } else if (policies.has(event.policy())) {
            out.collect(event);
        }
    }
}
