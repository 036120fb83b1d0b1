package dev.understudy.flink.assemble;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

class SequenceSetTest {
    @Test
    void knowsEachNumberOnceInWhateverOrderTheyCome() throws Exception {
        Random random = new Random(3);
        SequenceSet set = new SequenceSet();
        Set<Long> reference = new HashSet<>();
        for (int i = 0; i < 5000; i++) {
            long number = i / 20 * 10L + random.nextInt(15);
            assertThat(set.add(number)).as("number %d", number).isEqualTo(reference.add(number));
            if (i % 500 == 0) {
                set = copy(set);
            }
        }
    }

    @Test
    void staysSmallWhenThereAreHolesWithoutEnd() throws Exception {
        SequenceSet set = new SequenceSet();
        for (long i = 0; i < 10_000; i++) {
            assertThat(set.add(2 * i)).isTrue();
        }
        DataOutputSerializer out = new DataOutputSerializer(16);
        set.write(out);
        assertThat(out.length()).isEqualTo(4 + 16 * SequenceSet.RANGES);
        assertThat(set.add(2 * 9_999 - 1)).isTrue();
        assertThat(set.add(1)).isFalse();
    }

    private static SequenceSet copy(SequenceSet set) throws Exception {
        DataOutputSerializer out = new DataOutputSerializer(16);
        set.write(out);
        return SequenceSet.read(new DataInputDeserializer(out.getCopyOfBuffer()));
    }
}
