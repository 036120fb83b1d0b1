package dev.understudy.app.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ClaimTest {
    @Test
    void noTwoPoliciesHaveOneGroup() {
        assertThat(Stream.of("control/cartpole-v0", "control/cartpole@v0", "control-cartpole/v0")
                        .map(policy -> Claim.group("understudy-learn", policy)))
                .doesNotHaveDuplicates()
                .allSatisfy(group -> assertThat(group).startsWith("understudy-learn-claim-control"));
    }
}
