/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.result.JmhResult;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.Manifest;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Machines that lack what daxref would like to have: it measures all the same, or says in a sentence why it cannot. */
class PlatformTest {
    private static final String[] ARGUMENTS = {"--filter", "PinPage", "--design", "fs-held", "--counter", "cas",
        "--pages", "512", "--forks", "2", "--", "-p", "foll=PIN", "-wi", "0", "-i", "1", "-r", "1ms", "-jvmArgsAppend",
        Cli.LEAN_HEAP};

    private static final String[] SMOKE =
        Stream.concat(Stream.of("--profile", "smoke"), Arrays.stream(ARGUMENTS)).toArray(String[]::new);

    @TempDir
    private Path home;
    private Cli cli;

    @BeforeEach
    void workHere() {
        cli = new Cli(home);
    }

    private Cli.Ended runWithout(final int systemCall, final String... arguments)
        throws IOException, InterruptedException {
        final Cli.Ended ended = cli.start(Forbidden.launcher(systemCall), arguments).await();
        Assumptions.assumeTrue(ended.exit() != Forbidden.NO_FILTER, "this kernel takes no seccomp filter");
        return ended;
    }

    private Manifest manifest() throws IOException {
        return Json.read(cli.runs().getFirst().resolve("manifest.json"), Manifest.class);
    }

    private void assertMeasured(final Cli.Ended ended) throws IOException {
        assertEquals(0, ended.exit(), ended.out() + ended.err());
        assertEquals(2, Json.read(cli.runs().getFirst().resolve("jmh.json"), JmhResult[].class)[0].primaryMetric()
            .rawData().size());
    }

    /** FencedEpochs take the place of AsymmetricEpochs, and the result says so. */
    @Test
    void shouldMeasureWithFencesWithoutMembarrier() throws IOException, InterruptedException {
        assertMeasured(runWithout(Forbidden.membarrier(), ARGUMENTS));
        assertTrue(manifest().doctor().contains(
            "note: membarrier: missing; readers use fences and look dearer than the kernel's"),
            manifest().doctor().toString());
    }

    @Test
    void shouldSayWhenAWorkerCannotBeTiedToItsCpu() throws IOException, InterruptedException {
        final Cli.Ended ended = runWithout(Forbidden.schedSetaffinity(), SMOKE);
        assertEquals(1, ended.exit(), ended.out());
        assertEquals("2 of 2 forks failed, 0 of 1 results are there; details are in failed-*.log.\n", ended.err());
        assertTrue(ended.out().contains("FAILED: cannot pin to a processor: processor="), ended.out());
    }

    private List<String> behind(final String mounts) throws IOException, InterruptedException {
        final List<String> launcher = List.of("unshare", "-m", "bash", "-c", mounts + " && exec \"$@\"", "bash");
        final List<String> trial = new ArrayList<>(launcher);
        trial.add("true");
        Assumptions.assumeTrue(new ProcessBuilder(trial).redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0, "changing mounts takes root");
        return launcher;
    }

    private long devices() throws IOException {
        try (var files = Files.list(home)) {
            return files.filter(file -> file.toString().endsWith(".pmem")).count();
        }
    }

    @Test
    void shouldMeasureInTheTemporaryFolderWithoutSharedMemory() throws IOException, InterruptedException {
        final Path dev = Files.createDirectory(home.resolve("dev"));
        assertMeasured(cli.start(behind("mount -t tmpfs tmpfs " + dev + " && for node in null zero random urandom; "
            + "do touch " + dev + "/$node && mount --bind /dev/$node " + dev + "/$node || exit 1; done"
            + " && mount --rbind " + dev + " /dev"), ARGUMENTS).await());
        assertEquals(0, devices(), "no device is left");
        assertTrue(manifest().doctor().contains("note: /dev/shm: missing; the device then lies in the temporary folder;"
            + " or use --device"), manifest().doctor().toString());
    }

    @Test
    void shouldMeasureInTheTemporaryFolderWhenSharedMemoryCannotBeWritten() throws IOException, InterruptedException {
        assertMeasured(cli.start(behind("mount -t tmpfs -o ro tmpfs /dev/shm"), ARGUMENTS).await());
        assertEquals(0, devices(), "no device is left");
        assertTrue(manifest().doctor().contains("note: /dev/shm: read-only; the device then lies in the temporary"
            + " folder; or use --device"), manifest().doctor().toString());
        assertEquals(Files.getFileStore(home).type(), manifest().device().fileSystem());
    }

    /** A library that stands before the C library and makes the wall clock go back a minute every second. */
    private Path backwardClock() throws IOException, InterruptedException {
        final Path source = Files.writeString(home.resolve("clock.c"), """
            #define _GNU_SOURCE
            #include <sys/syscall.h>
            #include <time.h>
            #include <unistd.h>
            static struct timespec start;
            static void __attribute__((constructor)) begin(void) {
                syscall(SYS_clock_gettime, CLOCK_REALTIME, &start);
            }
            int clock_gettime(clockid_t clock, struct timespec *now) {
                int failed = syscall(SYS_clock_gettime, clock, now);
                if (!failed && clock == CLOCK_REALTIME)
                    now->tv_sec = start.tv_sec - 60 * (now->tv_sec - start.tv_sec);
                return failed;
            }
            """);
        final Path library = home.resolve("clock.so");
        try {
            Assumptions.assumeTrue(new ProcessBuilder("cc", "-shared", "-fPIC", "-o", library.toString(),
                source.toString()).inheritIO().start().waitFor() == 0, "this compiler makes no library");
        } catch (final IOException e) {
            Assumptions.abort("there is no C compiler");
        }
        return library;
    }

    @Test
    void shouldMeasureWhileTheClockGoesBackwards() throws IOException, InterruptedException {
        final Cli.Ended ended = cli.start(List.of("env", "LD_PRELOAD=" + backwardClock()), ARGUMENTS).await();
        assertMeasured(ended);
        assertTrue(Instant.parse(manifest().finished()).isBefore(Instant.parse(manifest().started())),
            "the clock went backwards: started=" + manifest().started() + ", finished=" + manifest().finished());
        final List<String> progress = ended.out().lines().filter(line -> line.startsWith("[")).toList();
        assertTrue(progress.size() >= 2, ended.out());
        assertTrue(progress.stream().filter(line -> !line.startsWith("[repeated]"))
            .allMatch(line -> line.matches(".* \\d+:\\d\\d left")), ended.out());
    }
}
