package dev.understudy.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.domain.Actor;
import dev.understudy.driving.FollowingSample;
import dev.understudy.ingest.Row.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedReaderTest {
    private static final Path GUIDE = Path.of("../docs/bring-your-own-logs.md");
    private static final String FIELDS = """
            "vehicle": {"column": "car"}, "time": {"column": "t", "unit": "ms"}, "actor": {"default": "HUMAN"},
            "speed": {"column": "v", "unit": "m/s"}, "gap": {"column": "g", "unit": "m"},
            "leaderSpeed": {"column": "lv", "unit": "m/s"}
            """;

    private final Path folder;

    MappedReaderTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private final List<Row.Bad> bad = new ArrayList<>();

    @Test
    void theWorkedExampleOfTheGuideReadsAsItSays() throws IOException {
        file("drive.csv", fromGuide("drive.csv"));
        List<FollowingSample> samples = read(fromGuide("mapping.json"), "drive.csv");
        assertThat(samples).hasSize(3);
        assertThat(samples).extracting(FollowingSample::trip).containsOnly("monday/golf");
        long firstNumber = Instant.parse("2026-05-04T06:00:00Z").toEpochMilli() / 100;
        assertThat(samples)
                .extracting(FollowingSample::sequence)
                .containsExactly(firstNumber, firstNumber + 1, firstNumber + 2);
        assertThat(samples)
                .extracting(FollowingSample::actor)
                .containsExactly(Actor.HUMAN, Actor.HUMAN, Actor.ASSISTANCE);
        FollowingSample first = samples.get(0);
        assertThat(Instant.ofEpochMilli(first.timeMs())).isEqualTo("2026-05-04T06:00:00Z");
        assertThat(first.label()).isEqualTo("my-fleet");
        // 36 km/h / 3.6 = 10 m/s; 65.6 ft * 0.3048 = 19.99 m; 39.6 / 3.6 = 11 m/s
        assertThat(first.speedMetersPerSecond()).isCloseTo(10, Offset.offset(1e-9));
        assertThat(first.gapMeters()).isCloseTo(19.99488, Offset.offset(1e-9));
        assertThat(first.leaderSpeedMetersPerSecond()).isCloseTo(11, Offset.offset(1e-9));
        assertThat(samples.get(2).gapMeters()).isNaN();
        assertThat(bad).hasSize(1);
        assertThat(bad.get(0).describe()).endsWith("drive.csv:5:5: expected a number in km/h for speed, found 'fast'");
        assertThat(Files.readString(GUIDE))
                .contains("drive.csv:5:5: expected a number in km/h for speed, found 'fast'");
    }

    @Test
    void timesAreReadInEveryUnit() throws IOException {
        long ms = Instant.parse("2026-05-04T06:00:00.100Z").toEpochMilli();
        assertThat(timeOf(Double.toString(ms / 1e3), "s", "")).isEqualTo(ms);
        assertThat(timeOf(Long.toString(ms), "ms", "")).isEqualTo(ms);
        assertThat(timeOf(ms + "000", "us", "")).isEqualTo(ms);
        assertThat(timeOf(ms + "123456", "ns", "")).isEqualTo(ms);
        assertThat(timeOf("0.1", "s", ", \"origin\": \"2026-05-04T06:00:00Z\"")).isEqualTo(ms);
        assertThat(timeOf("2026-05-04T08:00:00.1+02:00", "ISO-8601", "")).isEqualTo(ms);
        assertThat(timeOf("2026-05-04T06:00:00.1Z", "ISO-8601", "")).isEqualTo(ms);
        assertThat(timeOf("2026-05-04 06:00:00.1", "ISO-8601", "")).isEqualTo(ms);
    }

    @Test
    void speedsAndGapsBecomeMetersAndSeconds() throws IOException {
        // 100 mph = 44.704 m/s; 100 ft = 30.48 m; 1 kn = 1852 m / 3600 s
        assertThat(speedOf("mph")).isCloseTo(44.704, Offset.offset(1e-9));
        assertThat(speedOf("ft/s")).isCloseTo(30.48, Offset.offset(1e-9));
        assertThat(speedOf("kn")).isCloseTo(185200 / 3600.0, Offset.offset(1e-9));
        assertThat(speedOf("km/h")).isCloseTo(100 / 3.6, Offset.offset(1e-9));
        assertThat(speedOf("m/s")).isEqualTo(100);
    }

    @Test
    void takeoversAreReadInTheWordsOfTheLog() throws IOException {
        file("a.csv", """
                car,t,v,g,lv,by
                a,1000,1,2,3,taken
                a,1100,1,2,3,auto
                a,1200,1,2,3,
                a,1300,1,2,3,perhaps
                """);
        List<FollowingSample> samples = read(
                "{\"fields\": {" + FIELDS
                        + ", \"engaged\": {\"column\": \"by\", \"values\": {\"taken\": \"true\", \"auto\": \"false\"}}}}",
                "a.csv");
        assertThat(samples).extracting(FollowingSample::engaged).containsExactly(true, false, false);
        assertThat(bad).extracting(Row.Bad::describe).singleElement().satisfies(told -> assertThat(told)
                .endsWith("a.csv:5:6: expected true or false for engaged, found 'perhaps'"));
    }

    @Test
    void jsonLinesAreReadByMemberAndByPointer() throws IOException {
        file("a.jsonl", """
                {"car":"a","t":1000,"v":1.5,"front":{"gap":12,"speed":2},"n":17}
                not json
                {"car":"a","t":1100,"v":null,"front":{}}
                [1]
                {"car":"a","t":1200,"v":{"x":1}}
                {"car":"a"} {"car":"b"}
                """);
        List<FollowingSample> samples = read("""
                {"format": "jsonl", "fields": {
                  "vehicle": {"column": "car"}, "time": {"column": "t", "unit": "ms"}, "actor": {"default": "HUMAN"},
                  "speed": {"column": "v", "unit": "m/s"}, "gap": {"column": "/front/gap", "unit": "m"},
                  "leaderSpeed": {"column": "/front/speed", "unit": "m/s"}}}
                """, "a.jsonl");
        assertThat(samples).hasSize(2);
        assertThat(samples.get(0).gapMeters()).isEqualTo(12);
        assertThat(samples.get(1).speedMetersPerSecond()).isNaN();
        assertThat(samples.get(1).gapMeters()).isNaN();
        assertThat(bad)
                .extracting(Row.Bad::problem)
                .containsExactly(Problem.JSON, Problem.JSON, Problem.JSON, Problem.JSON);
        assertThat(bad.get(0).line()).isEqualTo(2);
        assertThat(bad.get(0).column()).isPositive();
    }

    @Test
    void everyKindOfBadRowHasItsReasonAndPlace() throws IOException {
        file("a.csv", """
                car,t,v,g,lv
                a,1000,1,2,3
                a,1100
                ,1200,1,2,3
                a,,1,2,3
                a,soon,1,2,3
                a,99999999999999,1,2,3
                a,1300,1,2m,3
                a,1400,1,-Infinity,3
                "a,1500,1,2,3
                a,1600,NaN,NA,null
                """);
        List<FollowingSample> samples = read("{\"fields\": {" + FIELDS + "}}", "a.csv");
        assertThat(samples).extracting(FollowingSample::sequence).containsExactly(10L, 16L);
        assertThat(bad)
                .extracting(Row.Bad::problem)
                .containsExactly(
                        Problem.COLUMNS,
                        Problem.MISSING,
                        Problem.MISSING,
                        Problem.TIME,
                        Problem.TIME,
                        Problem.NUMBER,
                        Problem.NUMBER,
                        Problem.QUOTES);
        assertThat(bad.get(1).describe()).endsWith("a.csv:4:1: expected a value for vehicle, found none");
        assertThat(bad.get(4).describe())
                .contains("a.csv:7:2: expected a time between 1970 and 2200")
                .contains("unit");
    }

    @Test
    void anUnknownActorIsABadRow() throws IOException {
        file("a.csv", "car,t,v,who\na,1000,1,robot\n");
        read("""
                {"fields": {"vehicle": {"column": "car"}, "time": {"column": "t", "unit": "ms"},
                  "actor": {"column": "who", "values": {"me": "HUMAN"}}, "speed": {"column": "v", "unit": "m/s"}}}
                """, "a.csv");
        assertThat(bad.get(0).describe()).endsWith("a.csv:2:4: expected one of [me] for actor, found 'robot'");
    }

    @Test
    void packedFilesOtherDelimitersAndByteOrderMarksAreRead() throws IOException {
        Files.write(folder.resolve("a.csv.gz"), OpenAccReaderTest.gzip("\uFEFFcar;t;v;g;lv\r\n\"a\";1000;1;2;3\r\n"));
        assertThat(read("{\"delimiter\": \";\", \"fields\": {" + FIELDS + "}}", "a.csv.gz"))
                .hasSize(1);
        assertThat(bad).isEmpty();
    }

    @Test
    void sortingPutsSeveralCarsIntoTheOrderOfTime() throws IOException {
        file("a.csv", "car,t,v,g,lv\na,1000,1,2,3\na,1100,1,2,3\nb,1000,1,2,3\nb,1100,1,2,3\n");
        assertThat(read("{\"sort\": true, \"fields\": {" + FIELDS + "}}", "a.csv"))
                .extracting(FollowingSample::vehicle)
                .containsExactly("a", "b", "a", "b");
    }

    @Test
    void aFolderIsReadFileByFile() throws IOException {
        file("2.csv", "car,t,v,g,lv\nb,1000,1,2,3\n");
        file("1.csv", "v,g,lv,t,car\n1,2,3,1000,a\n");
        file("notes.txt", "no log");
        assertThat(read("{\"fields\": {" + FIELDS + "}}", "."))
                .extracting(FollowingSample::vehicle)
                .containsExactly("a", "b");
    }

    @Test
    void everyProblemOfAMappingIsToldAtOnce() {
        assertThatThrownBy(() -> read("""
                        {"format": "xml", "delimiter": "||", "zone": "Mars", "stepMs": 0, "sort": "yes", "speed": 1,
                         "fields": {"vehicle": {"col": "car"}, "time": {"column": "t"}, "speeed": {"column": "v"},
                                    "actor": {"default": "ROBOT"}, "gap": {"column": "g", "unit": "parsec"},
                                    "leaderSpeed": {"default": "fast"}}}
                        """, "a.csv"))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("expected format csv or jsonl, found 'xml'")
                .hasMessageContaining("expected a delimiter of one character, found '||'")
                .hasMessageContaining("found 'Mars'")
                .hasMessageContaining("expected stepMs of 1 or more, found 0")
                .hasMessageContaining("expected sort true or false")
                .hasMessageContaining("found the unknown key 'speed'")
                .hasMessageContaining("found the unknown key 'fields.vehicle.col'")
                .hasMessageContaining("expected a column or a default for fields.vehicle, found neither")
                .hasMessageContaining("fields.time.unit of [ISO-8601, frame, ms, ns, s, us], found none")
                .hasMessageContaining("found 'speeed'")
                .hasMessageContaining("for fields.actor.default, found 'ROBOT'")
                .hasMessageContaining("fields.gap.unit of [ft, km, m], found 'parsec'")
                .hasMessageContaining("expected a number for fields.leaderSpeed.default, found 'fast'")
                .hasMessageContaining("expected the field speed, found none");
        assertThatThrownBy(() -> read("{\"fields\": ", "a.csv")).hasMessageContaining("mapping.json:1:");
        assertThatThrownBy(() -> read("[]", "a.csv"))
                .hasMessageContaining("expected an object with an object 'fields'");
    }

    @Test
    void missingFilesAndColumnsAreNamed() throws IOException {
        assertThatThrownBy(() -> MappedReader.open(folder.resolve("none.json")))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("none.json, found none");
        assertThatThrownBy(() -> read("{\"fields\": {" + FIELDS + "}}", "none.csv"))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("none.csv, found none");
        file("a.csv", "car,t,v\n");
        assertThatThrownBy(() -> read("{\"fields\": {" + FIELDS + "}}", "a.csv"))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("a.csv:1: expected the columns [g (gap), lv (leaderSpeed)]")
                .hasMessageContaining("found [car, t, v]");
        file("empty.csv", "");
        assertThatThrownBy(() -> read("{\"fields\": {" + FIELDS + "}}", "empty.csv"))
                .hasMessageContaining("found []");
    }

    @Test
    void noFileOfNoiseBreaksTheReaders() throws IOException {
        long seed = 4711;
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 200; round++) {
            byte[] noise = new byte[random.nextInt(2_000)];
            random.nextBytes(noise);
            for (String format : List.of("csv", "jsonl")) {
                Path file = folder.resolve("noise." + format);
                Files.write(file, "car,t,v,g,lv\na,1000,1,2,3\n".getBytes(StandardCharsets.UTF_8));
                Files.write(file, noise, StandardOpenOption.APPEND);
                read("{\"format\": \"" + format + "\", \"fields\": {" + FIELDS + "}}", "noise." + format);
            }
        }
        assertThat(bad).describedAs("seed %d", seed).isNotEmpty();
    }

    private long timeOf(String text, String unit, String more) throws IOException {
        file("t.csv", "car,t,v\na," + text + ",1\n");
        return read("""
                        {"fields": {"vehicle": {"column": "car"}, "time": {"column": "t", "unit": "%s"%s},
                          "actor": {"default": "HUMAN"}, "speed": {"column": "v", "unit": "m/s"}}}
                        """.formatted(unit, more), "t.csv").get(0).timeMs();
    }

    private double speedOf(String unit) throws IOException {
        file("v.csv", "car,t,v\na,1000,100\n");
        return read("""
                        {"fields": {"vehicle": {"column": "car"}, "time": {"column": "t", "unit": "ms"},
                          "actor": {"default": "HUMAN"}, "speed": {"column": "v", "unit": "%s"}}}
                        """.formatted(unit), "v.csv").get(0).speedMetersPerSecond();
    }

    private List<FollowingSample> read(String mapping, String file) throws IOException {
        file("mapping.json", mapping);
        try (SampleSource source =
                MappedReader.open(folder.resolve("mapping.json")).read(List.of(folder.resolve(file)))) {
            return source.samples(bad::add).toList();
        }
    }

    private void file(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    /** The code block of the guide below the comment with this name. */
    private static String fromGuide(String name) throws IOException {
        String guide = Files.readString(GUIDE);
        int marker = guide.indexOf("<!-- " + name + " -->");
        int start = guide.indexOf('\n', guide.indexOf("```", marker)) + 1;
        return guide.substring(start, guide.indexOf("```", start));
    }
}
