/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import java.util.function.BooleanSupplier;
import org.daxref.memory.DeviceFailedException;

/**
 * Who uses something that comes to an end, such as a file: {@code i_count} of an inode, {@code s_active} of a mounted
 * file system. It ends only while nobody uses it, and who comes later is refused; so nobody touches memory that has
 * gone to something else.
 *
 * <pre>
 *   user                                  end
 *   ended?  yes -> refused                users == 0?  no -> refused
 *   users++                               ended := true
 *   ...                                   gives its memory back
 *   users--
 * </pre>
 *
 * <p>Each of the two is one step under the monitor of this object. Nobody waits for a user: a truncate that sleeps
 * makes the end impossible, and the caller is told ({@code DaxFileLifeTest}).
 *
 * <p>Thread-safe; the monitor is held for some instructions only.
 */
final class Users {
    private final String what;
    private long users;
    private boolean ended;

    /**
     * Nobody uses it yet.
     *
     * @param what it is, for messages
     */
    Users(final String what) {
        this.what = what;
    }

    /** What a user does. */
    @FunctionalInterface
    interface Work<T, E extends Exception> {
        T run() throws E;
    }

    /**
     * Uses it.
     *
     * @param work what the user does; a failure of the device's memory in it becomes one that says so
     * @return what the work returns
     * @throws E                     what it throws
     * @throws IllegalStateException if there is nothing to use any more
     */
    <T, E extends Exception> T during(final Work<T, E> work) throws E {
        enter();
        try {
            return work.run();
        } catch (final InternalError e) {
            throw DeviceFailedException.insteadOf(e);
        } finally {
            exit();
        }
    }

    private synchronized void enter() {
        if (ended) {
            throw gone();
        }
        users++;
    }

    private synchronized void exit() {
        users--;
    }

    private IllegalStateException gone() {
        return new IllegalStateException(what + " is gone");
    }

    synchronized boolean haveEnded() {
        return ended;
    }

    /**
     * From now on there are no users.
     *
     * @param isFree asked while nobody uses it; if not, it does not end
     * @return what it answered
     * @throws IllegalStateException if somebody uses it, or it has ended already
     */
    synchronized boolean end(final BooleanSupplier isFree) {
        if (ended) {
            throw gone();
        }
        if (users != 0) {
            throw new IllegalStateException(what + " is in use: users=" + users);
        }
        ended = isFree.getAsBoolean();
        return ended;
    }

    /** It does not end after all. */
    synchronized void resume() {
        ended = false;
    }
}
