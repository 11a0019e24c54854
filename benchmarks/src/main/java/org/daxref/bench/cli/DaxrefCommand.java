/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.result.SuiteException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The program behind {@code run-bench.sh}.
 */
@Command(name = "run-bench.sh", mixinStandardHelpOptions = true, usageHelpWidth = 110, version = "daxref 1.0-SNAPSHOT",
    description = "Measures what a reference on a DAX page costs under each way Linux has counted them.",
    customSynopsis = "run-bench.sh [run] [OPTIONS] [-- JMH OPTIONS]%n"
        + "       run-bench.sh list | doctor | explain [SCENARIO] | report [RUN...] | profile BENCHMARK%n"
        + "       run-bench.sh compare BASE HEAD | ab BASE HEAD | floor",
    subcommands = {RunCommand.class, ListCommand.class, AbCommand.class, CompareCommand.class, ReportCommand.class,
        ProfileCommand.class, FloorCommand.class, DoctorCommand.class, ExplainCommand.class},
    footerHeading = "%nExamples:%n",
    footer = {
        "  ./run-bench.sh                              the quick profile: the headline in about 5 minutes",
        "  ./run-bench.sh --profile smoke              does everything run? (1 minute, nothing stored)",
        "  ./run-bench.sh --profile questions          17 questions that people asked, answered (31 minutes)",
        "  ./run-bench.sh --filter PinPage --threads 1,max",
        "  ./run-bench.sh --filter HotPage --design fs-held --counter cas,cas-fused",
        "  ./run-bench.sh --filter HotPage --forks 20  narrower intervals than 5 forks give",
        "  ./run-bench.sh --device /mnt/pmem/daxref.img",
        "  ./run-bench.sh --filter PinPage -- -prof gc -wi 5",
        "  ./run-bench.sh --resume                     go on with the quick run that was stopped",
        "  ./run-bench.sh list                         what can be measured",
        "  ./run-bench.sh doctor                       what would spoil numbers here",
        "  ./run-bench.sh compare HEAD~1 HEAD          what changed between two commits that were measured",
        "  ./run-bench.sh ab main HEAD                 what changed between two commits, measured in turn",
        "  ./run-bench.sh explain S9                   the lost wake-up, step by step under each design",
        "  ./run-bench.sh profile PinPage              where the time goes: tables and flame graphs",
        "  ./run-bench.sh floor                        what pins cost in Java in terms of C",
        "  ./run-bench.sh report                       the newest run as a page for the browser",
        "  ./run-bench.sh run --help                   all options of a run",
        "",
        "Exit codes: 0 the run is whole (a warning says if it is NOISY or OVERSUBSCRIBED);",
        "            1 a benchmark failed; 2 bad input or environment; 130 stopped by Ctrl-C."})
public final class DaxrefCommand {
    static final int FAILED = 1;
    static final int BAD_INPUT = 2;
    private static final List<String> COMMANDS = List.of("run", "list", "doctor", "explain", "report", "profile",
        "compare", "ab", "floor",
        "-h", "--help", "-V", "--version");

    private DaxrefCommand() {
    }

    /**
     * Entry point.
     *
     * @param args the words after {@code run-bench.sh}
     */
    public static void main(final String... args) {
        System.exit(execute(utf8(FileDescriptor.out), utf8(FileDescriptor.err), args));
    }

    /**
     * Carries out one command line. The streams become those of this JVM.
     *
     * @param out  gets what was asked for
     * @param err  gets complaints
     * @param args the words after {@code run-bench.sh}
     * @return the exit code
     */
    static int execute(final PrintStream out, final PrintStream err, final String... args) {
        System.setOut(out);
        System.setErr(err);
        return new CommandLine(new DaxrefCommand())
            .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
            .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
            .setParameterExceptionHandler((e, arguments) -> complain(e.getMessage()
                .lines().findFirst().orElse("Bad arguments") + "; see ./run-bench.sh --help."))
            .setExecutionExceptionHandler((e, command, arguments) ->
                complain(e instanceof SuiteException ? e.getMessage() : unexpected(e)))
            .execute(withDefault(args));
    }

    private static PrintStream utf8(final FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }

    /**
     * Puts the default command in front.
     *
     * @param args as typed
     * @return the same with {@code run} in front where no command was named
     */
    static String[] withDefault(final String... args) {
        return args.length > 0 && COMMANDS.contains(args[0]) ? args
            : Stream.concat(Stream.of("run"), Arrays.stream(args)).toArray(String[]::new);
    }

    /** What was typed may hold line breaks and escape sequences; what is printed of it holds none. */
    private static int complain(final String sentence) {
        System.err.println(sentence.replaceAll("\\p{Cntrl}+", " "));
        return BAD_INPUT;
    }

    private static String unexpected(final Exception e) {
        final String what = "Unexpected " + e.getClass().getSimpleName()
            + (e.getMessage() == null ? "" : ": " + e.getMessage().lines().findFirst().orElse(""));
        try {
            final Path log = Files.createTempFile("daxref-error-", ".log");
            try (PrintWriter writer = new PrintWriter(Files.newBufferedWriter(log))) {
                e.printStackTrace(writer);
            }
            return what + "; this is a defect, details are in " + log + ".";
        } catch (final IOException unwritable) {
            return what + "; this is a defect.";
        }
    }
}
