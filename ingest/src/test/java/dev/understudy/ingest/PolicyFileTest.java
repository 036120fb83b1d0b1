package dev.understudy.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.understudy.control.Declaration;
import dev.understudy.control.Signal;
import dev.understudy.domain.Actor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyFileTest {
    private static final Path EXAMPLE = Path.of("../docs/examples/steering.json");

    private final Path folder;

    PolicyFileTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private PolicyFile read(String name, String text) throws IOException {
        return PolicyFile.read(Files.writeString(folder.resolve(name), text));
    }

    @Test
    void theExampleOfTheGuideDeclaresWhatItSays() throws IOException {
        Declaration steering = PolicyFile.read(EXAMPLE).policy().declaration();
        assertThat(Files.readAllLines(EXAMPLE)).hasSizeLessThanOrEqualTo(40);
        assertThat(steering.name()).isEqualTo("steering");
        assertThat(steering.stepMs()).isEqualTo(50);
        assertThat(steering.longestGapMs()).isEqualTo(100);
        assertThat(steering.observationSize()).isEqualTo(10);
        assertThat(steering.signals()).extracting(Signal::isLinear).containsOnly(true);
        assertThat(steering.numbers().get(0).perSecond()).isEqualTo(10);
        assertThat(steering.experts()).containsExactlyInAnyOrder(Actor.HUMAN, Actor.ASSISTANCE);
    }

    @Test
    void yamlSaysTheSame() throws IOException {
        PolicyFile yaml = read("steering.yaml", """
                name: steering
                stepMs: 50
                time: {column: timestamp_ns, unit: ns}
                observations:
                  - {column: speed_mps, unit: m/s, range: [0, 60]}
                  - {column: torque_nm, unit: N m, range: [-30, 30], lags: [0, 1, 2]}
                  - {column: steering_rad, unit: rad, range: [-10, 10], lags: [1, 2, 3, 4, 5, 6]}
                actions:
                  - {column: steering_rad, unit: rad, range: [-10, 10], perSecond: 10}
                sampling: {method: linear, maxAgeMs: 100}
                """);
        assertThat(yaml.policy()).isEqualTo(PolicyFile.read(EXAMPLE).policy());
        assertThat(yaml.policy().fingerprint())
                .isEqualTo(PolicyFile.read(EXAMPLE).policy().fingerprint());
        assertThat(yaml.fingerprint())
                .hasSize(12)
                .isNotEqualTo(PolicyFile.read(EXAMPLE).fingerprint());
    }

    @Test
    void everythingWrongIsToldAtOnceWithItsPlace() {
        assertThatThrownBy(() -> read("bad.json", """
                {
                  "name": "a b",
                  "stepMs": 0,
                  "tyme": {"column": "t", "unit": "s"},
                  "observations": [
                    {"column": "x", "range": [2, 1], "missing": "ignore"},
                    {"column": "x", "lags": [0, -1]},
                    7
                  ],
                  "actions": [{"column": "u"}],
                  "experts": ["ROBOT"],
                  "sampling": {"method": "spline"}
                }
                """))
                .isInstanceOf(IngestException.class)
                .satisfies(e -> assertThat(String.valueOf(e.getMessage())
                                .lines()
                                .map(line -> line.substring(line.indexOf("bad.json"))))
                        .containsExactlyInAnyOrder(
                                "bad.json:1:1: expected time, with a column, or with a rate where rows come at a constant one",
                                "bad.json:2:11: expected a name of letters, digits, dots, dashes and underscores such as steering, found 'a b'",
                                "bad.json:3:13: expected a whole number from 1 to 3600000 for stepMs, found 0",
                                "bad.json:4:11: expected one of the keys [$schema, actions, actor, domain, entity, episode, experts, gate, label, name, observations, sampling, sequence, source, stepMs, time], found 'tyme'",
                                "bad.json:6:30: expected the lowest value first for observations[0].range, found [2.0, 1.0]",
                                "bad.json:6:49: expected refuse, hold, or a number that stands for a missing one, found 'ignore'",
                                "bad.json:7:16: expected observations of different names, found 'x' twice (give lags to see a column at several times)",
                                "bad.json:7:33: expected a whole number from 0 to 256 for observations[1].lags, found -1",
                                "bad.json:8:5: expected an observation to be an object, found 7",
                                "bad.json:10:15: expected an array for actions[0].range, found none",
                                "bad.json:11:15: expected one of [HUMAN, ASSISTANCE, POLICY, MIXED] for experts, found 'ROBOT'",
                                "bad.json:12:26: expected one of [hold, linear] for sampling.method, found 'spline'"));
    }

    @Test
    void whatIsNoJsonSaysWhere() {
        assertThatThrownBy(() -> read("cut.json", "{\n  \"name\": \"a\",\n  \"stepMs\": 5O\n}"))
                .hasMessageContaining("cut.json:3:")
                .hasMessageContaining("expected JSON, found ");
        assertThatThrownBy(() -> read("twice.json", "{\n  \"name\": \"a\",\n  \"name\": \"b\"\n}"))
                .hasMessageContaining("twice.json:3:3: expected each key once, found 'name' twice");
        assertThatThrownBy(() -> read("empty.json", "")).hasMessageContaining("found an empty file");
        assertThatThrownBy(() -> read("list.json", "[1]"))
                .hasMessageContaining("expected a policy file to be an object");
        assertThatThrownBy(() -> PolicyFile.read(folder.resolve("none.json"))).hasMessageContaining("found none");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 40, 96, 150, 333, 450, 640})
    void aFileThatIsCutOffIsRefused(int length) throws IOException {
        String text = Files.readString(EXAMPLE);
        assertThatThrownBy(() -> read("cut.json", text.substring(0, Math.min(length, text.length() - 4))))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("cut.json:");
    }

    @Test
    void anActionIsNotSeenBeforeItIsDone() {
        assertThatThrownBy(() -> read("leak.json", """
                {"name": "a", "stepMs": 50, "time": {"rate": 20},
                 "observations": [{"column": "u", "lags": [0, 1]}],
                 "actions": [{"column": "u", "range": [0, 1]}]}
                """))
                .hasMessageContaining("leak.json:2:18")
                .hasMessageContaining("would be seen before it is done");
    }

    @Test
    void aChoiceHasNames() throws IOException {
        Declaration turns = read("turns.json", """
                {"name": "turns", "stepMs": 100, "time": {"rate": 10},
                 "observations": [{"column": "x"}],
                 "actions": [{"column": "u", "choices": ["left", "right"], "neutral": "right", "values": {"0": "left"}}]}
                """).policy().declaration();
        assertThat(turns.choices()).containsExactly("left", "right");
        assertThat(turns.neutralChoice()).isEqualTo(1);
        assertThatThrownBy(() -> read("one.json", """
                {"name": "turns", "stepMs": 100, "time": {"rate": 10},
                 "observations": [{"column": "x"}],
                 "actions": [{"column": "u", "choices": ["left"], "neutral": "up"}]}
                """))
                .hasMessageContaining("expected two or more different names")
                .hasMessageContaining("expected one of the choices");
    }

    @Test
    void theSchemaHasTheKeysThatAreRead() throws IOException {
        JsonNode schema;
        try (InputStream in = PolicyFile.class.getResourceAsStream("/dev/understudy/schemas/policy-file.schema.json")) {
            schema = JsonMapper.builder().build().readTree(in);
        }
        Map<String, String> places = Map.of(
                "", "",
                "source", "/properties/source",
                "field", "/$defs/field",
                "time", "/properties/time",
                "observation", "/$defs/observation",
                "number", "/$defs/number",
                "choice", "/$defs/choice",
                "sampling", "/properties/sampling",
                "gate", "/properties/gate");
        assertThat(places.keySet()).isEqualTo(PolicyFileReader.KEYS.keySet());
        String guide = Files.readString(Path.of("../docs/policy-file.md"));
        places.forEach((part, place) -> {
            JsonNode object = schema.at(place);
            Set<String> keys = new TreeSet<>();
            object.path("properties").fieldNames().forEachRemaining(keys::add);
            assertThat(keys).as(part).isEqualTo(new TreeSet<>(PolicyFileReader.KEYS.get(part)));
            assertThat(object.path("additionalProperties").asBoolean(true))
                    .as(part)
                    .isFalse();
            keys.forEach(key -> assertThat(guide).as(part).contains("`" + key + "`"));
        });
    }
}
