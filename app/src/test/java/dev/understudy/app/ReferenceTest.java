package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.app.commands.IngestCommand;
import dev.understudy.app.study.BundledLogs;
import dev.understudy.control.ControlRefusal;
import dev.understudy.domain.Actor;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.driving.RejectReason;
import dev.understudy.flink.count.Tally;
import dev.understudy.ingest.InspectedSource;
import dev.understudy.ingest.OpenAccReader;
import dev.understudy.ingest.ReplayReport;
import dev.understudy.ingest.Row;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Program;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The page of reference against the programs; what commands print is held against it where they are tested. */
class ReferenceTest {
    private static Set<String> names(Enum<?>[] values) {
        return Arrays.stream(values).map(Enum::name).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void everyCommandHasItsExitCodes() throws Exception {
        assertThat(Reference.names("Exit codes")).isEqualTo(Understudy.commands());
    }

    @Test
    void everyProblemOfARowIsThere() throws Exception {
        assertThat(Reference.names("Bad rows")).isEqualTo(names(Row.Problem.values()));
    }

    @Test
    void everyReasonOfRejectionIsThere() throws Exception {
        Set<String> reasons = names(RejectReason.values());
        reasons.addAll(names(GeneralRefusal.values()));
        Class<?> skipped = Class.forName("dev.understudy.flink.train.Skipped"); // the job's own
        reasons.addAll(names((Enum<?>[]) skipped.getEnumConstants()));
        assertThat(Reference.names("Rejection reasons")).isEqualTo(reasons);
    }

    @Test
    void everyReasonOfRejectionOfControlIsThere() throws Exception {
        assertThat(Reference.names("Rejection reasons of control")).isEqualTo(names(ControlRefusal.values()));
    }

    @Test
    void everyTotalIsThere() throws Exception {
        Set<String> totals = new TreeSet<>();
        for (Field field : Tally.class.getFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.get(null) instanceof String name) {
                totals.add(name);
            }
        }
        assertThat(Reference.names("Totals")).isEqualTo(totals);
    }

    @Test
    void everyKindOfDecisionIsThere() throws Exception {
        assertThat(Reference.names("Decision kinds")).isEqualTo(names(Decision.Kind.values()));
    }

    @Test
    void whoMayDoWhatIsThere() throws Exception {
        Path page = Path.of("").toAbsolutePath().resolveSibling("docs").resolve("operations.md");
        assertThat(Files.readString(page)).contains(String.join("\n", Program.markdown()));
    }

    @Test
    void everyKeyOfIngestIsThere() throws Exception {
        OpenAccReader reader = OpenAccReader.open(BundledLogs.folder());
        try (InspectedSource source =
                new InspectedSource(reader.read(List.of()), Duration.ZERO, EnumSet.allOf(Actor.class))) {
            ReplayReport report = new ReplayReport(0, 0, 0, 0, new TreeMap<>(), 0, 0, true);
            assertThat(IngestCommand.result(report, source.inspection()).keySet())
                    .containsExactlyInAnyOrderElementsOf(Reference.names("JSON of ingest"));
        }
    }
}
