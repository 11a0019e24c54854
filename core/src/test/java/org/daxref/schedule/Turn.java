/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * The right to run, which one thread of a schedule has. It is handed over through one volatile word: who waits for it
 * spins first, which is the fastest where the other thread is on another core, and then parks.
 *
 * <pre>
 *   pass                                  await
 *   holder := next        (RMW)           parked := true
 *   next.parked?  yes -> unpark           holder == self?  no -> park
 * </pre>
 *
 * <p><b>Memory ordering.</b> All four are volatile, so at least one side sees the other. Passing the turn on and
 * finding it pair: whatever was done under the turn happens before whatever is done under it next, so plain fields
 * suffice for the state of a schedule.
 */
final class Turn {
    private static final int NOBODY = -1;
    private static final int REVOKED = -2;
    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();
    private static final int SPINS_BEFORE_PARK = 2000;

    private final AtomicInteger holder = new AtomicInteger(NOBODY);
    private int spins;

    boolean isHeldBy(final ScheduledThread thread) {
        return holder.get() == thread.index();
    }

    /** Gives the turn to the first of so many threads. If they outnumber the processors, spinning only hinders them. */
    void begin(final ScheduledThread first, final int threads) {
        spins = threads <= PROCESSORS ? SPINS_BEFORE_PARK : 0;
        holder.set(first.index());
        first.unpark();
    }

    /** Without effect if the turn was revoked. */
    void pass(final ScheduledThread from, final ScheduledThread next) {
        if (holder.compareAndSet(from.index(), next.index())) {
            next.unpark();
        }
    }

    /** Nobody needs the turn any more. Without effect if it was revoked. */
    void end(final ScheduledThread last) {
        holder.compareAndSet(last.index(), NOBODY);
    }

    /** From now on, whoever waits for the turn or has it is aborted at its next yield point. */
    void revoke() {
        holder.set(REVOKED);
    }

    boolean isOver() {
        return holder.get() < 0;
    }

    boolean isRevoked() {
        return holder.get() == REVOKED;
    }

    void await(final ScheduledThread self) {
        int left = spins;
        for (int now = holder.get(); now != self.index(); now = holder.get()) {
            if (now == REVOKED) {
                throw new ScheduleAborted();
            }
            if (--left > 0) {
                Thread.onSpinWait();
            } else {
                self.parkUnless(() -> isHeldBy(self) || isRevoked());
            }
        }
    }
}
