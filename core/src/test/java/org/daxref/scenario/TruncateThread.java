/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.daxref.Race;
import org.daxref.TestMachine;
import org.daxref.dax.DaxFile;
import org.daxref.sync.CpuSlot;

/** Somebody who cuts a file off, on a CPU of his own, while a test does something else. */
final class TruncateThread implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(120);
    private static final Duration MOMENT = Duration.ofMillis(30);

    private final Thread thread;

    private TruncateThread(final Thread thread) {
        this.thread = thread;
    }

    static TruncateThread start(final TestMachine machine, final DaxFile file) {
        return new TruncateThread(Thread.ofPlatform().daemon().start(() -> {
            final CpuSlot cpu = machine.machine().attach();
            try {
                file.truncate(cpu, 0);
            } catch (final InterruptedException e) {
                // the test has failed and is being cleaned up
            } finally {
                machine.machine().detach(cpu);
            }
        }));
    }

    void awaitAsleep() throws InterruptedException {
        Race.awaitParked(thread);
    }

    void assertAsleep() throws InterruptedException {
        assertFalse(thread.join(MOMENT), "it did not wait");
        Race.awaitParked(thread);
    }

    void assertEnds() throws InterruptedException {
        assertTrue(thread.join(TIMEOUT), "it still waits");
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(TIMEOUT);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
