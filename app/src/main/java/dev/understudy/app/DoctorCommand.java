package dev.understudy.app;

import java.util.List;
import picocli.CommandLine.Command;

/** Checks the machine and, where one answers, the cluster. */
@Command(name = "doctor", description = "Check the machine, the brokers, the topics and their settings.")
final class DoctorCommand implements Tool {
    @Override
    public List<Setting<?>> settings() {
        return Connection.SETTINGS;
    }

    @Override
    public boolean announcesSettings() {
        return false;
    }

    @Override
    public int run(Settings settings, Console console) {
        Connection.of(settings).admin().close();
        return 0;
    }
}
