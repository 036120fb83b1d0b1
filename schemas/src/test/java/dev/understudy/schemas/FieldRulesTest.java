package dev.understudy.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.domain.Actor;
import dev.understudy.driving.FollowingSample;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldRulesTest {
    private static final String SHA = "0".repeat(63) + "a";

    private static Promotion promotion(long epoch, String sha256, String reason, long effectiveFromMs) {
        return new Promotion("p", epoch, sha256, effectiveFromMs, "", reason, true, "c", new TreeMap<>(), 0);
    }

    private static Promotion decoded(Promotion promotion) {
        return Codecs.PROMOTION.decode(Codecs.PROMOTION.encode(promotion));
    }

    private static FollowingSample sample(String trip, long sequence, long timeMs) {
        return new FollowingSample("v", trip, sequence, timeMs, Actor.HUMAN, "", 1, 2, 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"zz", "", "ABCDEF0000000000000000000000000000000000000000000000000000000000"})
    void aHashThatIsNoneIsNamed(String sha256) {
        assertThatThrownBy(() -> decoded(promotion(1, sha256, "", 0)))
                .isInstanceOf(UndecodableException.class)
                .hasMessage("sha256: expected 64 hex digits in lower case, found '" + sha256 + "'");
    }

    @Test
    void ofAVeryLongHashTheStartIsShown() {
        assertThatThrownBy(() -> decoded(promotion(1, "a".repeat(100_000), "", 0)))
                .isInstanceOf(UndecodableException.class)
                .hasMessageContaining("'" + "a".repeat(80) + "...' of 100000 characters");
    }

    @Test
    void numbersThatNothingCanBeAddedToAreRefused() {
        assertThatThrownBy(() -> decoded(promotion(Long.MAX_VALUE, SHA, "", 0)))
                .hasMessage("epoch: expected a number from 0 to 9007199254740992, found 9223372036854775807");
        assertThatThrownBy(() -> decoded(promotion(-1, SHA, "", 0))).hasMessageStartingWith("epoch: expected");
        assertThatThrownBy(() -> decoded(promotion(1, SHA, "", Long.MAX_VALUE)))
                .hasMessageStartingWith("effectiveFromMs: expected");
        assertThatThrownBy(() -> decoded(promotion(1, SHA, "r".repeat(70_000), 0)))
                .hasMessage("reason: expected at most 65536 characters, found 70000 characters");
        assertThat(decoded(promotion(FieldRules.HIGHEST_EPOCH, SHA, "r", FieldRules.LATEST_MS)))
                .isNotNull();
    }

    @Test
    void whatAStateHoldsIsReadAsItWasWritten() {
        byte[] bytes = Codecs.PROMOTION.encode(promotion(Long.MAX_VALUE, "zz", "", 0));
        assertThat(Codecs.PROMOTION.restore(bytes).sha256()).isEqualTo("zz");
    }

    @Test
    void samplesNeedNamesATimeAndANumberThatCanGoOn() {
        for (FollowingSample bad : List.of(
                sample("", 0, 0),
                sample("t".repeat(1025), 0, 0),
                sample("t", -1, 0),
                sample("t", Long.MAX_VALUE, 0),
                sample("t", Long.MIN_VALUE, 0),
                sample("t", 0, -1),
                sample("t", 0, Long.MAX_VALUE))) {
            assertThatThrownBy(() -> Codecs.FOLLOWING.decode(Codecs.FOLLOWING.encode(bad)))
                    .as(bad.toString())
                    .isInstanceOf(UndecodableException.class)
                    .hasMessageContaining("expected")
                    .hasMessageContaining("found");
        }
        FollowingSample nanoseconds = sample("t", 1_800_000_000_000_000_000L, 1_800_000_000_000L);
        assertThat(Codecs.FOLLOWING.decode(Codecs.FOLLOWING.encode(nanoseconds)))
                .isEqualTo(nanoseconds);
    }

    @Test
    void aCandidatesWindowEndsAfterItBegins() {
        Candidate backwards = new Candidate("id", "p", "", SHA, 5, 100, 50, 0, 0, "", "", Map.of(), 0, 0, "bc");
        assertThatThrownBy(() -> Codecs.CANDIDATE.decode(Codecs.CANDIDATE.encode(backwards)))
                .hasMessage("windowEndMs: expected a number from 100 to 253402300799999, found 50");
    }

    @Test
    void anEpochMayBeAThousandAhead() {
        EpochBound bound = new EpochBound();
        assertThat(bound.believes(1_001)).isFalse();
        assertThat(bound.believes(1_000)).isTrue();
        assertThat(bound.believes(2_000)).isTrue();
        assertThat(bound.believes(7)).as("an older one").isTrue();
        assertThat(bound.highest()).isEqualTo(3_000);
        assertThat(bound.problem(4_000)).contains("at most 3000").contains("found 4000");
    }

    @Test
    void aBadVerdictInTheHistoryHidesNothingButItself() {
        List<byte[]> values = List.of(
                Codecs.PROMOTION.encode(promotion(1, SHA, "", 0)),
                Codecs.PROMOTION.encode(promotion(FieldRules.HIGHEST_EPOCH, SHA, "", 0)),
                "nonsense".getBytes(StandardCharsets.UTF_8),
                Codecs.PROMOTION.encode(promotion(2, "zz", "", 0)),
                Codecs.PROMOTION.encode(promotion(2, SHA, "", 0)));
        List<String> named = new ArrayList<>();
        VerdictLog log = new VerdictLog(Trust.NONE, named::add);
        for (int i = 0; i < values.size(); i++) {
            log.add(new ConsumerRecord<>(Topics.HISTORY, 0, i, new byte[0], values.get(i)));
        }
        assertThat(log.verdicts().values().iterator().next())
                .extracting(Promotion::epoch)
                .containsExactly(1L, 2L);
        assertThat(log.bad()).isEqualTo(3);
        assertThat(named.get(0)).startsWith(Topics.HISTORY + "-0@1: epoch: expected at most 1001");
        assertThat(named.get(1)).startsWith(Topics.HISTORY + "-0@2: ");
        assertThat(named.get(2)).startsWith(Topics.HISTORY + "-0@3: ");
    }
}
