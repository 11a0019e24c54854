/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.profile;

import org.daxref.bench.result.SuiteException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

class ProfilerLibraryTest {
    private static final int ELF = 0x7F454C46;
    private static final int UNIVERSAL_MACH_O = 0xCAFEBABE;
    private static final int MACHINE_OFFSET = 18;
    private static final int X86_64 = 0x3E;
    private static final int AARCH64 = 0xB7;

    @ParameterizedTest
    @CsvSource({"Linux, amd64, " + X86_64, "Linux, x86_64, " + X86_64, "Linux, aarch64, " + AARCH64})
    void shouldUnpackTheLibraryOfThePlatform(final String os, final String arch, final int machine)
        throws IOException {
        final Path file;
        try (ProfilerLibrary library = ProfilerLibrary.unpack(os, arch)) {
            file = library.file();
            final ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file));
            assertEquals(ELF, content.getInt(0));
            assertEquals(machine, content.get(MACHINE_OFFSET) & 0xFF);
        }
        assertFalse(Files.exists(file.getParent()), "it is gone afterwards");
    }

    @Test
    void shouldUnpackTheLibraryForMacs() throws IOException {
        try (ProfilerLibrary library = ProfilerLibrary.unpack("Mac OS X", "aarch64")) {
            assertEquals(UNIVERSAL_MACH_O, ByteBuffer.wrap(Files.readAllBytes(library.file())).getInt(0));
        }
    }

    @ParameterizedTest
    @CsvSource({"Windows 11, amd64", "Linux, riscv64", "FreeBSD, amd64"})
    void shouldSayThatThereIsNoneForAPlatform(final String os, final String arch) {
        assertEquals("There is no async-profiler for " + os + " on " + arch + ": it runs on Linux (x64, arm64)"
            + " and macOS. JMH's own profilers remain: ./run-bench.sh --filter ... -- -prof jfr.",
            assertThrows(SuiteException.class, () -> ProfilerLibrary.unpack(os, arch)).getMessage());
    }
}
