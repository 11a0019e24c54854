/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.oracle;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.daxref.Machine;
import org.daxref.sync.CpuSlot;

/** A system call in a thread of its own. Where it sleeps is read from its stack, as the observations did. */
final class Syscall implements AutoCloseable {
    /** {@code ext4_break_layouts}, {@code xfs_break_dax_layouts}, {@code dax_break_layout}: state S. */
    static final String BREAK_LAYOUT = "LayoutBreak.breakLayout";
    /** {@code dax_break_layout_final}: state D. */
    static final String BREAK_FINAL = "LayoutBreak.breakFinal";
    /** {@code pread} on the inode lock: state D. */
    static final String READ = "DaxFile.read";
    /** {@code pwrite} on the inode lock: state D. */
    static final String WRITE = "DaxFile.write";
    /** {@code memunmap_pages}: state D. */
    static final String DRAIN = "DevPagemaps.drain";

    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration A_WHILE = Duration.ofMillis(20);

    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final Thread thread;

    private Syscall(final Machine machine, final Body body) {
        thread = Thread.ofPlatform().daemon().start(() -> {
            final CpuSlot cpu = machine.attach();
            try {
                body.run(cpu);
            } catch (final Throwable e) {
                failure.set(e);
            } finally {
                machine.detach(cpu);
            }
        });
    }

    /** What it does. */
    @FunctionalInterface
    interface Body {
        void run(CpuSlot cpu) throws Exception;
    }

    static Syscall start(final Host host, final Body body) {
        return new Syscall(host.machine(), body);
    }

    /** Waits until it sleeps in a function, and not on the way there. */
    Syscall awaitAsleepIn(final String function) throws InterruptedException {
        final long begun = System.nanoTime();
        while (!isAsleepIn(function)) {
            if (!thread.isAlive() || System.nanoTime() - begun > LONG.toNanos()) {
                throw new AssertionError("does not sleep in " + function + ": " + frames(), failure.get());
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
        return this;
    }

    private boolean isAsleepIn(final String function) {
        final Thread.State state = thread.getState();
        final List<String> frames = frames();
        return (state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING) && frames.contains(function)
            && frames.contains("WaitTable.sleep") && !frames.contains("PercpuRwLock.lock");
    }

    private List<String> frames() {
        return Stream.of(thread.getStackTrace()).map(frame -> frame.getClassName()
            .substring(frame.getClassName().lastIndexOf('.') + 1) + "." + frame.getMethodName()).toList();
    }

    void assertSleepsOn() throws InterruptedException {
        assertFalse(thread.join(A_WHILE), "it was to sleep on");
    }

    /** A signal with a handler, without SA_RESTART. */
    Syscall signal() {
        thread.interrupt();
        return this;
    }

    void assertReturns() throws InterruptedException {
        assertTrue(thread.join(LONG), () -> "sleeps on: " + frames());
        if (failure.get() != null) {
            throw new AssertionError("the system call failed", failure.get());
        }
    }

    /** EINTR. */
    void assertInterrupted() throws InterruptedException {
        assertTrue(thread.join(LONG), () -> "sleeps on: " + frames());
        assertInstanceOf(InterruptedException.class, failure.get());
    }

    /** Leaves no thread behind that a failed test could have ended by a signal. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(1));
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
