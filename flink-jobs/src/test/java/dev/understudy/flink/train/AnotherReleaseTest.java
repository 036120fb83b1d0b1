package dev.understudy.flink.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.data.Matrix;
import dev.understudy.domain.Step;
import dev.understudy.driving.CarFollowing;
import dev.understudy.flink.gate.HeldOutTrip;
import dev.understudy.flink.serialization.Codec;
import dev.understudy.learn.LearnerState;
import java.io.IOException;
import java.util.Arrays;
import java.util.TreeMap;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

/** State that a release with other observations left is set aside, and the job goes on. */
class AnotherReleaseTest {
    private static final String OURS = CarFollowing.fingerprint();

    private static <T> byte[] written(Codec<T> codec, T value) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(64);
        codec.write(value, out);
        return out.getCopyOfBuffer();
    }

    private static TrainingProgress learned() {
        LearnerState memory = new LearnerState(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
        return TrainingProgress.none(OURS).accepted(7_000).finished(memory, "sha", new byte[] {1}, new byte[] {2});
    }

    @Test
    void whatThisReleaseLearnedIsReadAsItWas() throws IOException {
        TrainingProgress.Form form = new TrainingProgress.Form();
        byte[] bytes = written(form, learned());
        assertThat(form.read(2, new DataInputDeserializer(bytes))).isEqualTo(learned());
    }

    @Test
    void whatWasLearnedFromOtherObservationsIsLeftOutButNotWhichWindowsWere() throws IOException {
        TrainingProgress.Form form = new TrainingProgress.Form();
        byte[] bytes = written(form, learned());
        int fingerprint = 2 + CarFollowing.fingerprint().length();
        byte[] versionOne = Arrays.copyOfRange(bytes, fingerprint, bytes.length);
        TrainingProgress afresh = TrainingProgress.none(OURS).accepted(7_000);
        assertThat(form.read(1, new DataInputDeserializer(versionOne)).of(OURS)).isEqualTo(afresh);
        byte[] other = bytes.clone();
        other[2] ^= 1;
        assertThat(form.read(2, new DataInputDeserializer(other)).of(OURS)).isEqualTo(afresh);
    }

    @Test
    void heldOutStepsOfOtherObservationsAreLeftOut() throws IOException {
        HeldOutTrip trip = new HeldOutTrip();
        trip.add(step(1, new float[3]));
        trip.add(step(2, new float[CarFollowing.observationSize()]));
        HeldOutTrip.Form form = new HeldOutTrip.Form();
        HeldOutTrip read = form.read(form.version(), new DataInputDeserializer(written(form, trip)));
        assertThat(read.before(Long.MAX_VALUE, CarFollowing.observationSize()))
                .extracting(Step::sequence)
                .containsExactly(2L);
    }

    @Test
    void heldOutStepsOfTheReleaseBeforeAreSetAside() throws IOException {
        HeldOutTrip read = new HeldOutTrip.Form().read(1, new DataInputDeserializer(new byte[] {0, 0, 0, 1, 7}));
        assertThat(read.before(Long.MAX_VALUE, 1)).isEmpty();
    }

    private static Step step(long sequence, float[] observation) {
        Matrix row = new Matrix(1, observation.length, observation);
        return new Step(
                "driving/car-following",
                "car",
                "trip",
                sequence,
                100 * sequence,
                "",
                0,
                row,
                new float[1],
                0,
                sequence,
                0);
    }
}
