/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import static org.daxref.sync.WaitTableDescriptor.QUEUE_BYTES;
import static org.daxref.sync.WaitTableDescriptor.TABLE_BYTES;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.daxref.memory.Words;
import org.daxref.sync.WaitTable;
import org.jetbrains.lincheck.datastructures.Operation;

/**
 * A page of one reference: some wait until it is idle, one puts it.
 *
 * <p>Under Lincheck a parked thread may always wake for no reason, and would then test its condition again and never
 * sleep through a lost wake-up. So for the model checker a sleep is a loop that only a waker ends, and a lost wake-up
 * is a livelock: {@code The execution has hung}. Free threads run the production class as it is.
 */
public abstract class WaitTableOperations {
    private static final long COUNT = TABLE_BYTES;

    private final Words words = Lincheck.words(TABLE_BYTES + Long.BYTES);
    private final WaitTable waits = Lincheck.hasFreeThreads() ? new WaitTable(words, 0)
        : new SpinningWaitTable(words);

    WaitTableOperations() {
        words.putIntRelease(COUNT, 1);
    }

    private boolean isIdle() {
        return words.getIntVolatile(COUNT) == 0;
    }

    @Operation(blocking = true)
    public boolean awaitIdle() {
        waits.waitVarUninterruptible(COUNT, this::isIdle);
        return isIdle();
    }

    @Operation
    public abstract void put();

    void lower() {
        words.getAndAddInt(COUNT, -1);
    }

    boolean anybodyWaits() {
        return words.getIntVolatile((long) WaitTable.queue(COUNT) * QUEUE_BYTES) != 0;
    }

    void wakeUp() {
        waits.wakeUpVar(COUNT);
    }

    /** As in production: lower, then look whether anybody waits. */
    public static final class Actual extends WaitTableOperations {
        @Override
        @Operation
        public void put() {
            lower();
            wakeUp();
        }
    }

    /** A canary: looks before it lowers. */
    public static final class LooksFirst extends WaitTableOperations {
        @Override
        @Operation
        public void put() {
            final boolean anybodyWaits = anybodyWaits();
            lower();
            if (anybodyWaits) {
                wakeUp();
            }
        }
    }

    /** Sleeps for no reason but {@link #wake}, and without real parking. */
    private static final class SpinningWaitTable extends WaitTable {
        private final Set<Thread> woken = ConcurrentHashMap.newKeySet();

        SpinningWaitTable(final Words words) {
            super(words, 0);
        }

        @Override
        protected void sleep(final long address, final long ns) {
            while (!woken.remove(Thread.currentThread())) {
                Thread.onSpinWait();
            }
        }

        @Override
        protected void wake(final Thread thread) {
            woken.add(thread);
        }
    }
}
