/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.daxref.memory.DeviceFailedException;
import org.daxref.memory.FailingWords;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Something with users ends while it has none. */
class UsersTest {
    private final Users users = new Users("the thing");

    private static String refusal(final Executable call) {
        return assertThrows(IllegalStateException.class, call).getMessage();
    }

    private boolean end() {
        return users.end(() -> true);
    }

    @Test
    void shouldNotEndWhileItIsUsed() {
        final String refused = users.during(() -> users.during(() -> refusal(this::end)));

        assertEquals("the thing is in use: users=2", refused);
        assertFalse(users.haveEnded());
        assertTrue(end());
        assertTrue(users.haveEnded());
    }

    @Test
    void shouldRefuseUsersAndASecondEndAfterTheFirst() {
        end();

        assertEquals("the thing is gone", refusal(() -> users.during(() -> null)));
        assertEquals("the thing is gone", refusal(this::end));
        users.resume();
        assertEquals(5, (int) users.during(() -> 5));
        assertTrue(end());
    }

    @Test
    void shouldNotEndWhatIsNotFree() {
        assertFalse(users.end(() -> false));

        assertFalse(users.haveEnded());
        assertEquals(5, (int) users.during(() -> 5));
    }

    @Test
    void shouldForgetAUserWhoFails() {
        final IOException failure = new IOException();
        assertSame(failure, assertThrows(IOException.class, () -> users.during(() -> {
            throw failure;
        })));
        final InternalError error = new InternalError(FailingWords.MESSAGE);
        assertSame(error, assertThrows(DeviceFailedException.class, () -> users.during(() -> {
            throw error;
        })).getCause());

        assertTrue(end());
    }
}
