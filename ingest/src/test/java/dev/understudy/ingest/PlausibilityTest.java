package dev.understudy.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.domain.Actor;
import dev.understudy.driving.FollowingSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On the bundled logs, as they are and in wrong units. */
class PlausibilityTest {
    private static final Path BUNDLED = Path.of("data/openacc-zalazone");
    private static final String UNITS = "units of";

    @TempDir
    Path folder = Path.of("");

    /** The bundled logs with other speeds and gaps. */
    private static final class Changed implements SampleSource {
        private final SampleSource source;
        private final double speedFactor;
        private final double gapFactor;
        private final double gapPlus;

        Changed(OpenAccReader reader, double speedFactor, double gapFactor, double gapPlus) {
            this.source = reader.read(reader.runs());
            this.speedFactor = speedFactor;
            this.gapFactor = gapFactor;
            this.gapPlus = gapPlus;
        }

        @Override
        public String describe() {
            return source.describe();
        }

        @Override
        public boolean hasNext() {
            return source.hasNext();
        }

        @Override
        public Row next() {
            Row row = source.next();
            if (!(row instanceof Row.Sample read)) {
                return row;
            }
            FollowingSample sample = read.sample();
            return new Row.Sample(
                    read.source(),
                    read.line(),
                    new FollowingSample(
                            sample.vehicle(),
                            sample.trip(),
                            sample.sequence(),
                            sample.timeMs(),
                            sample.actor(),
                            sample.label(),
                            sample.speedMetersPerSecond() * speedFactor,
                            sample.gapMeters() * gapFactor + gapPlus,
                            sample.leaderSpeedMetersPerSecond() * speedFactor));
        }

        @Override
        public void close() {
            source.close();
        }
    }

    private static List<String> remarks(double speedFactor, double gapFactor, double gapPlus) {
        return LogInspection.of(
                        new Changed(OpenAccReader.open(BUNDLED), speedFactor, gapFactor, gapPlus),
                        Duration.ofMillis(500),
                        EnumSet.of(Actor.HUMAN, Actor.ASSISTANCE))
                .remarks();
    }

    @Test
    void realLogsInRightUnitsAreNotDoubted() {
        assertThat(remarks(1, 1, 0))
                .noneSatisfy(remark -> assertThat(remark).contains(UNITS))
                .noneSatisfy(remark -> assertThat(remark).contains("front to front"));
    }

    @ParameterizedTest
    @CsvSource({
        "3.6, 1, speeds in km/h were read as m/s",
        "0.2778, 1, speeds in m/s were read as km/h",
        "2.237, 1, speeds in mph were read as m/s",
        "1, 3.281, gaps in ft were read as m",
        "1, 0.3048, gaps in m were read as ft",
        "3.281, 3.281, of the accelerations are beyond 3 m/s^2"
    })
    void wrongUnitsAreTold(double speedFactor, double gapFactor, String told) {
        assertThat(remarks(speedFactor, gapFactor, 0))
                .anySatisfy(remark ->
                        assertThat(remark).containsPattern("the units? of").contains(told));
    }

    @Test
    void aDistanceFromFrontToFrontIsTold() {
        assertThat(remarks(1, 1, 4.6))
                .anySatisfy(remark -> assertThat(remark).contains("stops the gap was never below"));
    }

    @Test
    void aGapThatIsNamedHeadwayIsDoubted() throws IOException {
        Path mapping = Files.writeString(folder.resolve("mapping.json"), """
                {"fields": {"vehicle": {"column": "car"}, "time": {"column": "t", "unit": "ms"},
                  "actor": {"default": "HUMAN"}, "speed": {"column": "v", "unit": "ft/s"},
                  "gap": {"column": "Space_Headway", "unit": "ft"}, "leaderSpeed": {"column": "vl", "unit": "ft/s"}}}
                """);
        Path log = Files.writeString(folder.resolve("log.csv"), "t,car,v,Space_Headway,vl\n1700000000000,a,30,67,30\n");
        assertThat(MappedReader.open(mapping).read(List.of(log)).notes())
                .singleElement()
                .asString()
                .contains("Space_Headway")
                .contains("bumper to bumper");
    }
}
