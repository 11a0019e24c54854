/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.FileNotFoundException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.daxref.bench.result.HlogFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LatencyLogTest {
    private final LatencyLog log = new LatencyLog();

    @TempDir
    private Path folder;

    @Test
    void shouldKeepWhatWasMeasuredOnly() throws FileNotFoundException {
        log.prepare(3);
        iterate(1_000, false);
        iterate(2_000, true);
        iterate(3_000, true);

        final Histogram read = written();

        assertEquals(2, read.getTotalCount());
        assertEquals(2_000, read.getMinValue(), 2);
        assertEquals(3_000, read.getMaxValue(), 3);
    }

    @Test
    void shouldRecordWhatIsTooLongAsTheLongest() throws FileNotFoundException {
        log.prepare(1);
        iterate(TimeUnit.HOURS.toNanos(1), true);

        assertEquals(1e10, written().getMaxValue(), 1e7);
    }

    private void iterate(final long ns, final boolean measured) {
        log.start();
        log.record(ns);
        log.stop(measured);
    }

    private Histogram written() throws FileNotFoundException {
        final Path file = folder.resolve("fork.hlog");
        log.write(file.toString());
        return HlogFile.read(file);
    }
}
