/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import org.daxref.memory.HeapWords;
import org.junit.jupiter.api.Test;

/** The counterpart of the kernel's log: it counts everything, and keeps the beginning. */
class WarningsTest {
    @Test
    void shouldCountAllAndKeepTheFirst() {
        final Warnings warnings = new Warnings();
        assertEquals(0, warnings.count());
        assertEquals(List.of(), warnings.messages());
        final List<String> said = IntStream.range(0, 101).mapToObj(i -> "WARN_ON: i=" + i).toList();

        said.forEach(warnings::warn);

        assertEquals(101, warnings.count());
        assertEquals(said.subList(0, 100), warnings.messages());
    }

    @Test
    void shouldBeOneLogForAllPages() {
        final Memmap memmap = new Memmap(new HeapWords(0), 0, 0, 0);

        memmap.warnings().warn("WARN_ON");

        assertEquals(List.of("WARN_ON"), memmap.warnings().messages());
    }
}
