package dev.understudy.environment;

import dev.understudy.data.Trajectory;
import java.util.List;

/**
 * What makes the environment that a policy practises in. A {@link Task} is the same whoever demonstrates it. If others
 * take part whom no equation predicts, such as a leading car, they are taken from the demonstrations.
 */
public interface EnvironmentFactory {
    /** Returns the name of what is practised. */
    String name();

    /** Returns n, the length of an observation. */
    int observationSize();

    /** Returns what can be done. */
    ActionSpace actions();

    /** Returns the steps after which an episode is truncated. */
    int horizon();

    /**
     * Returns copies of the environment, all idle. The same arguments give environments that behave the same.
     *
     * @param demonstrations what the expert did and met
     * @param copies number of copies, at least 1
     * @throws IllegalArgumentException if no environment can be made of these demonstrations
     */
    Environment create(List<Trajectory> demonstrations, int copies);

    /**
     * Returns demonstrations as an episode of this environment would show them, for a discriminator that must not
     * recognise an expert's episode by its format. The same where a policy sees what the expert saw.
     *
     * @param seed what every draw follows from
     */
    default List<Trajectory> shown(List<Trajectory> demonstrations, long seed) {
        return demonstrations;
    }
}
