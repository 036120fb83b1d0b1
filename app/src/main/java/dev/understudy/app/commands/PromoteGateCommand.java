package dev.understudy.app.commands;

import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Tool;
import dev.understudy.app.kafka.BrokerWatch;
import dev.understudy.app.kafka.Connection;
import dev.understudy.catalogue.Catalogue;
import dev.understudy.domain.Policies;
import dev.understudy.driving.CarFollowing;
import dev.understudy.flink.PromotionJob;
import dev.understudy.flink.PromotionJobConfig;
import dev.understudy.flink.gate.GateConfig;
import dev.understudy.schemas.Role;
import dev.understudy.schemas.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import picocli.CommandLine.Command;

/** The promotion job. */
@Command(
        name = "promote-gate",
        description = {
            "Run the promotion job: hold each candidate against the model in service on held-out trips, and promote or refuse it.",
            "Tells of each verdict.",
            "Runs on the Flink cluster it is submitted to, otherwise in this JVM."
        })
public final class PromoteGateCommand implements Tool {
    private static final String GROUP = "understudy-promotion";

    private static final Setting<Integer> LEAD_MILLIS = Setting.integer(
            "lead.millis",
            (int) GateConfig.defaults(Catalogue.only(CarFollowing.POLICY))
                    .lead()
                    .toMillis(),
            0,
            3_600_000,
            "Event time between the newest log and the start of a promotion, milliseconds.");

    @Override
    public List<Setting<?>> settings() {
        return Pipeline.settings(LEAD_MILLIS, SigningSettings.SIGN_GATE);
    }

    @Override
    public int run(Settings settings, Console console) throws Exception {
        Policies<?> policies = Pipeline.policies(settings);
        SigningSettings.tell(SigningSettings.signing(settings, Role.GATE).trust(), console);
        Connection connection = Connection.of(settings);
        connection.ensureTopics(settings, policies.domain());
        String group = Pipeline.named(GROUP, List.of(policies));
        try (AutoCloseable claims = Pipeline.claim("understudy-promote-gate", connection, policies, console)) {
            Objects.requireNonNull(claims);
            Pipeline.checkState(settings, connection, group, new TreeMap<>());
            BrokerWatch.start(connection, group, console);
            ModelWatch.start(connection, policies, List.of(Topics.HISTORY), console);
            return Pipeline.run(
                    "understudy promote-gate",
                    settings,
                    environment -> build(environment, settings, connection),
                    console);
        }
    }

    /** Builds the job. */
    public static void build(StreamExecutionEnvironment environment, Settings settings, Connection connection) {
        Policies<?> policies = Pipeline.policies(settings);
        PromotionJobConfig config = new PromotionJobConfig(
                Pipeline.runtime(
                        settings,
                        connection,
                        Pipeline.named(GROUP, List.of(policies)),
                        SigningSettings.signing(settings, Role.GATE)),
                Pipeline.reading(settings),
                GateConfig.defaults(policies).withLead(Duration.ofMillis(settings.get(LEAD_MILLIS))));
        PromotionJob.build(environment, config);
    }
}
