package dev.understudy.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ModelSlotTest {
    private static final float[] OBSERVATION = new float[TestModels.N];

    @Test
    void thereIsNoLeaseBeforeTheFirstPromotion() {
        try (ModelSlot slot = new ModelSlot()) {
            assertThat(slot.lease(0)).isNull();
            assertThat(slot.newestEpoch()).isEmpty();
        }
    }

    @Test
    void theNewestPromotionInForceByTheEventTimeAnswers() {
        try (ModelSlot slot = new ModelSlot()) {
            slot.install(1, TestModels.loaded(0, 0.1f), 100);
            slot.install(2, TestModels.loaded(0, 0.2f), 200);

            assertThat(slot.lease(99)).as("nothing was in force then").isNull();
            assertThat(epoch(slot, 100)).isEqualTo(1);
            assertThat(epoch(slot, 199)).isEqualTo(1);
            assertThat(epoch(slot, 200)).isEqualTo(2);
            assertThat(epoch(slot, 150)).isEqualTo(1);
        }
    }

    @Test
    void aLeaseKnowsForWhichEventTimesItIsRight() {
        try (ModelSlot slot = new ModelSlot()) {
            slot.install(1, TestModels.loaded(0, 0.1f), 100);
            slot.install(2, TestModels.loaded(0, 0.2f), 200);

            try (ModelSlot.Lease lease = lease(slot, 150)) {
                assertThat(lease.answers(99)).isFalse();
                assertThat(lease.answers(100)).isTrue();
                assertThat(lease.answers(199)).isTrue();
                assertThat(lease.answers(200)).isFalse();
            }
        }
    }

    @Test
    void anOldSessionClosesExactlyWhenItsLastLeaseComesBack() {
        try (ModelSlot slot = new ModelSlot()) {
            LoadedPolicy first = TestModels.loaded(0, 0.1f);
            slot.install(1, first, 0);
            ModelSlot.Lease one = lease(slot, 0);
            ModelSlot.Lease two = lease(slot, 0);
            for (int epoch = 2; epoch <= 5; epoch++) {
                slot.install(epoch, TestModels.loaded(0, epoch), 0);
            }

            assertThat(slot.loaded()).hasSize(3).doesNotContain(first.sha256());
            one.close();
            one.close();
            first.act(OBSERVATION, 1, new float[1]);
            two.close();
            assertThatThrownBy(() -> first.act(OBSERVATION, 1, new float[1])).hasMessageContaining("is closed");
            assertThatThrownBy(two::policy).hasMessageContaining("was given back");
        }
    }

    @Test
    void thePreviousTwoStayWarmSoThatARollbackLoadsNothing() {
        try (ModelSlot slot = new ModelSlot()) {
            LoadedPolicy first = TestModels.loaded(0, 0.1f);
            slot.install(1, first, 0);
            slot.install(2, TestModels.loaded(0, 0.2f), 0);
            slot.install(3, TestModels.loaded(0, 0.3f), 0);

            assertThat(slot.reinstall(4, first.sha256(), 0)).isTrue();
            try (ModelSlot.Lease lease = lease(slot, 10)) {
                assertThat(lease.epoch()).isEqualTo(4);
                assertThat(lease.policy()).isSameAs(first);
            }
            assertThat(slot.reinstall(5, "ff", 0)).isFalse();
        }
    }

    @Test
    void aPromotionThatWaitsForItsTimeDoesNotPushTheOneInForceOut() {
        try (ModelSlot slot = new ModelSlot()) {
            slot.install(1, TestModels.loaded(0, 0.1f), 0);
            assertThat(epoch(slot, 10)).isEqualTo(1);
            for (int epoch = 2; epoch <= 8; epoch++) {
                slot.install(epoch, TestModels.loaded(0, epoch), 1_000L * epoch);
            }

            assertThat(epoch(slot, 10)).isEqualTo(1);
            assertThat(epoch(slot, 8_000)).isEqualTo(8);
        }
    }

    @Test
    void theLaterOfTwoPromotionsWithOneEpochTakesOver() {
        try (ModelSlot slot = new ModelSlot()) {
            LoadedPolicy first = TestModels.loaded(0, 0.1f);
            LoadedPolicy second = TestModels.loaded(0, 0.2f);
            assertThat(slot.install(1, first, 0)).isTrue();
            assertThat(slot.install(1, second, 0)).isTrue();

            assertThat(slot.loaded()).containsExactly(second.sha256());
            assertThatThrownBy(() -> first.act(OBSERVATION, 1, new float[1])).hasMessageContaining("is closed");
        }
    }

    @Test
    void thousandsOfSwapsDuringRunsLoseNoRunAndLeaveNoSessionOpen() throws Exception {
        List<LoadedPolicy> all = new ArrayList<>();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong runs = new AtomicLong();
        ExecutorService readers = Executors.newFixedThreadPool(2);
        ModelSlot slot = new ModelSlot();
        try {
            List<Future<?>> running = new ArrayList<>();
            all.add(TestModels.loaded(0, 0.5f));
            slot.install(1, all.get(0), 0);
            for (int i = 0; i < 2; i++) {
                running.add(readers.submit(() -> {
                    float[] actions = new float[8];
                    while (!stop.get()) {
                        try (ModelSlot.Lease lease = lease(slot, 0)) {
                            lease.policy().act(new float[8 * TestModels.N], 8, actions);
                            assertThat(actions[7])
                                    .isEqualTo(lease.policy()
                                            .metadata()
                                            .goldenActions()
                                            .at(0, 0));
                        }
                        runs.incrementAndGet();
                    }
                }));
            }
            long epoch = 1;
            for (int model = 1; model <= 400; model++) {
                LoadedPolicy next = TestModels.loaded(0, model / 512f);
                all.add(next);
                slot.install(++epoch, next, 0);
                for (int swap = 0; swap < 9; swap++) {
                    assertThat(slot.reinstall(++epoch, slot.loaded().get(0), 0)).isTrue();
                }
            }
            stop.set(true);
            for (Future<?> reader : running) {
                reader.get(30, TimeUnit.SECONDS);
            }
        } finally {
            stop.set(true);
            readers.shutdown();
            slot.close();
        }
        assertThat(runs.get()).isGreaterThan(1_000);
        for (LoadedPolicy policy : all) {
            assertThatThrownBy(() -> policy.act(OBSERVATION, 1, new float[1])).hasMessageContaining("is closed");
        }
    }

    private static ModelSlot.Lease lease(ModelSlot slot, long eventTimeMs) {
        return Objects.requireNonNull(slot.lease(eventTimeMs));
    }

    private static long epoch(ModelSlot slot, long eventTimeMs) {
        try (ModelSlot.Lease lease = lease(slot, eventTimeMs)) {
            return lease.epoch();
        }
    }
}
