package dev.understudy.app.commands;

import dev.understudy.app.commands.DoctorCommand.Finding;
import dev.understudy.app.commands.DoctorCommand.Health;
import dev.understudy.app.host.Listener;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looks for ports of the programs that run on this machine which others than this machine can reach. */
final class ListeningCheck {
    private static final String MAIN = "dev.understudy.app.Understudy";
    private static final String CHECK = "listening";

    private ListeningCheck() {}

    static List<Finding> run() {
        if (Listener.of(ProcessHandle.current().pid()).isEmpty()) {
            return List.of(
                    new Finding(CHECK, Health.WARNING, "cannot be seen on this machine: expected Linux's /proc"));
        }
        List<Finding> findings = new ArrayList<>();
        int seen = 0;
        for (long pid : Listener.processes(MAIN)) {
            List<String> words = Listener.commandLine(pid);
            int main = words.indexOf(MAIN);
            String command = main >= 0 && main + 1 < words.size() ? words.get(main + 1) : "a program";
            Optional<List<Listener>> all = Listener.of(pid);
            seen += all.isPresent() ? 1 : 0;
            all.orElse(List.of()).stream()
                    .filter(Listener::isOpenToOthers)
                    .forEach(listener -> findings.add(new Finding(
                            CHECK,
                            Health.WARNING,
                            "%s (process %d) listens at %s, expected 127.0.0.1 alone (flink.address)"
                                    .formatted(command, pid, listener))));
        }
        if (findings.isEmpty()) {
            findings.add(new Finding(
                    CHECK, Health.OK, "%d running programs of this machine, none listens to others".formatted(seen)));
        }
        return findings;
    }
}
