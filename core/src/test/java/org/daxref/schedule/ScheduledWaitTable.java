/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import java.util.function.BooleanSupplier;
import org.daxref.memory.Words;
import org.daxref.sync.WaitTable;

/**
 * A wait table whose sleepers give the turn of their {@link Schedule} away, so that a wake-up that is lost shows itself
 * at once: nobody is left to run. Time does not pass in a schedule: a timeout other than 0 never fires.
 */
public final class ScheduledWaitTable extends WaitTable {

    public ScheduledWaitTable(final Words words, final long baseOffset) {
        super(words, baseOffset);
    }

    @Override
    public boolean waitVar(final long address, final BooleanSupplier condition, final long timeoutNs)
        throws InterruptedException {
        if (!(Thread.currentThread() instanceof final ScheduledThread self)) {
            return super.waitVar(address, condition, timeoutNs);
        }
        self.waitsFor(address);
        try {
            return super.waitVar(address, condition, timeoutNs > 0 ? FOREVER : timeoutNs);
        } finally {
            self.waitsForNothing();
        }
    }

    @Override
    protected void sleep(final long ns) {
        if (Thread.currentThread() instanceof final ScheduledThread self) {
            self.schedule().sleep(self);
        } else {
            super.sleep(ns);
        }
    }

    @Override
    protected void wake(final Thread thread) {
        if (Thread.currentThread() instanceof final ScheduledThread self
            && thread instanceof final ScheduledThread sleeper) {
            self.schedule().wake(self, sleeper);
        } else {
            super.wake(thread);
        }
    }
}
