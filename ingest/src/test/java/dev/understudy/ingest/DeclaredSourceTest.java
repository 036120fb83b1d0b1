package dev.understudy.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import dev.understudy.control.ControlStep;
import dev.understudy.domain.Actor;
import dev.understudy.ingest.Row.Problem;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each test stands for a kind of thing that real exports have. */
class DeclaredSourceTest {
    private static final String SECONDS = "{\"column\": \"t\", \"unit\": \"s\"}";
    private static final String TWO_ROWS = "t,v,u\n1767225600.000,14.6,0.1\n1767225600.100,14.7,0.2\n";

    private final Path folder;
    private final List<Row.Bad> bad = new ArrayList<>();
    private List<String> notes = List.of();

    DeclaredSourceTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private PolicyFile policy(String time, String more) throws IOException {
        Path file = Files.writeString(folder.resolve("policy.json"), """
                {"name": "test", "stepMs": 100, "time": %s,
                 "observations": [{"column": "v", "unit": "m/s", "values": {"-": ""}}],
                 "actions": [{"column": "u", "range": [-1, 1]}]%s}
                """.formatted(time, more));
        return PolicyFile.read(file);
    }

    private List<ControlStep> read(PolicyFile policy, Path... files) {
        try (DeclaredSource source = new DeclaredSource(policy, List.of(files))) {
            List<ControlStep> samples = new ArrayList<>();
            source.forEachRemaining(row -> {
                if (row instanceof Row.Step read) {
                    samples.add(read.sample());
                } else if (row instanceof Row.Bad wrong) {
                    bad.add(wrong);
                }
            });
            notes = source.notes();
            return samples;
        }
    }

    private Path file(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private List<ControlStep> readText(String text) throws IOException {
        return read(policy(SECONDS, ""), file("a.csv", text));
    }

    private static void areTheTwoRows(List<ControlStep> samples) {
        assertThat(samples).extracting(each -> each.observation()[0]).containsExactly(14.6f, 14.7f);
        assertThat(samples)
                .extracting(each -> Objects.requireNonNull(each.action())[0])
                .containsExactly(0.1f, 0.2f);
        assertThat(samples).extracting(ControlStep::timeMs).containsExactly(1767225600000L, 1767225600100L);
        assertThat(samples).extracting(ControlStep::sequence).containsExactly(0L, 1L);
    }

    @Test
    void aPlainFileIsReadWithEverythingByDefault() throws IOException {
        List<ControlStep> samples = readText(TWO_ROWS);
        areTheTwoRows(samples);
        assertThat(samples.get(0).entity()).isEqualTo("a");
        assertThat(samples.get(0).episode()).isEqualTo("a.csv@2026-01-01T00:00:00Z/a");
        assertThat(samples.get(0).actor()).isEqualTo(Actor.HUMAN);
        assertThat(notes).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '!',
            value = {
                "'t;v;u~1767225600.000;14.6;0.1~1767225600.100;14.7;0.2~'!separated by ';'",
                "'t\tv\tu~1767225600.000\t14.6\t0.1~1767225600.100\t14.7\t0.2~'!separated by tabs",
                "'t   v u~1767225600.000  14.6\t0.1~ 1767225600.100 14.7 0.2'!separated by blanks",
                "'t;v;u~1767225600,000;14,6;0,1~1767225600,100;14,7;0,2~'!decimal comma",
                "'# made by a logger~# start~t,v,u~1767225600.000,14.6,0.1~# pause~1767225600.100,14.7,0.2'!",
                "'Logger 3.1~Car;red~t,v,u~1767225600.000,14.6,0.1~1767225600.100,14.7,0.2'!passed over 2 lines",
                "'t,v,u~s,m/s,~1767225600.000,14.6,0.1~1767225600.100,14.7,0.2'!row of units",
                "'t,v,u~1767225600.000,14.6 m/s,0.1~1767225600.100,14.7m/s,0.2'!",
                "'\"t\",\"V (m/s)\",\"u [1]\"~\"1767225600.000\",\"14.6\",0.1~1767225600.100,14.7,0.2'!",
                "' t ,V , U~1.7672256e9,14.6, 0.1 ~1767225600.100,1.47e1,2e-1'!",
                "'x,t,v,y,u,~9,1767225600.000,14.6,,0.1,~9,1767225600.100,14.7,,0.2,'!",
                "'{\"t\":1767225600.0,\"v\":14.6,\"u\":0.1}~{\"t\":\"1767225600.1\",\"v\":\"14.7\",\"u\":0.2}'!",
                "'[~{\"t\":1767225600.0,\"v\":14.6,\"u\":0.1},~{\"t\":1767225600.1,\"v\":14.7,\"u\":0.2}~]'!",
                "'[{\"t\":1767225600.0,\"v\":14.6,\"u\":0.1},{\"t\":1767225600.1,\"v\":14.7,\"u\":0.2}]'!",
            })
    void whatExportsLookLikeIsReadAndSaid(String text, String note) throws IOException {
        areTheTwoRows(readText(text.replace("~", "\r\n")));
        assertThat(bad).isEmpty();
        assertThat(notes).hasSize(note == null ? 0 : note.contains("comma") ? 2 : 1);
        if (note != null) {
            assertThat(notes.get(notes.size() - 1)).contains(note);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16LE", "UTF-16BE", "UTF-8"})
    void byteOrderMarksSayTheEncoding(String encoding) throws IOException {
        Path file = folder.resolve("a.csv");
        Files.write(file, ("\uFEFF" + TWO_ROWS).getBytes(Charset.forName(encoding)));
        areTheTwoRows(read(policy(SECONDS, ""), file));
    }

    @Test
    void packedFilesAreReadByWhatTheyAre() throws IOException {
        byte[] text = TWO_ROWS.getBytes(StandardCharsets.UTF_8);
        for (String kind : List.of("gz", "zst", "zip")) {
            Path file = folder.resolve("a.csv." + kind);
            try (OutputStream out = Files.newOutputStream(file);
                    OutputStream packed =
                            switch (kind) {
                                case "gz" -> new GZIPOutputStream(out);
                                case "zst" -> new ZstdOutputStream(out);
                                default -> zip(out);
                            }) {
                packed.write(text);
            }
            areTheTwoRows(read(policy(SECONDS, ""), file));
        }
    }

    private static ZipOutputStream zip(OutputStream out) throws IOException {
        ZipOutputStream zip = new ZipOutputStream(out);
        zip.putNextEntry(new ZipEntry("drive/a.csv"));
        return zip;
    }

    @Test
    void whatIsCutOffEndsWithABadRow() throws IOException {
        Path whole = folder.resolve("whole.csv.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(whole))) {
            out.write("t,v,u\n".getBytes(StandardCharsets.UTF_8));
            for (int i = 0; i < 20_000; i++) {
                out.write("%d.%d,%d,0.5%n"
                        .formatted(1767225600 + i / 10, i % 10, i * 7919 % 997)
                        .getBytes(StandardCharsets.UTF_8));
            }
        }
        byte[] bytes = Files.readAllBytes(whole);
        Path cut = folder.resolve("cut.csv.gz");
        Files.write(cut, java.util.Arrays.copyOf(bytes, bytes.length * 2 / 3));
        List<ControlStep> samples = read(policy(SECONDS, ""), cut);
        assertThat(samples).hasSizeBetween(8_000, 19_999);
        assertThat(bad).last().extracting(Row.Bad::problem).isEqualTo(Problem.UNREADABLE);
        for (int length = 0; length < bytes.length; length += 997) {
            Path shorter = Files.write(folder.resolve("shorter.csv.gz"), java.util.Arrays.copyOf(bytes, length));
            try {
                assertThat(read(policy(SECONDS, ""), shorter).size()).isLessThan(20_000);
            } catch (IngestException e) {
                assertThat(e).hasMessageContaining("shorter.csv.gz");
            }
        }
    }

    @Test
    void badRowsAreToldWithTheirPlaceAndOthersAreKept() throws IOException {
        List<ControlStep> samples = readText("""
                t,v,u
                1767225600.0,14.6,0.1
                1767225600.1,fast,0.1
                1767225600.2,12f,0.1
                1767225600.3,14,6,0,1
                1767225600.4
                ,1,0.1
                noon,1,0.1
                1767225600.5,"1,0.1
                1767225600.6,-,0.1
                1767225600.7,2,
                """);
        assertThat(bad.stream()
                        .map(each -> each.describe().substring(each.describe().indexOf("a.csv"))))
                .containsExactly(
                        "a.csv:3:2: expected a number in m/s for v, found 'fast'",
                        "a.csv:4:2: expected a number in m/s for v, found '12f'",
                        "a.csv:5:4: expected 3 columns as in the header, found 5 (is the delimiter part of a number?)",
                        "a.csv:6: expected at least 2 columns, found 1",
                        "a.csv:7:1: expected a value for time, found none",
                        "a.csv:8:1: expected a time in s, found 'noon'",
                        "a.csv:9: expected quotes that match on the line, found a quote that is never closed");
        assertThat(samples).hasSize(3);
        assertThat(samples.get(1).observation()[0]).isNaN();
        assertThat(samples.get(2).action()).isNull();
    }

    @Test
    void headersOfAllFilesAreCheckedBeforeAnythingIsRead() throws IOException {
        Path good = file("a.csv", TWO_ROWS);
        Path other = file("b.csv", "t,speed,u\n1,2,0.3\n");
        Path twice = file("c.csv", "t,v,u,v\n1,2,0.3,4\n");
        Path empty = file("d.csv", "");
        PolicyFile policy = policy(SECONDS, "");
        assertThatThrownBy(() -> new DeclaredSource(policy, List.of(good, other, twice, empty)))
                .hasMessageContaining("b.csv:1: expected the columns [v], found [t, speed, u]")
                .hasMessageContaining("c.csv:1: expected the column v once, found it in cells [2, 4] (name one as v#2)")
                .hasMessageContaining("d.csv: expected a header with the columns [t, v, u], found no line of text");
    }

    @Test
    void foldersAreReadWithThoseInThemAndOtherFilesAreNamed() throws IOException {
        file("logs/2026/a.TSV", TWO_ROWS.replace(',', '\t'));
        file("logs/a.csv", TWO_ROWS.replace("14.6", "3.5"));
        file("logs/video.mp4", "no log");
        List<ControlStep> samples = read(policy(SECONDS, ""), folder.resolve("logs"));
        assertThat(samples).hasSize(4);
        assertThat(samples)
                .extracting(ControlStep::episode)
                .containsOnly("a.TSV@2026-01-01T00:00:00Z/a", "a.csv@2026-01-01T00:00:00Z/a");
        assertThat(notes).anySatisfy(note -> assertThat(note).contains("skipped [video.mp4]"));
    }

    @Test
    void rowsOfConstantRateNeedNoTime() throws IOException {
        List<ControlStep> samples = read(
                policy("{\"rate\": 20, \"origin\": \"2026-01-01T00:00:00Z\"}", ""),
                file("a.csv", "v,u\n1,0\n2,0\n3,0\n"));
        assertThat(samples)
                .extracting(ControlStep::timeMs)
                .containsExactly(1767225600000L, 1767225600050L, 1767225600100L);
    }

    @Test
    void framesAndPatternsAndZonesAreTimes() throws IOException {
        assertThat(read(
                                policy("{\"column\": \"t\", \"unit\": \"frame\", \"rate\": 25}", ""),
                                file("a.csv", "t,v,u\n50,1,0\n"))
                        .get(0)
                        .timeMs())
                .isEqualTo(2000);
        assertThat(read(
                                policy(
                                        "{\"column\": \"t\", \"pattern\": \"dd.MM.yyyy HH:mm:ss\"}",
                                        ", \"source\": {\"zone\": \"Europe/Berlin\"}"),
                                file("b.csv", "t,v,u\n04.05.2026 08:00:00,1,0\n"))
                        .get(0)
                        .timeMs())
                .isEqualTo(Instant.parse("2026-05-04T06:00:00Z").toEpochMilli());
        // Clocks were put back at 3:00: the second half past two is an hour later.
        List<ControlStep> autumn = read(
                policy("{\"column\": \"t\", \"unit\": \"ISO-8601\"}", ", \"source\": {\"zone\": \"Europe/Berlin\"}"),
                file("c.csv", "t,v,u\n2026-10-25 02:59:59,1,0\n2026-10-25T02:00:00,1,0\n2026-10-25T02:00:00.1Z,1,0\n"));
        assertThat(autumn)
                .extracting(ControlStep::timeMs)
                .containsExactly(
                        Instant.parse("2026-10-25T00:59:59Z").toEpochMilli(),
                        Instant.parse("2026-10-25T01:00:00Z").toEpochMilli(),
                        Instant.parse("2026-10-25T02:00:00.1Z").toEpochMilli());
    }

    @Test
    void filesWithoutHeaderAndFilesOutOfOrder() throws IOException {
        PolicyFile policy = policy(SECONDS, """
                , "source": {"header": ["t", "v", "u"], "sort": true}, "entity": {"default": "car"},
                 "episode": {"default": "drive"}
                """);
        List<ControlStep> samples = read(
                policy, file("b.csv", "1767225600.2,2,0\n1767225600.0,0,0\n"), file("a.csv", "1767225600.1,1,0\n"));
        assertThat(samples).extracting(each -> each.observation()[0]).containsExactly(0f, 1f, 2f);
        assertThat(samples).extracting(ControlStep::sequence).containsExactly(0L, 1L, 2L);
        assertThat(samples).extracting(ControlStep::episode).containsOnly("drive/car");
    }

    @Test
    void oneWrongTimeCostsOneSample() throws IOException {
        StringBuilder text = new StringBuilder("t,v,u\n");
        for (int i = 0; i < 400; i++) {
            text.append("%.1f,%d,0.5%n".formatted((i == 200 ? 1782000000.0 : 1767225600.0) + i / 10.0, i));
        }
        DeclaredLog.Read read = DeclaredLog.read(policy(SECONDS, ""), List.of(file("a.csv", text.toString())));
        assertThat(read.found().rejectedByReason())
                .containsEntry("TIME_JUMP", 1L)
                .hasSize(1);
        assertThat(read.steps()).hasSizeGreaterThanOrEqualTo(399);
    }

    @Test
    void aLogThatIsTooSlowSaysWhatToDo() throws IOException {
        StringBuilder text = new StringBuilder("t,v,u\n");
        for (int i = 0; i < 50; i++) {
            text.append("%d,%d,0.5%n".formatted(1767225600 + i, i));
        }
        Path file = file("a.csv", text.toString());
        DeclaredLog.Read read = DeclaredLog.read(policy(SECONDS, ""), List.of(file));
        assertThat(read.found().remarks())
                .contains(
                        "samples come every 1000 ms (1.00 Hz) in the slowest episode, and values count for 200 ms: give sampling.maxAgeMs, or a longer stepMs than 100");
        DeclaredLog.Read filled =
                DeclaredLog.read(policy(SECONDS, ", \"sampling\": {\"maxAgeMs\": 1500}"), List.of(file));
        assertThat(filled.steps()).hasSize(491);
        assertThat(filled.trajectories()).hasSize(1);
    }
}
