/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.baseline;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * The count by which the JDK keeps a shared {@link Arena} open while a downcall or an input or output uses its memory:
 * a loop that looks and exchanges, both to acquire and to release (JDK 25, {@code SharedSession}).
 *
 * <p>No public method acquires and does nothing else: a downcall costs more than what is to be measured, and so does a
 * checksum of a buffer. So the JDK's own methods are called, by handles, since a build for a given release cannot name
 * them.
 */
final class ArenaPeer extends Peer {
    /** Flag of the JVM without which the methods cannot be reached. */
    static final String EXPORT = "--add-exports=java.base/jdk.internal.foreign=ALL-UNNAMED";

    private static final MethodHandle ACQUIRE = method("acquire0");
    private static final MethodHandle RELEASE = method("release0");

    private byte[] before;
    private Arena arena;
    private MemorySegment.Scope session;
    private byte[] after;

    private ArenaPeer() {
        open();
    }

    static Peer create() {
        return new ArenaPeer();
    }

    private static MethodHandle method(final String name) {
        try {
            final Class<?> type = Class.forName("jdk.internal.foreign.MemorySessionImpl");
            return MethodHandles.lookup().findVirtual(type, name, MethodType.methodType(void.class))
                .asType(MethodType.methodType(void.class, MemorySegment.Scope.class));
        } catch (final ReflectiveOperationException e) {
            throw new IllegalStateException("an arena cannot be acquired, which needs JDK 25 and " + EXPORT + ": "
                + e.getMessage());
        }
    }

    private void open() {
        before = spacer();
        arena = Arena.ofShared();
        session = arena.scope();
        after = spacer();
    }

    @Override
    long take() {
        call(ACQUIRE);
        return 1;
    }

    @Override
    void drop(final long taken) {
        call(RELEASE);
    }

    private void call(final MethodHandle method) {
        try {
            method.invokeExact(session);
        } catch (final RuntimeException | Error e) {
            throw e;
        } catch (final Throwable e) {
            throw new AssertionError("neither method declares an exception", e);
        }
    }

    /** An arena that somebody has acquired refuses to be closed; nothing else tells. */
    @Override
    void checkBooks() {
        arena.close();
        open();
    }

    @Override
    public void close() {
        arena.close();
    }
}
