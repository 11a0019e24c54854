/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DeviceFailedExceptionTest {
    private static final long BYTES = 1 << 16;

    @Test
    void shouldLeaveOtherErrorsAsTheyAre() {
        for (final InternalError other : new InternalError[] {new InternalError("boom"), new InternalError()}) {
            assertSame(other, assertThrows(InternalError.class, () -> DeviceFailedException.insteadOf(other)));
        }
    }

    /** A read only: an exchange of interpreted code may end the JVM. */
    @ParameterizedTest
    @EnumSource(WordsKind.class)
    void shouldStandForTheErrorOfAFileThatWasCutShort(final WordsKind kind, @TempDir final Path directory)
        throws IOException {
        try (FileChannel file = FileChannel.open(directory.resolve("device"), StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            file.truncate(0);
            file.write(ByteBuffer.allocate(1), BYTES - 1);
            try (MappedRegion region = MappedRegion.map(file, BYTES)) {
                final Words words = kind.over(region.segment());
                file.truncate(0);

                final InternalError error = assertThrows(InternalError.class,
                    () -> words.getLongOpaque(words.origin() + BYTES / 2));

                final DeviceFailedException exception = DeviceFailedException.insteadOf(error);
                assertSame(error, exception.getCause());
                assertEquals("the memory of the device failed: was its file cut short, or is its disk full?",
                    exception.getMessage());
            }
        }
    }
}
