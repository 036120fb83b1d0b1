package dev.understudy.app;

import dev.understudy.app.commands.BenchCommand;
import dev.understudy.app.commands.BrokerCommand;
import dev.understudy.app.commands.ChatCommand;
import dev.understudy.app.commands.DemoCommand;
import dev.understudy.app.commands.DoctorCommand;
import dev.understudy.app.commands.EvaluateCommand;
import dev.understudy.app.commands.ExportModel;
import dev.understudy.app.commands.IngestCommand;
import dev.understudy.app.commands.InspectCommand;
import dev.understudy.app.commands.LearnCommand;
import dev.understudy.app.commands.MakeKeys;
import dev.understudy.app.commands.ModelsCommand;
import dev.understudy.app.commands.PromoteGateCommand;
import dev.understudy.app.commands.RollBackModel;
import dev.understudy.app.commands.ScoreCommand;
import dev.understudy.app.commands.ServeCommand;
import dev.understudy.app.commands.TopicsCommand;
import dev.understudy.app.commands.TrainCommand;
import dev.understudy.app.commands.VerifyModel;
import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Failures;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.SwitchHelp;
import dev.understudy.app.console.Tool;
import dev.understudy.app.console.Versions;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.Stack;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/** The command line: exit code 0 for success, 1 for a failure, 2 for bad usage or configuration. */
@Command(
        name = "understudy",
        description = "Learns policies from experts while the experts work.",
        subcommandsRepeatable = false,
        footerHeading = "%nConfiguration:%n",
        footer = {
            "Defaults, then the file given with --config (key=value), then environment variables",
            "(UNDERSTUDY_BOOTSTRAP_SERVERS for --bootstrap-servers), then options.",
            "",
            "Exit codes: 0 done, 1 failed or nothing usable, 2 bad usage or configuration (docs/reference.md)."
        })
public final class Understudy {
    private static final int FAILED = 1;
    private static final int BAD_USAGE = 2;
    private static final String JSON = "--json";
    private static final String CONFIG = "--config";
    private static final String VERBOSE = "--verbose";

    private final Map<String, String> environment;

    /** Makes a command line that reads settings from the given environment variables too. */
    Understudy(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** Runs one command and exits with its code. */
    public static void main(String[] arguments) {
        Understudy understudy = new Understudy(System.getenv());
        int code = understudy.execute(
                arguments,
                new PrintStream(System.out, true, StandardCharsets.UTF_8),
                new PrintStream(System.err, true, StandardCharsets.UTF_8));
        System.exit(code);
    }

    /** Runs one command and returns its exit code. */
    int execute(String[] arguments, PrintStream out, PrintStream err) {
        CommandLine line = commandLine();
        line.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
        Set<String> known = knownKeys(line);
        line.setExecutionStrategy(parsed -> run(parsed, known, out, err));
        line.setParameterExceptionHandler((exception, ignored) -> badUsage(exception));
        line.setExecutionExceptionHandler((exception, failed, parsed) -> failed(exception, failed, parsed));
        return line.execute(arguments);
    }

    private static CommandLine commandLine() {
        CommandLine line = new CommandLine(CommandSpec.forAnnotatedObject(new Understudy(Map.of())));
        line.addSubcommand("demo", tool(new DemoCommand()));
        line.addSubcommand("inspect", tool(new InspectCommand()));
        line.addSubcommand("ingest", tool(new IngestCommand()));
        line.addSubcommand("train", tool(new TrainCommand()));
        line.addSubcommand("evaluate", tool(new EvaluateCommand()));
        line.addSubcommand("score", tool(new ScoreCommand()));
        line.addSubcommand("chat", tool(new ChatCommand()));
        line.addSubcommand("learn", tool(new LearnCommand()));
        line.addSubcommand("promote-gate", tool(new PromoteGateCommand()));
        line.addSubcommand("serve", tool(new ServeCommand()));
        line.addSubcommand(
                "models",
                new CommandLine(ModelsCommand.group())
                        .addSubcommand("list", tool(new ModelsCommand.ListModels()))
                        .addSubcommand("show", tool(new ModelsCommand.ShowModel()))
                        .addSubcommand("rollback", tool(new RollBackModel()))
                        .addSubcommand("verify", tool(new VerifyModel()))
                        .addSubcommand("export", tool(new ExportModel()))
                        .addSubcommand("keys", tool(new MakeKeys())));
        line.addSubcommand(
                "topics",
                new CommandLine(TopicsCommand.group())
                        .addSubcommand("tail", tool(new TopicsCommand.Tail()))
                        .addSubcommand("count", tool(new TopicsCommand.Count()))
                        .addSubcommand("describe", tool(new TopicsCommand.Describe())));
        line.addSubcommand("doctor", tool(new DoctorCommand()));
        line.addSubcommand("bench", tool(new BenchCommand()));
        line.addSubcommand("broker", tool(new BrokerCommand()));
        line.addSubcommand("help", new CommandLine.HelpCommand());
        addHelp(line);
        line.setHelpFactory(SwitchHelp::new);
        return line;
    }

    /** Returns the names of all commands, those of a group behind its name. */
    static Set<String> commands() {
        Set<String> names = new TreeSet<>();
        commandLine().getSubcommands().forEach((name, line) -> {
            Set<String> own = line.getSubcommands().keySet();
            if (own.isEmpty()) {
                names.add(name);
            }
            own.forEach(each -> names.add(name + " " + each));
        });
        names.remove("help");
        return names;
    }

    private static void addHelp(CommandLine line) {
        CommandSpec spec = line.getCommandSpec();
        spec.addOption(OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Show this and exit.")
                .build());
        if (spec.parent() == null) {
            spec.addOption(OptionSpec.builder("-V", "--version")
                    .versionHelp(true)
                    .description("Show the version and exit.")
                    .build());
            spec.versionProvider(() -> new String[] {"understudy " + Versions.own()});
        }
        for (CommandLine subcommand : new LinkedHashSet<>(line.getSubcommands().values())) {
            if (subcommand.getCommandSpec().optionsMap().get("--help") == null
                    && !(subcommand.getCommand() instanceof CommandLine.HelpCommand)) {
                addHelp(subcommand);
            }
        }
    }

    /** Turns a tool into a command: an option for each of its settings, and those that all commands share. */
    private static CommandLine tool(Tool tool) {
        CommandSpec spec = CommandSpec.forAnnotatedObject(tool);
        tool.settings().forEach(setting -> spec.addOption(option(setting)));
        addFlag(
                spec,
                JSON,
                "Write the result to standard output as one JSON object, everything else to standard error.");
        addFlag(spec, VERBOSE, "Show where in the program a failure happened.");
        if (spec.optionsMap().get(CONFIG) == null) {
            spec.addOption(OptionSpec.builder(CONFIG)
                    .type(Path.class)
                    .paramLabel("<file>")
                    .description("A file with settings, one key=value a line.")
                    .build());
        }
        return new CommandLine(spec);
    }

    private static OptionSpec option(Setting<?> setting) {
        boolean hasDefault = !setting.defaultText().isEmpty() && !setting.isSwitch();
        OptionSpec.Builder option = OptionSpec.builder(setting.option())
                .type(String.class)
                .paramLabel(
                        setting.isSwitch()
                                ? SwitchHelp.LABEL
                                : "<" + setting.key().substring(setting.key().lastIndexOf('.') + 1) + ">")
                .description((setting.description() + (hasDefault ? " Default: " + setting.defaultText() + "." : ""))
                        .replace("%", "%%"));
        if (setting.isSwitch()) {
            option.arity("0..1")
                    .fallbackValue("true")
                    .preprocessor((left, command, argument, info) -> alone(left, info));
        }
        return option.build();
    }

    /** Lets a switch leave the argument behind it alone, unless that is its value. */
    private static boolean alone(Stack<String> left, Map<String, Object> info) {
        boolean isAttached = !" ".equals(info.get("separator"));
        if (!isAttached && !left.isEmpty() && !Set.of("true", "false").contains(left.peek())) {
            left.push("true");
        }
        return false;
    }

    private static void addFlag(CommandSpec spec, String name, String description) {
        if (spec.optionsMap().get(name) == null) {
            spec.addOption(OptionSpec.builder(name)
                    .type(boolean.class)
                    .description(description)
                    .build());
        }
    }

    private static Set<String> knownKeys(CommandLine root) {
        Set<String> keys = new TreeSet<>();
        Deque<CommandLine> left = new ArrayDeque<>(List.of(root));
        while (!left.isEmpty()) {
            CommandLine line = left.pop();
            Object command = line.getCommand();
            if (command instanceof Tool tool) {
                tool.settings().forEach(setting -> keys.add(setting.key()));
            }
            left.addAll(line.getSubcommands().values());
        }
        return keys;
    }

    private int run(ParseResult parsed, Set<String> known, PrintStream out, PrintStream err) {
        Integer help = CommandLine.executeHelpRequest(parsed);
        if (help != null) {
            return help;
        }
        List<CommandLine> lines = parsed.asCommandLineList();
        CommandLine last = lines.get(lines.size() - 1);
        if (!(last.getCommand() instanceof Tool tool)) {
            if (last.getCommand() instanceof java.util.concurrent.Callable<?>
                    || last.getCommand() instanceof Runnable) {
                return new RunLast().execute(parsed);
            }
            throw new ParameterException(
                    last,
                    "expected a command, found none; one of "
                            + String.join(", ", last.getSubcommands().keySet()));
        }
        ParseResult own = last.getParseResult();
        boolean json = own.matchedOptionValue(JSON, false);
        Console console = new Console(out, err, json, Boolean.getBoolean("understudy.terminal"));
        try {
            Failures.checkHeap(Runtime.getRuntime().maxMemory());
            Settings settings = Settings.resolve(
                    tool.settings(), known, own.matchedOptionValue(CONFIG, (Path) null), environment, given(tool, own));
            if (tool.announcesSettings()) {
                console.note(
                        last.getCommandSpec().qualifiedName() + ": " + settings.without(tool.meaningless(settings)));
            }
            return tool.run(settings, console);
        } catch (BadSettingsException e) {
            throw new ParameterException(last, String.join(System.lineSeparator(), e.problems()), e);
        } catch (ParameterException e) {
            throw e;
        } catch (LinkageError | OutOfMemoryError e) {
            CommandFailedException remedied = new CommandFailedException(Failures.remedy(e), e);
            throw new CommandLine.ExecutionException(last, Failures.describe(remedied), remedied);
        } catch (Exception e) {
            throw new CommandLine.ExecutionException(last, Failures.describe(e), e);
        }
    }

    private static Map<String, String> given(Tool tool, ParseResult parsed) {
        Map<String, String> options = new HashMap<>(new LinkedHashMap<>());
        for (Setting<?> setting : tool.settings()) {
            if (parsed.hasMatchedOption(setting.option())) {
                options.put(setting.key(), parsed.matchedOptionValue(setting.option(), ""));
            }
        }
        return options;
    }

    private static int badUsage(ParameterException exception) {
        CommandLine line = exception.getCommandLine();
        PrintWriter err = line.getErr();
        String message = String.valueOf(exception.getMessage());
        message.lines().forEach(problem -> err.println("understudy: " + problem));
        if (!(exception.getCause() instanceof BadSettingsException)) {
            CommandLine.UnmatchedArgumentException.printSuggestions(exception, err);
        }
        err.println("Try: %s --help".formatted(line.getCommandSpec().qualifiedName()));
        return BAD_USAGE;
    }

    private static int failed(Exception exception, CommandLine line, @Nullable ParseResult parsed) {
        Throwable cause = exception instanceof CommandLine.ExecutionException && exception.getCause() != null
                ? exception.getCause()
                : exception;
        PrintWriter err = line.getErr();
        err.println(Ansi.OFF.string("understudy: " + Failures.describe(cause)));
        if (parsed != null && isVerbose(parsed)) {
            cause.printStackTrace(err);
        }
        return FAILED;
    }

    private static boolean isVerbose(ParseResult parsed) {
        List<CommandLine> lines = parsed.asCommandLineList();
        return lines.get(lines.size() - 1).getParseResult().matchedOptionValue(VERBOSE, false);
    }
}
