/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.daxref.Machine;
import org.daxref.mm.BusErrorException;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.WaitTable;

/**
 * Somebody who does one thing that may have to wait, on a CPU and a thread of its own.
 *
 * <p>Thread contract: used by the stage's thread only.
 */
public final class Actor {
    private static final long FORGOTTEN_NS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long STUCK_NS = TimeUnit.MILLISECONDS.toNanos(500);

    private final String name;
    private final Machine machine;
    private final Thread thread;
    private volatile String result = "";
    private boolean reported;

    Actor(final String name, final Machine machine, final Action action) {
        this.name = name;
        this.machine = machine;
        this.thread = Thread.ofPlatform().daemon().name(name).unstarted(() -> {
            final CpuSlot cpu = machine.attach();
            result = attempt(action, cpu);
            machine.detach(cpu);
        });
        // who cannot be ended finds the device gone when the stage is closed, which is nobody's business any more
        thread.setUncaughtExceptionHandler((ended, why) -> { });
    }

    /** What an actor does. */
    @FunctionalInterface
    public interface Action {
        /**
         * Does it.
         *
         * @param cpu the actor's CPU
         * @return what came of it, null if nothing is to be said
         * @throws Exception what the actor ran into; it is told as the result
         */
        Object run(CpuSlot cpu) throws Exception;
    }

    /** Does something and puts into words what came of it. */
    static String attempt(final Action action, final CpuSlot cpu) {
        try {
            final Object value = action.run(cpu);
            return value == null ? "" : value.toString();
        } catch (final InterruptedException e) {
            return "-ERESTARTSYS";
        } catch (final BusErrorException e) {
            return e.getMessage();
        } catch (final Exception e) {
            return "refused: " + e.getMessage();
        }
    }

    void start() {
        thread.start();
    }

    void interrupt() {
        thread.interrupt();
    }

    String name() {
        return name;
    }

    /**
     * Waits until the actor has ended or waits for good: asleep in a queue with nothing to wake up for and no signal
     * that it has not noticed, forgotten there, or without an end for so long that it must be waiting for somebody's
     * read section, or spinning.
     */
    void settle() throws InterruptedException {
        final long begun = System.nanoTime();
        long asleepSince = begun;
        while (thread.isAlive() && System.nanoTime() - begun < STUCK_NS) {
            final boolean nobodyOverdue = machine.waits().overdueWaiters() == 0;
            // looked at afterwards: who was woken is overdue until he runs, and no longer parked once he does
            if (!(LockSupport.getBlocker(thread) instanceof WaitTable) || thread.isInterrupted()) {
                asleepSince = System.nanoTime();
            } else if (nobodyOverdue || System.nanoTime() - asleepSince > FORGOTTEN_NS) {
                return;
            }
            thread.join(1);
        }
    }

    /**
     * Whether it waits for something.
     *
     * @return true until it has ended
     */
    public boolean isAsleep() {
        return thread.isAlive();
    }

    /** What came of it, once: null if it still waits or has been told before. */
    String report() {
        if (thread.isAlive() || reported) {
            return null;
        }
        reported = true;
        return result.isEmpty() ? name + " returns" : name + " returns " + result;
    }
}
