package dev.understudy.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.domain.TimeJumps;
import dev.understudy.driving.FollowingSample;
import dev.understudy.ingest.Row.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Kinds of trouble that files of real loggers and exporters have led to. */
class MappedKindsTest {
    private static final String HEADER = "t,car,v,gap,vl\n";

    @TempDir
    Path folder = Path.of("");

    private final List<Row.Bad> bad = new ArrayList<>();
    private List<String> notes = List.of();

    private static String mapping(String time, String more) {
        return """
                {%s "fields": {"vehicle": {"column": "car"}, "time": {"column": "t", %s}, "actor": {"default": "HUMAN"},
                  "speed": {"column": "v", "unit": "m/s"}, "gap": {"column": "gap", "unit": "m"},
                  "leaderSpeed": {"column": "vl", "unit": "m/s"}}}
                """.formatted(more, time);
    }

    private static final String MS = mapping("\"unit\": \"ms\"", "");
    private static final String ISO = mapping("\"unit\": \"ISO-8601\"", "");

    private Path file(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private List<FollowingSample> read(String mapping, Path... files) throws IOException {
        bad.clear();
        try (SampleSource source =
                MappedReader.open(file("mapping.json", mapping)).read(List.of(files))) {
            List<FollowingSample> samples = source.samples(bad::add).toList();
            notes = source.notes();
            return samples;
        }
    }

    private List<FollowingSample> read(String mapping, String rows) throws IOException {
        return read(mapping, file("a.csv", HEADER + rows));
    }

    // Cells under the wrong column

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1000,a,14,6,19,8,15,0", // decimal commas, cells shifted
                "1000,a,oops,14.6,19.8,15.0", // one too many
                "1000,a,14.6,19.8,15.0,x", // at the end
                "1000,a,14.6,19.8,15.0,,,1", // after empty ones
                "\"1000\",a,14.6,19.8,15.0,5", // quoted
                "1000,a,14.6,19.8" // one too few
            })
    void aRowOfAnotherWidthThanTheHeaderIsBad(String row) throws IOException {
        assertThat(read(MS, "900,a,1,2,3\n" + row + "\n")).hasSize(1);
        assertThat(bad).extracting(Row.Bad::problem).containsExactly(Problem.COLUMNS);
        assertThat(bad.get(0).describe())
                .contains("a.csv:3")
                .contains("expected")
                .contains("found");
    }

    @Test
    void emptyCellsBehindTheLastColumnAreNoCells() throws IOException {
        assertThat(read(MS, "1000,a,14.6,19.8,15.0,\n1100,a,14.6,19.8,15.0, ,\u00a0\n"))
                .hasSize(2);
        assertThat(bad).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "12f",
                "7d",
                "1F",
                "0x1p4",
                "0x10",
                "1_000",
                "inf",
                "-inf",
                "Infinity",
                "1e400",
                "1,5",
                "١٢",
                "+-1",
                "1.2.3",
                "1 2",
                "--1",
                "."
            })
    void whatIsNoDecimalNumberIsBad(String text) throws IOException {
        assertThat(read(MS, "1000,a,\"" + text + "\",2,3\n")).isEmpty();
        assertThat(bad).extracting(Row.Bad::problem).containsExactly(Problem.NUMBER);
        assertThat(bad.get(0).describe()).contains("for speed, found '" + text + "'");
    }

    @ParameterizedTest
    @CsvSource({"12,12", "+12.5,12.5", "-.5,-0.5", "5.,5", "1E1,10", "1.5e-1,0.15", "0012,12"})
    void decimalNumbersAreRead(String text, double value) throws IOException {
        assertThat(read(MS, "1000,a," + text + ",2,3\n").get(0).speedMetersPerSecond())
                .isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0x3E8", "1000f", "١٠٠٠", "1e400", "\"1,000\"", "NaN"})
    void whatIsNoTimeIsBad(String text) throws IOException {
        assertThat(read(MS, text + ",a,1,2,3\n")).isEmpty();
        assertThat(bad).extracting(Row.Bad::problem).containsExactly(Problem.TIME);
    }

    // Local time

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-05-04T08:00:00.1+02:00",
                "2026-05-04T08:00:00.100000+0200",
                "2026-05-04T08:00:00.1+02",
                "2026-05-04 08:00:00.1 +02:00",
                "\"2026-05-04T06:00:00,1Z\"",
                "2026-05-04t06:00:00.1z",
                "2026-05-04 06:00:00.1 UTC",
                "2026-05-04T06:00:00.1",
                "20260504T060000.1Z",
                "20260504T080000.1+0200",
                "2026-05-04T00:30:00.1-05:30",
                "2026-05-04T00:30:00.1\u221205:30",
                "2026-05-04T08:00:00.1+02:00[Europe/Berlin]"
            })
    void theUsualFormsOfIso8601AreRead(String text) throws IOException {
        List<FollowingSample> samples = read(ISO, text + ",a,1,2,3\n");
        assertThat(bad).isEmpty();
        assertThat(Instant.ofEpochMilli(samples.get(0).timeMs())).isEqualTo("2026-05-04T06:00:00.100Z");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-05-04",
                "04.05.2026 08:00:00",
                "05/04/2026 08:00:00 AM",
                "2026/05/04 08:00:00",
                "2026-02-30T08:00:00",
                "2026-05-04T25:00:00",
                "2026-05-04T24:00:01",
                "2026-0504T08:00:00",
                "2026-05-04T08:00:00+25:00",
                "08:00:00"
            })
    void whatIsNoTimeOfIso8601IsBad(String text) throws IOException {
        assertThat(read(ISO, text + ",a,1,2,3\n")).isEmpty();
        assertThat(bad).extracting(Row.Bad::problem).containsExactly(Problem.TIME);
        assertThat(bad.get(0).describe()).contains("found '" + text + "'").contains("'pattern'");
    }

    @Test
    void theEndOfADayIsTheBeginningOfTheNext() throws IOException {
        assertThat(Instant.ofEpochMilli(
                        read(ISO, "2026-05-04T24:00:00,a,1,2,3\n").get(0).timeMs()))
                .isEqualTo("2026-05-05T00:00:00Z");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "dd.MM.yyyy HH:mm:ss.SSSSSS|04.05.2026 08:00:00.100000|2026-05-04T06:00:00.1Z",
                "MM/dd/yyyy hh:mm:ss a|05/04/2026 08:00:00 pm|2026-05-04T18:00:00Z",
                "yyyy/MM/dd HH:mm:ss|2026/05/04 08:00:00|2026-05-04T06:00:00Z",
                "d MMM yyyy HH:mm|4 May 2026 08:00|2026-05-04T06:00:00Z",
                "dd.MM.yyyy HH:mm:ssXXX|04.05.2026 08:00:00+05:00|2026-05-04T03:00:00Z"
            })
    void otherFormsAreReadByTheirPattern(String pattern, String text, String time) throws IOException {
        List<FollowingSample> samples =
                read(mapping("\"pattern\": \"" + pattern + "\"", "\"zone\": \"Europe/Berlin\","), text + ",a,1,2,3\n");
        assertThat(bad).isEmpty();
        assertThat(Instant.ofEpochMilli(samples.get(0).timeMs())).isEqualTo(time);
        assertThatThrownBy(() -> read(mapping("\"pattern\": \"bb{\"", ""), "1,a,1,2,3\n"))
                .hasMessageContaining("expected fields.time.pattern like");
    }

    @Test
    void anHourThatComesTwiceIsTheLaterOnceTimeWouldRunBack() throws IOException {
        String berlin = mapping("\"unit\": \"ISO-8601\"", "\"zone\": \"Europe/Berlin\",");
        // 1:59 to 3:01 local: 2:00 to 2:59 comes twice, so that 3:01 is 122 minutes later.
        StringBuilder rows = new StringBuilder();
        for (int pass = 0; pass < 2; pass++) {
            for (int minute = 0; minute < 60; minute++) {
                rows.append("2026-10-25 02:%02d:00,a,1,2,3\n".formatted(minute));
                rows.append("2026-10-25 02:%02d:00,b,1,2,3\n".formatted(minute));
            }
        }
        List<FollowingSample> samples =
                read(berlin, "2026-10-25 01:59:00,a,1,2,3\n" + rows + "2026-10-25 03:00:00,a,1,2,3\n");
        for (String car : List.of("a", "b")) {
            List<Long> minutes = samples.stream()
                    .filter(sample -> sample.vehicle().equals(car))
                    .map(sample -> sample.timeMs() / 60_000)
                    .toList();
            for (int i = 1; i < minutes.size(); i++) {
                assertThat(minutes.get(i) - minutes.get(i - 1)).isEqualTo(1);
            }
        }
    }

    @Test
    void rowsALittleOutOfOrderInTheFirstPassStayThere() throws IOException {
        String berlin = mapping("\"unit\": \"ISO-8601\"", "\"zone\": \"Europe/Berlin\",");
        assertThat(
                        read(
                                berlin,
                                "2026-10-25 02:30:00.2,a,1,2,3\n2026-10-25 02:30:00.1,a,1,2,3\n2026-10-25 02:30:00.3,a,1,2,3\n"))
                .extracting(sample -> sample.timeMs() % 1000)
                .containsExactly(200L, 100L, 300L);
    }

    @Test
    void anHourThatClocksSkippedIsBad() throws IOException {
        String berlin = mapping("\"unit\": \"ISO-8601\"", "\"zone\": \"Europe/Berlin\",");
        assertThat(read(berlin, "2026-03-29 02:30:00,a,1,2,3\n")).isEmpty();
        assertThat(bad.get(0).describe()).contains("Europe/Berlin does not have: clocks were put forward");
    }

    @Test
    void timesThatStandStillAreNotedBeforeAnythingIsRead() throws IOException {
        String rows = IntStream.range(0, 60)
                .mapToObj(i -> "1767225600.%03d,a,1,2,3".formatted(100 * (i % 10)))
                .collect(Collectors.joining("\n"));
        read(MS, rows);
        assertThat(notes)
                .anySatisfy(note -> assertThat(note).contains("a.csv").contains("time does not advance"))
                .anySatisfy(note -> assertThat(note).contains("first times are in 1970"));
        read(mapping("\"unit\": \"s\"", ""), rows);
        assertThat(notes).isEmpty();
    }

    // Identity of a trip

    @Test
    void twoDaysInFilesOfOneNameAreTwoTrips() throws IOException {
        Path file = file("log.csv", HEADER + "2026-05-04T08:00:00Z,a,1,2,3\n2026-05-04T08:00:00.1Z,a,1,2,3\n");
        List<FollowingSample> monday = read(ISO, file);
        file("log.csv", HEADER + "2026-05-05T08:00:00Z,a,1,2,3\n2026-05-05T08:00:00.1Z,a,1,2,3\n");
        List<FollowingSample> tuesday = read(ISO, file);
        assertThat(monday).extracting(FollowingSample::trip).containsOnly(file + "@2026-05-04T08:00:00Z/a");
        assertThat(tuesday).extracting(FollowingSample::trip).containsOnly(file + "@2026-05-05T08:00:00Z/a");
    }

    @Test
    void aFileReadAgainGivesTheSameTripsAndSequences() throws IOException {
        Path file = file("log.csv", HEADER + "1000,a,1,2,3\n1100,a,1,2,3\n1100,b,1,2,3\n1250,a,1,2,3\n");
        assertThat(read(MS, file)).isEqualTo(read(MS, file));
    }

    @Test
    void aTripThatIsNamedKeepsItsNumbersFromFileToFile() throws IOException {
        String named = MS.replace("\"actor\"", "\"trip\": {\"default\": \"x\"}, \"actor\"");
        StringBuilder first = new StringBuilder(HEADER);
        StringBuilder second = new StringBuilder(HEADER);
        for (int i = 0; i < 40; i++) {
            (i < 30 ? first : new StringBuilder()).append(5_000 + 100 * i).append(",a,1,2,3\n");
            (i >= 20 ? second : new StringBuilder()).append(5_000 + 100 * i).append(",a,1,2,3\n");
        }
        List<FollowingSample> apart = new ArrayList<>(read(named, file("1.csv", first.toString())));
        apart.addAll(read(named, file("2.csv", second.toString())));
        assertThat(apart.stream()
                        .map(FollowingSample::sequence)
                        .distinct()
                        .sorted()
                        .toList())
                .isEqualTo(IntStream.range(50, 90).mapToObj(i -> (long) i).toList());
        assertThat(read(named, file("2.csv", second.toString()), file("1.csv", first.toString())).stream()
                        .map(FollowingSample::sequence)
                        .distinct())
                .hasSize(40);
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 10, 16, 17, 20, 33, 40, 90, 100, 110, 200})
    void everySampleOfATripHasANumberOfItsOwnAndTheyRise(int intervalMs) throws IOException {
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 300; i++) {
            rows.append(1_050 + intervalMs * i + i % 3).append(",a,1,2,3\n");
        }
        List<Long> numbers = read(MS, rows.toString()).stream()
                .map(FollowingSample::sequence)
                .toList();
        assertThat(numbers).hasSize(300).doesNotHaveDuplicates().isSorted();
    }

    // Clocks

    private static final String NAMED = MS.replace("\"actor\"", "\"trip\": {\"default\": \"x\"}, \"actor\"");

    /** Ten rows a second of car a. */
    private static String rows(long fromMs, long toMs) {
        return rows("a", fromMs, toMs);
    }

    private static String rows(String car, long fromMs, long toMs) {
        StringBuilder rows = new StringBuilder();
        for (long ms = fromMs; ms < toMs; ms += 100) {
            rows.append(ms).append(',').append(car).append(",1,2,3\n");
        }
        return rows.toString();
    }

    private static List<Long> sequences(List<FollowingSample> samples) {
        return samples.stream().map(FollowingSample::sequence).toList();
    }

    @Test
    void aClockThatIsPutBackBeginsAnotherTrip() throws IOException {
        List<FollowingSample> read =
                read(NAMED, rows(4_000_000, 4_010_000) + rows(3_995_000 - 10_000, 3_995_000) + rows(1000, 1200));
        assertThat(read).hasSize(202);
        assertThat(read.subList(0, 100)).extracting(FollowingSample::trip).containsOnly("x/a");
        assertThat(read.subList(100, 200)).extracting(FollowingSample::trip).containsOnly("x#2/a");
        assertThat(sequences(read.subList(100, 200)))
                .startsWith(39_850L, 39_851L)
                .endsWith(39_949L);
        assertThat(read.subList(200, 202))
                .as("two are too few to say so")
                .extracting(FollowingSample::trip)
                .containsOnly("x#2/a");
        assertThat(notes)
                .anySatisfy(note ->
                        assertThat(note).contains("another trip (TRIP#2)").contains("a.csv:102"));
    }

    @Test
    void aClockThatBeginsAtTheSameTimeAtEachStartBeginsAnotherTripEachTime() throws IOException {
        String start = rows(0, 20_000);
        List<FollowingSample> read = read(MS, start + start + start);
        assertThat(read)
                .extracting(sample -> sample.trip() + " " + sample.sequence())
                .doesNotHaveDuplicates();
        assertThat(read.get(599).trip()).endsWith("a.csv@1970-01-01T00:00:00Z#3/a");
    }

    @Test
    void anHourBackNeitherNumbersNorNamesDependOnHowTheFilesAreCut() throws IOException {
        String before = rows(7_200_000, 7_230_000);
        String after = rows(3_600_000, 3_660_000);
        List<FollowingSample> whole = read(NAMED, before + after);
        Path first = file("1.csv", HEADER + before + rows(3_600_000, 3_630_000));
        Path second = file("2.csv", HEADER + rows(3_630_000, 3_660_000));
        assertThat(read(NAMED, first, second)).isEqualTo(whole);
        Path again = file("3.csv", HEADER + before + rows(3_600_000, 3_630_000));
        assertThat(read(NAMED, first, second, again).stream().distinct()).hasSize(whole.size());
    }

    @ParameterizedTest
    @ValueSource(longs = {-3_600_000, -60_000, -15_000, 15_000, 30_000, 60_000, 69_000, 3_600_000})
    void aSingleWrongTimeIsNumberedByItsPlace(long wrong) throws IOException {
        for (int at : new int[] {0, 50}) {
            String rows = rows(3_600_000, 3_600_000 + 100L * at)
                    + (3_600_000 + 100L * at + wrong) + ",a,1,2,3\n"
                    + rows(3_600_000 + 100L * (at + 1), 3_610_000);
            List<FollowingSample> read = read(NAMED, rows);
            assertThat(sequences(read))
                    .isEqualTo(IntStream.range(36_000, 36_100)
                            .mapToObj(i -> (long) i)
                            .toList());
            List<FollowingSample> jumped = new ArrayList<>();
            assertThat(TimeJumps.pieces(read, jumped::add)).hasSize(1);
            assertThat(jumped).containsExactly(read.get(at));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {5_000, 15_000, 30_000, 60_000, 3_600_000})
    void aGapStaysAGap(long gapMs) throws IOException {
        List<FollowingSample> read = read(NAMED, rows(10_000, 20_000) + rows(20_000 + gapMs, 30_000 + gapMs));
        assertThat(read).extracting(FollowingSample::trip).containsOnly("x/a");
        assertThat(read).allSatisfy(sample -> assertThat(sample.sequence()).isEqualTo(sample.timeMs() / 100));
        assertThat(TimeJumps.pieces(read, sample -> assertThat(sample).isNull()))
                .hasSize(1);
    }

    @Test
    void rowsKeepTheirOrderWhileATimeIsDoubted() throws IOException {
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 2_000; i++) {
            rows.append(rows("b", 100L * i, 100L * i + 1));
            rows.append(i < 10 || i == 20 ? rows("a", 100L * i + (i == 20 ? 60_000 : 0), 100L * i + 60_001) : "");
        }
        List<FollowingSample> read = read(NAMED, rows.toString());
        assertThat(read).filteredOn(sample -> sample.vehicle().equals("b")).hasSize(2_000);
        assertThat(read)
                .filteredOn(sample -> sample.vehicle().equals("b"))
                .isSortedAccordingTo(Comparator.comparingLong(FollowingSample::timeMs));
    }

    @Test
    void timesAreTakenAtTheirWordWhereRowsAreToBeSorted() throws IOException {
        String sorted = NAMED.replaceFirst("\\{", "{\"sort\": true, ");
        List<FollowingSample> read = read(sorted, rows(100_000, 101_000) + rows(1_000, 2_000));
        assertThat(read).extracting(FollowingSample::trip).containsOnly("x/a");
        assertThat(sequences(read)).isSorted().startsWith(10L).endsWith(1009L);
    }

    // Mapping against document

    @Test
    void aDefaultHoldsWhereThereIsNoColumn() throws IOException {
        String mapping = MS.replace("\"unit\": \"m\"", "\"unit\": \"m\", \"default\": 20");
        assertThat(read(mapping, file("b.csv", "t,car,v,other,vl\n1000,a,1,2,3\n")))
                .extracting(FollowingSample::gapMeters)
                .containsExactly(20.0);
        assertThat(read(mapping, "1000,a,1,,3\n1100,a,1,7,3\n"))
                .extracting(FollowingSample::gapMeters)
                .containsExactly(20.0, 7.0);
    }

    @Test
    void valuesHoldForNumbersToo() throws IOException {
        String mapping = MS.replace(
                "\"unit\": \"m\"", "\"unit\": \"m\", \"values\": {\"-\": \"\", \"far\": \"99\", \"x\": null}");
        assertThat(read(mapping, "1000,a,1,-,3\n1100,a,1,far,3\n1200,a,1,x,3\n1300,a,1,5,3\n"))
                .extracting(FollowingSample::gapMeters)
                .containsExactly(Double.NaN, 99.0, Double.NaN, 5.0);
        assertThat(bad).isEmpty();
    }

    @Test
    void missingNumbersOfPythonAreMissing() throws IOException {
        Path json = file("a.jsonl", """
                {"t": 1000, "car": "a", "v": 1, "gap": NaN, "vl": 2}
                {"t": 1100, "car": "a", "v": 1, "gap": -Infinity, "vl": 2}
                {"t": 1200, "car": "a", "v": 1, "gap": 4, "vl": 2}
                """);
        assertThat(read(MS.replace("{ \"fields\"", "{\"format\": \"jsonl\", \"fields\""), json))
                .extracting(FollowingSample::gapMeters)
                .containsExactly(Double.NaN, 4.0);
        assertThat(bad).extracting(Row.Bad::problem).containsExactly(Problem.NUMBER);
    }

    @ParameterizedTest
    @CsvSource({"7,7", "7.0,7", "1e3,1000", "9007199254740993,9007199254740993"})
    void wholeNumbersAreSequencesHoweverTheyAreWritten(String text, long value) throws IOException {
        String mapping = MS.replace("\"actor\"", "\"sequence\": {\"column\": \"gap\"}, \"actor\"");
        assertThat(read(mapping, "1000,a,1," + text + ",3\n"))
                .extracting(FollowingSample::sequence)
                .containsExactly(value);
        assertThat(read(mapping, "1000,a,1,1.5,3\n")).isEmpty();
        assertThat(bad).extracting(Row.Bad::problem).containsExactly(Problem.NUMBER);
    }

    @Test
    void aMappingMayBeginWithAByteOrderMark() throws IOException {
        assertThat(read("\uFEFF" + MS, "1000,a,1,2,3\n")).hasSize(1);
    }

    // A batch that stops half way, and files that are not read

    @Test
    void everyHeaderIsCheckedBeforeAnythingIsRead() throws IOException {
        Path good = file("a.csv", HEADER + "1000,a,1,2,3\n");
        Path other = file("b.csv", "t,car,speed,gap,vl\n1000,a,1,2,3\n");
        Path third = file("c.csv", "");
        assertThatThrownBy(() -> read(MS, good, other, third))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("b.csv:1: expected the columns [v (speed)]")
                .hasMessageContaining("c.csv:1: expected the columns");
    }

    @Test
    void filesOfAFolderThatAreNotReadAreNamed() throws IOException {
        file("logs/A.CSV", HEADER + "1000,a,1,2,3\n");
        file("logs/b.tsv", HEADER);
        file("logs/c.csv.zip", "PK");
        file("logs/day1/d.csv", HEADER);
        assertThat(read(MS, folder.resolve("logs"))).hasSize(1);
        assertThat(notes).anySatisfy(note -> assertThat(note).contains("skipped [b.tsv, c.csv.zip, day1/]"));
        file("none/b.tsv", HEADER);
        assertThatThrownBy(() -> read(MS, folder.resolve("none"))).hasMessageContaining("skipped [b.tsv]");
    }

    // What exports contain

    @Test
    void otherEncodingsAndArchivesAreReadByTheirFirstBytes() throws IOException {
        String text = HEADER + "1000,a,1,2,3\n";
        Files.write(folder.resolve("a.csv"), ("\uFEFF" + text).getBytes(StandardCharsets.UTF_16LE));
        assertThat(read(MS, folder.resolve("a.csv"))).hasSize(1);
        Files.write(folder.resolve("a.csv"), ("\uFEFF" + text).getBytes(StandardCharsets.UTF_16BE));
        assertThat(read(MS, folder.resolve("a.csv"))).hasSize(1);
        Files.write(folder.resolve("packed.csv"), OpenAccReaderTest.gzip(text));
        assertThat(read(MS, folder.resolve("packed.csv"))).hasSize(1);
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(zipped)) {
            zip.putNextEntry(new ZipEntry("a.csv"));
            zip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        Files.write(folder.resolve("a.zip"), zipped.toByteArray());
        assertThat(read(MS, folder.resolve("a.zip"))).hasSize(1);
        ByteArrayOutputStream two = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(two)) {
            zip.putNextEntry(new ZipEntry("a.csv"));
            zip.putNextEntry(new ZipEntry("b.csv"));
        }
        Files.write(folder.resolve("b.zip"), two.toByteArray());
        assertThatThrownBy(() -> read(MS, folder.resolve("b.zip"))).hasMessageContaining("found 2; unpack it first");
        Files.write(folder.resolve("c.xz"), new byte[] {(byte) 0xFD, '7', 'z', 'X', 'Z', 0});
        assertThatThrownBy(() -> read(MS, folder.resolve("c.xz"))).hasMessageContaining("found an xz archive");
    }

    @Test
    void theMappingSaysDecimalCommasCommentsNamesAndFrames() throws IOException {
        assertThat(read(
                        mapping("\"unit\": \"s\"", "\"delimiter\": \";\", \"decimal\": \",\","),
                        file("a.csv", "t;car;v;gap;vl\n1000,1;a;14,5;19,25;15\n1000,2;a;1.234,5;1;1\n")))
                .singleElement()
                .satisfies(sample -> {
                    assertThat(sample.timeMs()).isEqualTo(1_000_100);
                    assertThat(sample.speedMetersPerSecond()).isEqualTo(14.5);
                });
        assertThat(read(
                        mapping("\"unit\": \"ms\"", "\"comment\": \"#\","),
                        file("b.csv", "# exported\n# by a logger\n" + HEADER + "1000,a,1,2,3\n# end\n")))
                .hasSize(1);
        assertThat(read(
                        mapping("\"unit\": \"ms\"", "\"header\": [\"t\", \"car\", \"v\", \"gap\", \"vl\"],"),
                        file("c.csv", "1000,a,1,2,3\n1100,a,1,2,3\n")))
                .hasSize(2);
        assertThat(read(
                        mapping("\"unit\": \"frame\", \"rate\": 25, \"origin\": \"2019-10-08T00:00:00Z\"", ""),
                        "50,a,1,2,3\n"))
                .extracting(sample -> Instant.ofEpochMilli(sample.timeMs()).toString())
                .containsExactly("2019-10-08T00:00:02Z");
        assertThatThrownBy(() -> read(mapping("\"unit\": \"frame\"", ""), "50,a,1,2,3\n"))
                .hasMessageContaining("fields.time.rate above 0");
    }

    @Test
    void namesOfColumnsMayDifferInCapitalsAndBlanks() throws IOException {
        assertThat(read(MS, file("a.csv", "T, Car ,V,GAP,\u00a0vl\n1000,a,1,2,3\n")))
                .hasSize(1);
        assertThatThrownBy(() -> read(MS, file("b.csv", "T,T,car,v,gap,vl\n"))).hasMessageContaining("[t (time)]");
    }
}
