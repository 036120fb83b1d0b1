package dev.understudy.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Where and on which sources a measurement was made. */
final class Machine {
    private static final String UNKNOWN = "unknown";
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

    private Machine() {}

    /** Returns commit, processor, cores, load and JDK, by name. */
    static Map<String, Object> describe() {
        Map<String, Object> machine = new LinkedHashMap<>();
        machine.put("commit", commit());
        machine.put("cpu", cpu());
        machine.put("cores", Runtime.getRuntime().availableProcessors());
        machine.put("loadAverage", loadAverage());
        machine.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        machine.put("jdk", System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
        machine.put("maxHeapMb", Runtime.getRuntime().maxMemory() >> 20);
        return machine;
    }

    /** Returns the load of the last minute: how many threads of all programs wanted a core; negative if unknown. */
    static double loadAverage() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    /** Returns the resident memory of this process that no file backs, MB; NaN where the system does not say. */
    static double anonymousMb() throws IOException {
        if (!Files.isReadable(STATUS)) {
            return Double.NaN;
        }
        return Files.readAllLines(STATUS, StandardCharsets.UTF_8).stream()
                .filter(line -> line.startsWith("RssAnon:"))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
                .findFirst()
                .orElse(Double.NaN);
    }

    private static String cpu() {
        try {
            if (Files.isReadable(CPU_INFO)) {
                return Files.readAllLines(CPU_INFO, StandardCharsets.UTF_8).stream()
                        .filter(line -> line.startsWith("model name"))
                        .map(line -> line.substring(line.indexOf(':') + 1).strip())
                        .findFirst()
                        .orElse(UNKNOWN);
            }
            return output("sysctl", "-n", "machdep.cpu.brand_string");
        } catch (IOException e) {
            return UNKNOWN;
        }
    }

    private static String commit() {
        String home = System.getProperty("understudy.home", ".");
        String commit = output("git", "-C", home, "rev-parse", "--short=12", "HEAD");
        if (commit.equals(UNKNOWN)) {
            return UNKNOWN;
        }
        boolean changed = !output("git", "-C", home, "status", "--porcelain", "--untracked-files=no")
                .isEmpty();
        return changed ? commit + "+changes" : commit;
    }

    private static String output(String... command) {
        try {
            Process process = new ProcessBuilder(command).start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor(5, TimeUnit.SECONDS) && process.exitValue() == 0 ? text : UNKNOWN;
        } catch (IOException e) {
            return UNKNOWN;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return UNKNOWN;
        }
    }
}
