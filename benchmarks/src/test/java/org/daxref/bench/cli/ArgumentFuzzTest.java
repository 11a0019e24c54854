/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.scenario.Scenarios;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Command lines that nobody would type: every one ends in a sentence, a usage text or what was asked for, and exits
 * with 0 only if there was nothing wrong with it. The test holds JMH's lock, so a command line with nothing wrong ends
 * in the sentence about that.
 */
class ArgumentFuzzTest {
    private static final String MINE = "years of work";
    private static final int LONGEST = 16;
    private static final List<String> COMMANDS = List.of("run", "list", "doctor", "explain", "compare", "ab",
        "floor", "report", "RUN",
        "");
    private static final List<String> FLAGS = List.of("--oversubscribe", "--resume", "--bogus", "-x", "--pages=",
        "--oversubscribe=maybe", "--json", "--csv", "--markdown", "--filter=", "@missing", "@", "-", "---", "--",
            "--pages=16", "-pages");
    private static final List<String> OPTIONS = List.of("--profile", "--filter", "--threads", "--design", "--counter",
        "--device", "--pages", "--out", "--forks", "--threshold", "--control", "--results");
    private static final List<String> VALUES = List.of("smoke", "quick", "full", "Pin", "getAndAdd", ".*", "(", "[a-",
        "(?<x>", "*", "\\", "1", "max", "1,2,max", "0", "-1", ",", "1,,2", "99999999999999999999", "1e3", "0x10",
        "dev-pagemap", "fs-held,fs-held", "lost-wakeup", "cas", "cas-fused", "striped", "512", "4294967297",
        "9223372036854775807", "%s%n%d", "${sys:user.home}", "${", "ü§😀\uD800", "a b", "'", "\"", "a\nb", "a\tb",
        "\u0007", "=", "a=b", "S9", "s12", "S0", "S99", "/dev/null", "/proc/self/mem", "null", "true");
    private static final List<String> JMH_OPTIONS = List.of("-i", "-r", "-wi", "-w", "-to", "-gc", "-prof", "-p",
        "-jvmArgsAppend", "-f", "-t", "-bm", "-rf", "-jvm", "-l", "-h", "-o", "-v", "--", "-zz");
    private static final List<String> JMH_VALUES = List.of("1", "0", "-1", "1ms", "1s", "ms", "5 parsecs", "true",
        "gc", "perfasm", "java.lang.String", "org.daxref.bench.suite.ContentionGuard", "stack:lines=x", "gc:", ":",
        "foll=PIN", "foll=", "=", "==", "design=fs-held", "design=x", "pages=8,x", "pages=-1", "nothing=1",
        "-Xmx1", "-XX:+Nonsense", "99999999999999999999", "", "Pin");

    @TempDir
    private Path home;

    private InProcess program;
    private FileChannel lock;

    @BeforeEach
    void setUp() throws IOException {
        Files.writeString(home.resolve("thesis.txt"), MINE);
        program = new InProcess(home);
        lock = FileChannel.open(home.resolve("jmh.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        lock.lock();
    }

    @AfterEach
    void tearDown() throws IOException {
        lock.close();
        program.close();
    }

    private String value(final Random random) {
        return switch (random.nextInt(12)) {
            case 0 -> home.resolve("thesis.txt").toString();
            case 1 -> home.resolve("missing/x").toString();
            case 2 -> Fuzz.oneOf(random, VALUES).repeat(1 << random.nextInt(LONGEST));
            case 3 -> random.ints(1 + random.nextInt(8), 1, Character.MAX_VALUE)
                .collect(StringBuilder::new, (text, c) -> text.append((char) c), StringBuilder::append).toString();
            case 4 -> Long.toString(random.nextLong());
            default -> Fuzz.oneOf(random, VALUES);
        };
    }

    private List<String> commandLine(final Random random) {
        final List<String> words = new ArrayList<>();
        if (random.nextBoolean()) {
            words.add(Fuzz.oneOf(random, COMMANDS));
        }
        for (int left = random.nextInt(5); left > 0; left--) {
            switch (random.nextInt(8)) {
                case 0 -> words.add(value(random));
                case 1, 2 -> words.add(Fuzz.oneOf(random, FLAGS));
                case 3 -> words.add(Fuzz.oneOf(random, OPTIONS) + "=" + value(random));
                default -> words.addAll(List.of(Fuzz.oneOf(random, OPTIONS), value(random)));
            }
        }
        if (random.nextBoolean()) {
            words.add("--");
            for (int left = random.nextInt(4); left > 0; left--) {
                words.add(Fuzz.oneOf(random, JMH_OPTIONS));
                words.add(Fuzz.oneIn(random, 4) ? value(random) : Fuzz.oneOf(random, JMH_VALUES));
            }
        }
        if (!words.isEmpty() && Fuzz.oneIn(random, 4)) {
            words.remove(random.nextInt(words.size()));
        }
        if (!words.isEmpty() && Fuzz.oneIn(random, 4)) {
            words.add(random.nextInt(words.size()), Fuzz.oneOf(random, words));
        }
        if (Fuzz.oneIn(random, 20)) {
            words.add(random.nextInt(words.size() + 1), Fuzz.oneOf(random, List.of("--help", "-V")));
        }
        return words;
    }

    private static boolean isGood(final List<String> typed) {
        final List<String> words = typed.stream().filter(word -> !word.equals("--")).toList();
        return words.equals(List.of("list")) || words.equals(List.of("explain"))
            || words.size() == 2 && words.getFirst().equals("explain") && Scenarios.find(words.getLast()).isPresent()
            || words.stream().anyMatch(word -> List.of("--help", "-h", "--version", "-V").contains(word));
    }

    @Test
    void shouldEndInASentenceWhateverIsTyped() throws IOException {
        Fuzz.eachCase(random -> {
            final List<String> words = commandLine(random);
            try {
                final Cli.Ended ended = program.run(words.toArray(String[]::new));
                InProcess.assertOrderly(ended);
                assertTrue(ended.exit() == DaxrefCommand.BAD_INPUT || isGood(words), "exit=" + ended.exit());
                assertFalse(Files.exists(home.resolve("results")), "nothing was begun");
            } catch (final Throwable e) {
                throw new AssertionError(e.getMessage() + " <- " + shortened(words), e);
            }
        });
        assertEquals(MINE, Files.readString(home.resolve("thesis.txt")));
    }

    private String device(final Random random) {
        return switch (random.nextInt(8)) {
            case 0 -> home.resolve("thesis.txt").toString();
            case 1 -> home.resolve("thesis.txt/x").toString();
            case 2 -> home.resolve("x".repeat(1 << random.nextInt(LONGEST))).toString();
            case 3 -> home.resolve("new " + random.nextInt()).toString();
            case 4 -> home.toString();
            case 5 -> home.resolve("missing/x").toString();
            default -> Fuzz.oneOf(random, List.of("/", "/dev/null", "/dev/full", "/proc/self/mem", "", ".", "\uD800"));
        };
    }

    /** The results folder is a file, so a device that can be used ends in the sentence about that. */
    @Test
    void shouldRefuseWhateverIsSaidOfTheDevice() throws IOException {
        lock.close();
        Files.writeString(home.resolve("results"), MINE);
        final List<String> sizes = List.of("-1", "0", "1", "2", "16", "513", "4294967297", "9223372036854775807",
            "-9223372036854775808", "1125899906842624");
        Fuzz.eachTenthCase(random -> {
            final String device = device(random);
            final String pages = Fuzz.oneOf(random, sizes);
            final Cli.Ended ended =
                program.run("--filter", "getAndAdd", "--device", device, "--pages", pages);
            if (device.startsWith(home + "/new ")) {
                Files.deleteIfExists(Path.of(device));
            }
            assertEquals(DaxrefCommand.BAD_INPUT, ended.exit(), device + " " + pages);
            InProcess.assertOrderly(ended);
        });
        assertEquals(MINE, Files.readString(home.resolve("thesis.txt")));
        assertEquals(MINE, Files.readString(home.resolve("results")));
    }

    private static List<String> shortened(final List<String> words) {
        return words.stream().map(word -> word.length() < 200 ? word : word.substring(0, 100) + "... " + word.length())
            .toList();
    }
}
