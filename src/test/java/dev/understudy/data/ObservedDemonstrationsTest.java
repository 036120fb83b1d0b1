package dev.understudy.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObservedDemonstrationsTest {
    @TempDir
    private Path folder = Path.of("");

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("seen.csv"), text);
    }

    @Test
    void aFileWithoutActionsIsReadAsWhatWasObserved() throws IOException {
        Demonstrations read = Demonstrations.readObserved(file("episode,step,x,v\n3,0,1,2\n3,1,3,4\n3,2,5,6\n"));
        assertThat(read.observationNames()).containsExactly("x", "v");
        Trajectory only = read.trajectories().get(0);
        assertThat(only.observations()).isEqualTo(new Matrix(3, 2, new float[] {1, 2, 3, 4, 5, 6}));
        assertThat(only.steps()).isEqualTo(2);
        assertThat(only.actions().values()).containsOnly(Float.NaN);
    }

    @Test
    void whatStandsInTheActionsMakesNoDifference() throws IOException {
        Matrix seen = (Matrix) Demonstrations.readObserved(file("episode,step,x,reward\n0,0,1,5\n0,1,3,5\n"))
                .trajectories()
                .get(0)
                .observations();
        for (String actions : new String[] {"0 1", "7 nonsense", "  "}) {
            String[] two = actions.split(" ", -1);
            Demonstrations read = Demonstrations.readObserved(
                    file("episode,step,x,action,reward\n0,0,1,%s,5\n0,1,3,%s,5\n".formatted(two[0], two[1])));
            assertThat(read.trajectories().get(0).observations()).isEqualTo(seen);
            assertThat(read.trajectories().get(0).actions().values()).containsOnly(Float.NaN);
        }
    }

    @Test
    void aFileWithoutActionsIsNoneOfPairs() throws IOException {
        Path file = file("episode,step,x,reward\n0,0,1,5\n");
        assertThatThrownBy(() -> Demonstrations.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected columns episode,step,<observation>,<action or a0,a1,...>[,reward]");
    }

    @Test
    void anEpisodeOfOneObservationHasNoStep() throws IOException {
        Demonstrations read = Demonstrations.readObserved(file("episode,step,x\n0,0,1\n1,0,2\n1,1,3\n"));
        assertThat(read.trajectories()).extracting(Trajectory::steps).containsExactly(0, 1);
    }
}
