package dev.understudy.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DomainTopicsTest {
    @Test
    void topicsAreNamedAfterTheirDomain() {
        assertThat(DomainTopics.CONTROL.all(3))
                .extracting(Topics.Topic::name)
                .containsExactly(
                        "control.logs.v1", "control.observations.v1", "control.decisions.v1", "control.rollouts.v1");
        assertThat(DomainTopics.DIALOGUE.all(3))
                .extracting(Topics.Topic::name)
                .containsExactly(
                        "dialogue.logs.v1",
                        "dialogue.observations.v1",
                        "dialogue.decisions.v1",
                        "dialogue.rollouts.v1");
        assertThat(DomainTopics.CONTROL.all(3))
                .allSatisfy(topic -> assertThat(topic.partitions()).isEqualTo(3));
    }

    @Test
    void theTopicsOfDrivingHaveTheSameNamesAndSettingsByEitherWay() {
        assertThat(Topics.all(2)).containsAll(new DomainTopics("driving").all(2));
    }

    @Test
    void aDomainThatNoTopicCanBeginWithIsRefused() {
        assertThatThrownBy(() -> new DomainTopics("My.Domain"))
                .hasMessage("expected a domain of lower-case letters, digits and dashes, found 'My.Domain'");
    }
}
