/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import static org.daxref.sync.Membarrier.GLOBAL;
import static org.daxref.sync.Membarrier.PRIVATE_EXPEDITED;
import static org.daxref.sync.Membarrier.QUERY;
import static org.daxref.sync.Membarrier.REGISTER_PRIVATE_EXPEDITED;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class MembarrierTest {
    @Test
    void shouldRunWhereItIsAvailable() {
        Assumptions.assumeTrue(Membarrier.isAvailable(), "membarrier(2) is not available here");

        assertDoesNotThrow(Membarrier::run);
    }

    @Test
    void shouldThrowWhereItIsNot() {
        Assumptions.assumeFalse(Membarrier.isAvailable(), "membarrier(2) is available here");

        assertEquals("membarrier(2) is not available: os=" + System.getProperty("os.name"),
            assertThrows(IllegalStateException.class, Membarrier::run).getMessage());
    }

    /** Answers commands: 0 when it succeeds, as often as it is asked for. */
    private static IntToLongFunction kernel(final List<Integer> asked, final Map<Integer, Long> answers) {
        return command -> {
            asked.add(command);
            return answers.getOrDefault(command, -1L);
        };
    }

    @Test
    void shouldAskOnceWhenTheKernelObeys() {
        final List<Integer> asked = new ArrayList<>();

        Membarrier.carryOut(kernel(asked, Map.of(PRIVATE_EXPEDITED, 0L)));

        assertEquals(List.of(PRIVATE_EXPEDITED), asked);
    }

    /** The kernel had no memory for a moment. */
    @Test
    void shouldAskAgainWhenTheKernelIsOutOfMemory() {
        final AtomicInteger asked = new AtomicInteger();

        Membarrier.carryOut(command -> command == PRIVATE_EXPEDITED && asked.incrementAndGet() == 3 ? 0 : -1);

        assertEquals(3, asked.get());
    }

    @Test
    void shouldAskForTheGlobalBarrierAtLast() {
        final List<Integer> asked = new ArrayList<>();

        Membarrier.carryOut(kernel(asked, Map.of(GLOBAL, 0L)));

        assertEquals(List.of(PRIVATE_EXPEDITED, PRIVATE_EXPEDITED, PRIVATE_EXPEDITED, GLOBAL), asked);
    }

    @Test
    void shouldSayThatNothingHelped() {
        assertEquals("membarrier(2) failed 3 times, and its global command as well: is the system out of memory?",
            assertThrows(IllegalStateException.class, () -> Membarrier.carryOut(command -> -1)).getMessage());
    }

    @Test
    void shouldRegisterWhereTheKernelHasTheCommand() {
        final List<Integer> asked = new ArrayList<>();
        final long all = PRIVATE_EXPEDITED | REGISTER_PRIVATE_EXPEDITED | GLOBAL;

        assertTrue(Membarrier.register(kernel(asked, Map.of(QUERY, all, REGISTER_PRIVATE_EXPEDITED, 0L))));
        assertEquals(List.of(QUERY, REGISTER_PRIVATE_EXPEDITED), asked);
        assertFalse(Membarrier.register(kernel(asked, Map.of(QUERY, all))), "refused by a sandbox");
        assertFalse(Membarrier.register(kernel(asked, Map.of(QUERY, 1L, REGISTER_PRIVATE_EXPEDITED, 0L))), "old");
        assertFalse(Membarrier.register(kernel(asked, Map.of(REGISTER_PRIVATE_EXPEDITED, 0L))), "no such call");
        assertFalse(Membarrier.register(kernel(asked, Map.of(QUERY, 0L, REGISTER_PRIVATE_EXPEDITED, 0L))));
    }

    @Test
    void shouldKnowTheNumberOfTheCallOfEachArchitecture() {
        assertEquals(324, Membarrier.number("Linux", "amd64"));
        assertEquals(283, Membarrier.number("Linux", "aarch64"));
        assertEquals(-1, Membarrier.number("Linux", "riscv64"));
        assertEquals(-1, Membarrier.number("Mac OS X", "aarch64"));
    }
}
