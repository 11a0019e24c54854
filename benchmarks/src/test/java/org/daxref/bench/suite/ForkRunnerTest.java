/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.BenchmarkException;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

import java.util.List;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;

class ForkRunnerTest {
    @Test
    void shouldFindTheReasonUnderWhatJmhWrapsAroundIt() {
        final Throwable cause = new UnsupportedOperationException("no such page\nsecond line");
        final BenchmarkException wrapped = new BenchmarkException(new BenchmarkException(cause));
        assertEquals("UnsupportedOperationException: no such page",
            ForkRunner.reason(new RunnerException("Benchmark caught the exception", wrapped)));
        assertEquals("the books do not balance",
            ForkRunner.reason(new BenchmarkException(new IllegalStateException("the books do not balance"))));
        assertEquals("NullPointerException", ForkRunner.reason(new NullPointerException()));
        assertEquals("No matching benchmarks.", ForkRunner.reason(new RunnerException("No matching benchmarks.")));
    }

    @Test
    void shouldTellTheForkWhereItsDeviceIs() {
        final ForkRunner runner = new ForkRunner(Profile.QUICK.timing(), new DeviceFile(null, 512),
            new OptionsBuilder().jvmArgsAppend("-Dmine=1").build(), ForkRunner.OWN_CLASSES);
        assertEquals(ForkRunner.JVM_FLAGS, runner.flags().subList(0, ForkRunner.JVM_FLAGS.size()));
        assertEquals(List.of("-Ddaxref.pages=512", "-Dmine=1"),
            runner.flags().subList(ForkRunner.JVM_FLAGS.size(), ForkRunner.JVM_FLAGS.size() + 2));
        assertEquals(new TreeMap<>(java.util.Map.of("daxref.pages", "512", "daxref.device", "/mnt/pmem/file")),
            new DeviceFile(java.nio.file.Path.of("/mnt/pmem/file"), 512).properties());
    }

    @Test
    void shouldLetOptionsHandedToJmhOverrideTheProfilesTiming() {
        assertEquals("warm-up 0 x 100 ms, measurement 5 x 250 ms", Profile.QUICK.timing().overriddenBy(
            new OptionsBuilder().warmupIterations(0)
                .measurementTime(org.openjdk.jmh.runner.options.TimeValue.milliseconds(250)).build()).toString());
    }
}
