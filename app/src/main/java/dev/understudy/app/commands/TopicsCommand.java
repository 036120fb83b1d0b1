package dev.understudy.app.commands;

import com.fasterxml.jackson.databind.util.RawValue;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Table;
import dev.understudy.app.console.Tool;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.TopicJson;
import dev.understudy.app.kafka.TopicReader;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** What topics hold. */
@Command(
        name = "topics",
        description = "Show records of a topic as JSON lines, count them, describe a topic; reads only.")
public final class TopicsCommand {
    private TopicsCommand() {}

    /** Returns the group. */
    public static TopicsCommand group() {
        return new TopicsCommand();
    }

    private static TopicReader reader(Settings settings) {
        Connection connection = Connection.of(settings);
        connection.admin().close();
        return new TopicReader(connection, Duration.ofSeconds(settings.get(Connection.TIMEOUT_SECONDS)));
    }

    /** What is asked of one topic. */
    abstract static class OfTopic implements Tool {
        @Parameters(paramLabel = "<topic>", description = "The topic.")
        String topic = "";

        @Override
        public List<Setting<?>> settings() {
            return ModelsCommand.withConnection();
        }

        @Override
        public boolean announcesSettings() {
            return false;
        }
    }

    /** The newest records of a topic. */
    @Command(
            name = "tail",
            description = {
                "Write the newest committed records of a topic, each as a JSON line: its place, the time it was sent, key and value.",
                "Values of this system's topics are decoded, others shown as the JSON or text that they are."
            })
    public static final class Tail extends OfTopic {
        private static final Setting<Integer> LIMIT = Setting.integer(
                        "topics.limit", 10, 1, 1_000_000, "At most so many records.")
                .as("--limit");

        @Override
        public List<Setting<?>> settings() {
            return ModelsCommand.withConnection(LIMIT);
        }

        @Override
        public int run(Settings settings, Console console) {
            for (ConsumerRecord<byte[], byte[]> each : reader(settings).newest(topic, settings.get(LIMIT))) {
                String json = TopicJson.of(each).toString();
                console.resultLine(new RawValue(json), () -> json);
            }
            return 0;
        }
    }

    /** How many records a topic holds. */
    @Command(name = "count", description = "Count the committed records of a topic, by reading it to its end.")
    public static final class Count extends OfTopic {
        @Override
        public int run(Settings settings, Console console) {
            List<TopicReader.Counted> counted = reader(settings).count(topic);
            long records =
                    counted.stream().mapToLong(TopicReader.Counted::records).sum();
            console.result(
                    Map.of("topic", topic, "records", records), () -> "%,d records in %s".formatted(records, topic));
            return 0;
        }
    }

    /** What a topic is. */
    @Command(name = "describe", description = "Say what a topic's values are, and what each of its partitions holds.")
    public static final class Describe extends OfTopic {
        @Override
        public int run(Settings settings, Console console) {
            Table table = new Table("partition", "records", "bytes", "first sent", "last sent");
            List<Map<String, @Nullable Object>> partitions = new ArrayList<>();
            for (TopicReader.Counted each : reader(settings).count(topic)) {
                Map<String, @Nullable Object> partition = new LinkedHashMap<>();
                partition.put("partition", each.partition());
                partition.put("records", each.records());
                partition.put("bytes", each.bytes());
                partition.put("firstSent", time(each, each.firstMs()));
                partition.put("lastSent", time(each, each.lastMs()));
                partitions.add(partition);
                table.row(
                        each.partition(),
                        each.records(),
                        each.bytes(),
                        String.valueOf(time(each, each.firstMs())),
                        String.valueOf(time(each, each.lastMs())));
            }
            String values = TopicJson.valuesOf(topic).orElse("");
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("topic", topic);
            result.put("values", values.isEmpty() ? "not of this system" : values);
            result.put("partitions", partitions);
            console.result(result, () -> "%s: values %s%n%s".formatted(topic, result.get("values"), table));
            return 0;
        }

        private static @Nullable String time(TopicReader.Counted of, long timeMs) {
            return of.records() == 0 ? null : Instant.ofEpochMilli(timeMs).toString();
        }
    }
}
