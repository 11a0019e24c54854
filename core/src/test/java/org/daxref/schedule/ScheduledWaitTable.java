/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import org.daxref.memory.Words;
import org.daxref.sync.WaitTable;

/**
 * A wait table whose sleepers give the turn of their {@link Schedule} away, so that a wake-up that is lost shows itself
 * at once: nobody is left to run. A timeout never fires while its waiter sleeps.
 */
public final class ScheduledWaitTable extends WaitTable {

    public ScheduledWaitTable(final Words words, final long baseOffset) {
        super(words, baseOffset);
    }

    @Override
    protected void sleep(final long address, final long ns) {
        if (Thread.currentThread() instanceof final ScheduledThread self) {
            self.waitsFor(address);
            self.schedule().sleep(self);
            self.waitsForNothing();
        } else {
            super.sleep(address, ns);
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
