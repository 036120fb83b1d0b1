package dev.understudy.app.console;

import java.util.List;
import java.util.Set;

/** A command that is configured by {@link Setting}s; it runs only if all of them are good. */
public interface Tool {
    /** Returns the settings it reads. */
    List<Setting<?>> settings();

    /** Returns whether the effective configuration is worth a line: so for what runs long, not for a listing. */
    default boolean announcesSettings() {
        return true;
    }

    /** Returns the keys of settings that mean nothing in a run, as those of another domain: they are not announced. */
    default Set<String> meaningless(Settings settings) throws Exception {
        return Set.of();
    }

    /**
     * Does the work.
     *
     * @return the exit code
     * @throws CommandFailedException if it cannot be done, with a message fit for a user
     */
    int run(Settings settings, Console console) throws Exception;
}
