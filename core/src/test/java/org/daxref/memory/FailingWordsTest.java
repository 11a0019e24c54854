/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class FailingWordsTest {
    private final FailingWords words = new FailingWords(new HeapWords(64));

    @Test
    void shouldThrowOnceInsteadOfTheSecondAccess() {
        words.failInsteadOf(2);
        words.putIntOpaque(0, 1);
        assertFalse(words.hasFailed());

        final InternalError error = assertThrows(InternalError.class, () -> words.getAndAddInt(0, 1));

        assertEquals(FailingWords.MESSAGE, error.getMessage());
        assertTrue(words.hasFailed());
        assertEquals(1, words.getAndAddInt(0, 1));
    }

    @Test
    void shouldThrowOnceAfterTheSecondAccess() {
        words.failAfter(2);
        words.putIntOpaque(0, 1);

        assertThrows(InternalError.class, () -> words.getAndAddInt(0, 1));

        assertTrue(words.hasFailed());
        assertEquals(2, words.getAndAddInt(0, 1));
    }

    @Test
    void shouldFailForTheThreadThatAskedOnly() throws InterruptedException {
        words.failInsteadOf(1);
        final Thread other = Thread.ofPlatform().start(() -> words.putIntOpaque(0, 7));
        other.join();
        assertFalse(words.hasFailed());

        words.reset();

        assertEquals(7, words.getIntVolatile(0));
        assertFalse(words.hasFailed());
    }
}
