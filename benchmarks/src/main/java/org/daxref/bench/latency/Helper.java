/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import java.util.BitSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.daxref.Machine;
import org.daxref.bench.Affinity;
import org.daxref.sync.CpuSlot;

/**
 * A thread beside the measured one, with a CPU of its own: it sleeps until it is given a task. Helper <i>i</i> is tied
 * to the <i>i</i>-th processor of the process, beginning anew behind the last one; the measured thread, worker 0, has
 * the first. Nothing is tied if the system property {@code daxref.pin} is {@code false}.
 *
 * <p>Thread contract: tasks come from one thread. What it did before {@link #begin} happens before the task, and the
 * task before whatever follows a true {@link #isDone}.
 */
final class Helper implements AutoCloseable {
    private static final boolean TIE = Boolean.parseBoolean(System.getProperty("daxref.pin", "true"));

    private final Thread thread;
    private final String endOfTask;
    private final BooleanSupplier done = this::isDone;
    private volatile Task task;
    private volatile boolean closed;
    private volatile Throwable failure;

    /** Starts the thread. It attaches to the machine when it runs, and detaches when it is closed. */
    Helper(final String name, final int index, final Machine machine) {
        endOfTask = "the end of what " + name + " does";
        thread = Thread.ofPlatform().daemon().name("daxref-" + name).start(() -> work(index, machine));
    }

    /** What a helper does. */
    @FunctionalInterface
    interface Task {
        void run(CpuSlot cpu) throws InterruptedException;
    }

    private void work(final int index, final Machine machine) {
        try {
            tie(index);
            final CpuSlot cpu = machine.attach();
            while (!closed) {
                runTask(cpu);
            }
            machine.detach(cpu);
        } catch (final Throwable e) {
            failure = e;
        }
    }

    private static void tie(final int index) {
        final BitSet processors = Affinity.ofProcess();
        if (TIE && !processors.isEmpty()) {
            final int processor = processors.stream().skip(index % processors.cardinality()).findFirst().orElseThrow();
            if (!Affinity.pinTo(processor)) {
                throw new IllegalStateException("cannot pin to a processor: processor=" + processor);
            }
        }
    }

    private void runTask(final CpuSlot cpu) throws InterruptedException {
        final Task next = task;
        if (next == null) {
            LockSupport.park(this);
        } else {
            next.run(cpu);
            task = null;
        }
    }

    /**
     * Gives it a task, which it begins as soon as it has woken.
     *
     * @throws IllegalStateException if it has not done the last one, or failed
     */
    void begin(final Task next) {
        requireNoFailure();
        if (task != null) {
            throw new IllegalStateException("is still at work: thread=" + thread.getName());
        }
        task = next;
        LockSupport.unpark(thread);
    }

    /** Whether it has done its task, or never will. */
    boolean isDone() {
        return task == null || failure != null;
    }

    /**
     * Waits until it has done its task. Allocates nothing.
     *
     * @throws IllegalStateException if it has failed
     */
    void await() {
        Patience.await(endOfTask, done);
        requireNoFailure();
    }

    /** Gives it a task and waits until it has done it. */
    void call(final Task next) {
        begin(next);
        await();
    }

    /**
     * Waits until it sleeps, in the middle of its task.
     *
     * @param where what it sleeps at, as {@link LockSupport#getBlocker} names it
     * @throws IllegalStateException if it came to the end of its task without
     */
    void awaitAsleep(final Object where) {
        Patience.await("the sleep of " + thread.getName(), () -> isAsleep(thread, where) || isDone());
        requireNoFailure();
        if (isDone()) {
            throw new IllegalStateException("did not have to wait: thread=" + thread.getName());
        }
    }

    /** Whether a thread sleeps at a certain place. */
    static boolean isAsleep(final Thread thread, final Object where) {
        final Thread.State state = thread.getState();
        return (state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING)
            && LockSupport.getBlocker(thread) == where;
    }

    /** Sends it a signal. */
    void interrupt() {
        thread.interrupt();
    }

    private void requireNoFailure() {
        if (failure != null) {
            throw new IllegalStateException(thread.getName() + " failed: " + failure, failure);
        }
    }

    /**
     * Ends the thread, which has done its task.
     *
     * @throws IllegalStateException if it does not end, or has failed
     */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        Patience.await("the end of " + thread.getName(), () -> !thread.isAlive());
        requireNoFailure();
    }
}
