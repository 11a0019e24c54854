/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.result.SuiteException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.runner.options.CommandLineOptions;

import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class JmhOptionsTest {
    @Test
    void shouldHandThroughWhatTheSuiteDoesNotDecide() {
        final List<String> words = List.of("-wi", "1", "-i", "2", "-r", "10ms", "-prof", "gc", "-jvmArgsAppend",
            "-Da=b", "-p", "foll=GET", "-p", "pages=8,64");
        final CommandLineOptions options = JmhOptions.parse(words);
        assertEquals(2, options.getMeasurementIterations().get());
        assertEquals(Map.of("foll", List.of("GET"), "pages", List.of("8", "64")), JmhOptions.params(options, words));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-f 1", "-wf 1", "-o file", "-rf json", "-rff file", "-foe true", "-t 2", "-tg 1,1",
        "-e Pin", "-v EXTRA", "-bm ss", "-tu us", "-opi 2", "-si false", "-bs 2", "-wbs 2", "-wm BULK", "-wmb Pin",
        "-jvm java",
        "-jvmArgs -Da=b", "-jvmArgsPrepend -Da=b"})
    void shouldRefuseWhatTheSuiteDecides(final String option) {
        final String name = option.substring(0, option.indexOf(' '));
        assertEquals("JMH's " + name + " cannot be handed through, for the suite decides it: what can be is -i, -r,"
                + " -wi, -w, -to, -gc, -prof, -p and -jvmArgsAppend.",
            assertThrows(SuiteException.class, () -> JmhOptions.parse(List.of(option.split(" ")))).getMessage());
    }

    @Test
    void shouldSayThatThereIsNoSuchProfiler() {
        assertEquals("JMH cannot use the profiler 'nope' here: java.lang.ClassNotFoundException: nope.",
            assertThrows(SuiteException.class, () -> JmhOptions.parse(List.of("-prof", "nope"))).getMessage());
    }

    @Test
    void shouldSayThatAnArgumentIsNoCommand() {
        assertEquals("Unknown command or argument 'lits': the commands are run, list and doctor, and benchmarks are"
            + " chosen by --filter.",
            assertThrows(SuiteException.class, () -> JmhOptions.parse(List.of("lits"))).getMessage());
    }

    @Test
    void shouldPutTheDefaultCommandInFront() {
        assertArrayEquals(new String[] {"run"}, DaxrefCommand.withDefault());
        assertArrayEquals(new String[] {"run", "--profile", "full"}, DaxrefCommand.withDefault("--profile", "full"));
        assertArrayEquals(new String[] {"list"}, DaxrefCommand.withDefault("list"));
        assertArrayEquals(new String[] {"--help"}, DaxrefCommand.withDefault("--help"));
    }
}
