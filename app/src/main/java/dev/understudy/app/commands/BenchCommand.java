package dev.understudy.app.commands;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Tool;
import java.util.List;
import picocli.CommandLine.Command;

/** Stands in the help for the measurements, which are a program of their own that the launcher starts. */
@Command(
        name = "bench",
        description = "Run the published measurements beside their baselines; understudy bench --help lists them.")
public final class BenchCommand implements Tool {
    @Override
    public List<Setting<?>> settings() {
        return List.of();
    }

    @Override
    public int run(Settings settings, Console console) {
        throw new CommandFailedException(
                "expected the launcher to start the measurements: ./understudy bench, bench before any option of it");
    }
}
