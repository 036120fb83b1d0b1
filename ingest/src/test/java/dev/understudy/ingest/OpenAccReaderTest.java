package dev.understudy.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.domain.Actor;
import dev.understudy.driving.FollowingSample;
import dev.understudy.ingest.Row.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenAccReaderTest {
    private static final Path BUNDLED = Path.of("data/openacc-zalazone");
    private static final String LIST_HEADER = "run,date,driver,acc_gap_setting,platoon_size,seconds,vehicle_order\n";
    private static final String ROWS_HEADER = "t_s,veh,model,speed_mps,gap_m\n";

    private final Path folder;

    OpenAccReaderTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @BeforeEach
    void makesTheFolder() throws IOException {
        Files.createDirectories(folder.resolve("runs"));
        list("""
                a,2019-10-08,acc,S,3,0.2,LEAD MID LAST
                b,2019-10-09,human,,2,0.1,LEAD MID
                """);
        rows("a", """
                5.0,1,LEAD,10.0,
                5.0,2,MID,9.5,20.5
                5.0,3,LAST,9.25,
                5.1,2,MID,9.6,20.4
                5.1,3,LAST,9.3,18.0
                5.3,1,LEAD,10.2,
                5.3,2,MID,9.7,20.2
                """);
        rows("b", "5.0,1,LEAD,3,\n5.0,2,MID,4,7\n");
    }

    @Test
    void eachFollowerFindsItsLeaderAtTheSameTimeAndHolesShowInTheSequence() {
        List<FollowingSample> samples = samples(reader().read(reader().named(List.of("a"))), new ArrayList<>());
        long midnight = Instant.parse("2019-10-08T00:00:00Z").toEpochMilli();
        assertThat(samples)
                .containsExactly(
                        sample("MID", 0, midnight + 5_000, 9.5, 20.5, 10.0),
                        sample("LAST", 0, midnight + 5_000, 9.25, Double.NaN, 9.5),
                        sample("MID", 1, midnight + 5_100, 9.6, 20.4, Double.NaN),
                        sample("LAST", 1, midnight + 5_100, 9.3, 18.0, 9.6),
                        sample("MID", 3, midnight + 5_300, 9.7, 20.2, 10.2));
    }

    @Test
    void runsFollowOneAnotherOnOneTimeLineWhenAsked() {
        Instant start = Instant.parse("2026-01-01T00:00:00Z");
        OpenAccReader reader = reader();
        List<FollowingSample> samples = samples(
                reader.readSequentially(reader.named(List.of("b", "a")), start, Duration.ofSeconds(10)),
                new ArrayList<>());
        assertThat(samples).extracting(FollowingSample::trip).startsWith("b/MID", "a/MID", "a/LAST");
        assertThat(samples)
                .extracting(sample -> sample.timeMs() - start.toEpochMilli())
                .containsExactly(0L, 10_000L, 10_000L, 10_100L, 10_100L, 10_300L);
        assertThat(samples.get(0).actor()).isEqualTo(Actor.HUMAN);
        assertThat(samples.get(0).label()).isEqualTo("human");
    }

    @Test
    void runsAreChosenByTheirExpertInTheOrderAskedFor() {
        assertThat(reader().labelled("human", "acc-S"))
                .extracting(OpenAccRun::name)
                .containsExactly("b", "a");
        assertThatThrownBy(() -> reader().named(List.of("c")))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("expected one of the runs [a, b]")
                .hasMessageContaining("found c");
    }

    @Test
    void badRowsAreToldWithTheirPlaceAndTheRestIsRead() throws IOException {
        rows(
                "a",
                "5.0,1,LEAD,10.0,\n"
                        + "5.0,2,MID,fast,20.5\n"
                        + "5.0\n"
                        + "5.1,9,MID,9,20\n"
                        + ",2,MID,9,20\n"
                        + "5.1,2,MID,Infinity,20\n"
                        + "5.1,2,\"MID,9,20\n"
                        + "\n"
                        + "x".repeat(70_000) + "\n"
                        + "5.2,2,MID,9.7,20.2\n"
                        + "4.9,2,MID,9.7,20.2\n"
                        + "5.3,2,MID,9.7,20.1\n");
        List<Row.Bad> bad = new ArrayList<>();
        List<FollowingSample> samples = samples(reader().read(reader().named(List.of("a"))), bad);
        assertThat(samples).extracting(FollowingSample::sequence).containsExactly(2L, 3L);
        assertThat(bad)
                .extracting(Row.Bad::problem)
                .containsExactly(
                        Problem.NUMBER,
                        Problem.COLUMNS,
                        Problem.NUMBER,
                        Problem.NUMBER,
                        Problem.NUMBER,
                        Problem.QUOTES,
                        Problem.TOO_LONG,
                        Problem.TIME_BACKWARDS);
        assertThat(bad.get(0).describe()).endsWith("a.csv.gz:3:4: expected a number for speed_mps, found 'fast'");
        assertThat(bad.get(1).describe()).endsWith("a.csv.gz:4: expected at least 5 columns, found 1");
        assertThat(bad.get(0).text()).isEqualTo("5.0,2,MID,fast,20.5");
    }

    @Test
    void aFileThatIsCutOffGivesItsRowsAndSaysSo() throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 5_000; i++) {
            text.append(50 + i / 10.0).append(",2,MID,").append(Math.sin(i)).append(",20\n");
        }
        rows("a", text.toString());
        Path file = folder.resolve("runs/a.csv.gz");
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length / 2));
        List<Row.Bad> bad = new ArrayList<>();
        List<FollowingSample> samples = samples(reader().read(reader().named(List.of("a", "b"))), bad);
        assertThat(samples).hasSizeGreaterThan(500);
        assertThat(samples.get(samples.size() - 1).trip()).isEqualTo("b/MID");
        assertThat(bad).extracting(Row.Bad::problem).containsExactly(Problem.UNREADABLE);
        assertThat(bad.get(0).message()).contains("expected the file to go on, found its end");
    }

    @Test
    void aFolderWithoutTheLayoutIsRefusedWithWhatIsMissing() throws IOException {
        assertThatThrownBy(() -> OpenAccReader.open(folder.resolve("nowhere")))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("expected a folder with runs.csv");
        Files.writeString(folder.resolve("runs.csv"), "run,when\n");
        assertThatThrownBy(this::reader).hasMessageContaining("runs.csv:1: expected the columns");
        list("");
        assertThatThrownBy(this::reader).hasMessageContaining("expected at least one run, found none");
        list("""
                a,yesterday,acc,S,3,0.2,LEAD MID
                b,2019-10-08,robot,,3,0.2,LEAD MID
                z,2019-10-08,human,,3,0.2,LEAD MID
                a,2019-10-08
                a,2019-10-08,acc,S,3,long,LEAD
                """);
        assertThatThrownBy(this::reader)
                .hasMessageContaining("runs.csv:2: ")
                .hasMessageContaining("runs.csv:3: expected driver human, or acc")
                .hasMessageContaining("z.csv.gz, found none")
                .hasMessageContaining("runs.csv:5: expected 7 columns, found 2")
                .hasMessageContaining("expected a number of seconds for a, found 'long'");
    }

    @Test
    void aRunWithoutItsColumnsOrThatIsNoGzipIsRefused() throws IOException {
        Files.write(folder.resolve("runs/a.csv.gz"), gzip("time,speed\n"));
        assertThatThrownBy(() -> samples(reader().read(reader().runs()), new ArrayList<>()))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("a.csv.gz:1: expected the columns");
        Files.writeString(folder.resolve("runs/a.csv.gz"), ROWS_HEADER);
        assertThatThrownBy(() -> samples(reader().read(reader().runs()), new ArrayList<>()))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("expected a readable gzip file");
    }

    @Test
    void theBundledRunsHoldEnoughOfBothSettings() {
        OpenAccReader reader = OpenAccReader.open(BUNDLED);
        Map<String, Double> minutes = reader.runs().stream()
                .collect(Collectors.groupingBy(OpenAccRun::label, Collectors.summingDouble(run -> run.seconds() / 60)));
        assertThat(minutes.get("acc-S")).isGreaterThan(25);
        assertThat(minutes.get("acc-L")).isGreaterThan(10);
        assertThat(reader.labelled("human")).hasSize(1);
        List<Row.Bad> bad = new ArrayList<>();
        List<FollowingSample> samples = samples(
                reader.readSequentially(reader.runs(), Instant.parse("2026-01-01T00:00:00Z"), Duration.ofMinutes(1)),
                bad);
        assertThat(bad).isEmpty();
        assertThat(samples).hasSizeGreaterThan(200_000);
        long usable = samples.stream()
                .filter(s -> s.gapMeters() > 0.5 && s.gapMeters() < 60 && s.leaderSpeedMetersPerSecond() >= 0)
                .count();
        assertThat(usable / (double) samples.size()).isGreaterThan(0.85);
        for (int i = 1; i < samples.size(); i++) {
            assertThat(samples.get(i).timeMs())
                    .isGreaterThanOrEqualTo(samples.get(i - 1).timeMs());
        }
    }

    private OpenAccReader reader() {
        return OpenAccReader.open(folder);
    }

    private static FollowingSample sample(
            String vehicle, long sequence, long timeMs, double speed, double gap, double leaderSpeed) {
        return new FollowingSample(
                vehicle, "a/" + vehicle, sequence, timeMs, Actor.ASSISTANCE, "acc-S", speed, gap, leaderSpeed);
    }

    private static List<FollowingSample> samples(SampleSource source, List<Row.Bad> bad) {
        try (source) {
            return source.samples(bad::add).toList();
        }
    }

    private void list(String text) throws IOException {
        Files.writeString(folder.resolve("runs.csv"), LIST_HEADER + text);
    }

    private void rows(String run, String text) throws IOException {
        Files.write(folder.resolve("runs/" + run + ".csv.gz"), gzip(ROWS_HEADER + text));
    }

    static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }
}
