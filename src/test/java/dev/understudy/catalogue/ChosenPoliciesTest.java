package dev.understudy.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicyMapping;
import dev.understudy.domain.PolicyName;
import dev.understudy.driving.FollowingSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChosenPoliciesTest {
    private static final String FOLLOWING = "driving/car-following";
    private static final List<String> TASKS = List.of("control/cartpole-v1", "control/mountaincar-v0");

    private static Policies<?> chosen(List<String> names, String mapping) {
        List<Policies<?>> chosen = Catalogue.chosen(names, mapping);
        assertThat(chosen).hasSize(1);
        return chosen.get(0);
    }

    private static @Nullable String policyOf(Policies<?> policies, String entity, String label) {
        PolicyName name = policies.policyOf(new FollowingSample(entity, "trip", 0, 0, Actor.HUMAN, label, 20, 30, 20));
        return name == null ? null : name.toString();
    }

    @Test
    void onePolicyTakesEverySample() {
        assertThat(policyOf(chosen(List.of(FOLLOWING), ""), "car", "any")).isEqualTo(FOLLOWING);
        assertThat(policyOf(chosen(List.of(FOLLOWING + "@fleet-7"), ""), "car", "any"))
                .isEqualTo(FOLLOWING + "@fleet-7");
    }

    @Test
    void aLabelNamesATaskByItsLastPartInAnyCaseOrItsWholeName() {
        Policies<?> tasks = chosen(TASKS, "");
        assertThat(policyOf(tasks, "robot", "CartPole-v1")).isEqualTo("control/cartpole-v1");
        assertThat(policyOf(tasks, "robot", "control/mountaincar-v0")).isEqualTo("control/mountaincar-v0");
        assertThat(policyOf(tasks, "robot", "cartpole-v1@weak")).isEqualTo("control/cartpole-v1@weak");
        assertThat(policyOf(tasks, "robot", "acrobot-v0")).isNull();
        assertThat(policyOf(tasks, "robot", "")).isNull();
        assertThat(policyOf(tasks, "robot", "cartpole-v1@")).isNull();
    }

    @Test
    void aLabelNamesAVariantOfTheOnlyPolicy() {
        Policies<?> fleets = chosen(List.of(FOLLOWING), "label");
        assertThat(policyOf(fleets, "car", "fleet-7")).isEqualTo(FOLLOWING + "@fleet-7");
        assertThat(policyOf(fleets, "car", "")).isEqualTo(FOLLOWING);
        assertThat(policyOf(fleets, "car", "car-following")).isEqualTo(FOLLOWING);
        assertThat(policyOf(fleets, "car", "two words")).isNull();
    }

    @Test
    void whatALabelSaysIsAnotherPolicysIsNobodysHere() {
        for (String mapping : List.of(PolicyMapping.ONE, PolicyMapping.LABEL)) {
            Policies<?> cart = chosen(List.of("control/cartpole-v1"), mapping);
            assertThat(policyOf(cart, "robot", "CartPole-v0")).as(mapping).isNull();
            assertThat(policyOf(cart, "robot", "control/mountaincar-v0"))
                    .as(mapping)
                    .isNull();
            assertThat(policyOf(cart, "robot", "cartpole-v0@weak")).as(mapping).isNull();
            assertThat(policyOf(cart, "robot", "CartPole-v1")).as(mapping).isEqualTo("control/cartpole-v1");
            assertThat(policyOf(cart, "robot", "")).as(mapping).isEqualTo("control/cartpole-v1");
        }
        Policies<?> variant = chosen(List.of("control/cartpole-v1@a"), PolicyMapping.ONE);
        assertThat(policyOf(variant, "robot", "cartpole-v1@b")).isNull();
        assertThat(policyOf(variant, "robot", "CartPole-v1")).isEqualTo("control/cartpole-v1@a");
        assertThat(policyOf(variant, "robot", "cartpole-v1@a")).isEqualTo("control/cartpole-v1@a");
        assertThat(policyOf(chosen(List.of("control/cartpole-v1"), ""), "robot", "my robot"))
                .isEqualTo("control/cartpole-v1");
    }

    @Test
    void filesThatContradictThemselvesOrSayNothingAreRefused(@TempDir Path folder) throws IOException {
        Path file =
                Files.writeString(folder.resolve("twice"), "a* = control/cartpole-v1\na* = control/mountaincar-v0\n");
        assertThatThrownBy(() -> Catalogue.chosen(TASKS, file.toString()))
                .hasMessageContaining("line 2: expected one line for each entity, found another for \"a\"");
        Path empty = Files.writeString(folder.resolve("empty"), "# nothing\n");
        assertThatThrownBy(() -> Catalogue.chosen(TASKS, empty.toString()))
                .hasMessageContaining("expected a line for one of");
    }

    @Test
    void thePrefixOfAnEntityNamesAVariant() {
        Policies<?> fleets = chosen(List.of(FOLLOWING), "entity-prefix");
        assertThat(policyOf(fleets, "fleet-7/car-3", "any")).isEqualTo(FOLLOWING + "@fleet-7");
        assertThat(policyOf(fleets, "car-3", "any")).isEqualTo(FOLLOWING);
    }

    @Test
    void whoAsksForAVariantGetsItAlone() {
        Policies<?> some = chosen(List.of(FOLLOWING + "@a", FOLLOWING + "@b"), "");
        assertThat(policyOf(some, "car", "a")).isEqualTo(FOLLOWING + "@a");
        assertThat(policyOf(some, "car", "c")).isNull();
        assertThat(policyOf(some, "car", "")).isNull();
        assertThat(some.answers(PolicyName.parse(FOLLOWING)))
                .as("it stands in for its variants")
                .isTrue();
        assertThat(some.answers(PolicyName.parse(FOLLOWING + "@c"))).isFalse();
    }

    @Test
    void anEntityGoesByTheLongestLineOfAFile(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("mapping"), """
                # fleets
                * = driving/car-following
                north/* = driving/car-following@north
                north/old* = driving/car-following@old
                north/old-3 = driving/car-following@third
                robot* = control/cartpole-v1
                """);
        Policies<?> fleets = chosen(List.of(FOLLOWING), file.toString());
        assertThat(policyOf(fleets, "car", "")).isEqualTo(FOLLOWING);
        assertThat(policyOf(fleets, "north/car", "")).isEqualTo(FOLLOWING + "@north");
        assertThat(policyOf(fleets, "north/old-1", "")).isEqualTo(FOLLOWING + "@old");
        assertThat(policyOf(fleets, "north/old-3", "")).isEqualTo(FOLLOWING + "@third");
        assertThat(policyOf(fleets, "robot", "")).as("a line of another domain").isEqualTo(FOLLOWING);
    }

    @Test
    void badLinesAreToldWithTheirNumber(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("mapping");
        for (String[] bad : new String[][] {
            {"car driving/car-following", "line 2: expected ENTITY = POLICY or PREFIX* = POLICY"},
            {"car = car following", "line 2: expected a policy such as"},
            {"car = driving/overtaking", "line 2: expected one of the policies [driving/car-following"}
        }) {
            Files.writeString(file, "# the first\n" + bad[0] + "\n");
            assertThatThrownBy(() -> Catalogue.chosen(List.of(FOLLOWING), file.toString()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(bad[1]);
        }
    }

    @Test
    void whatThereIsNotIsToldWithWhatThereIs(@TempDir Path folder) {
        assertThatThrownBy(() -> Catalogue.chosen(List.of("control/chess"), ""))
                .hasMessageContaining("control/cartpole-v1")
                .hasMessageEndingWith("got control/chess");
        assertThatThrownBy(() -> Catalogue.chosen(List.of("flying/car-following@a"), ""))
                .hasMessageContaining("expected one of the policies [driving/car-following");
        assertThatThrownBy(() -> Catalogue.chosen(List.of(FOLLOWING + "@"), ""))
                .hasMessageContaining("found \"driving/car-following@\"");
        assertThatThrownBy(() -> Catalogue.chosen(TASKS, PolicyMapping.ONE))
                .hasMessageContaining("expected one policy of domain control");
        assertThatThrownBy(() -> Catalogue.chosen(TASKS, folder.resolve("none").toString()))
                .hasMessageContaining("expected one, label, entity-prefix or a readable file, found " + folder);
    }

    @Test
    void whatWasAskedForOnceIsStillKnown() {
        Policies<?> task = chosen(List.of(TASKS.get(0)), "");
        assertThat(task.specs().get(0).name()).isEqualTo(TASKS.get(0));
        assertThat(task.has(PolicyName.parse(TASKS.get(1)))).isFalse();
        assertThat(task.spec(TASKS.get(1) + "@weak").observationSize()).isEqualTo(2);
    }

    @Test
    void policiesOfSeveralDomainsAreSorted() {
        assertThat(Catalogue.chosen(List.of(FOLLOWING, TASKS.get(1), TASKS.get(0), TASKS.get(1)), ""))
                .extracting(Policies::toString)
                .containsExactly("control/mountaincar-v0, control/cartpole-v1", FOLLOWING);
    }
}
