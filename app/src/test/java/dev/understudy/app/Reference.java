package dev.understudy.app;

import dev.understudy.app.study.BundledLogs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What {@code docs/reference.md} names. */
public final class Reference {
    private static final Pattern NAME = Pattern.compile("`([^`]+)`");

    private Reference() {}

    /** Returns the names in the first column of the tables below these headings. */
    public static Set<String> names(String... headings) throws IOException {
        List<String> wanted = Arrays.stream(headings).map("## "::concat).toList();
        Path root =
                Objects.requireNonNull(BundledLogs.folder().resolve("../../..").normalize());
        Set<String> names = new TreeSet<>();
        boolean isBelow = false;
        for (String line : Files.readAllLines(root.resolve("docs/reference.md"))) {
            if (line.startsWith("#")) {
                isBelow = wanted.contains(line);
            } else if (isBelow && line.startsWith("|")) {
                Matcher name = NAME.matcher(line.substring(0, line.indexOf('|', 1)));
                while (name.find()) {
                    names.add(name.group(1));
                }
            }
        }
        return names;
    }
}
