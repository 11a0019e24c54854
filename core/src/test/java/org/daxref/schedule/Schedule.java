/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.daxref.Race;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.schedule.ScheduledThread.Status;

/**
 * One interleaving of some threads, chosen by a seed: the same seed and the same bodies on the same memory take the
 * same steps in the same order.
 *
 * <p><b>Theory.</b> Every access to {@link ScheduledWords} is a yield point. A thread that comes to one stops before
 * the access, and only the one that has the {@link Turn} goes on; what it does up to its next yield point nobody else
 * sees. There is no scheduler thread: whoever has the turn asks {@link Preemption} and passes it on.
 *
 * <p>A thread without the turn is ready, or asleep in a {@link ScheduledWaitTable}, or finished. If none is ready and
 * not all have finished, nobody can ever wake the sleepers: a lost wake-up, or a deadlock. Waking must therefore be
 * left to threads of the schedule. All accesses are in one total order, so what needs the store buffers of a processor
 * to happen is not found here.
 *
 * <p>A thread may also find a Java monitor taken by another that stands at a yield point. It has the turn then and
 * cannot use it; the thread that called {@link #run}, which has nothing else to do, looks for that from time to time
 * and passes the turn on in its place. When the monitor is left, the blocked thread runs on to its next yield point
 * without the turn, and all others wait until it is there, so that the order is still the same every time; but which
 * one of two gets a monitor that both want is the JVM's choice.
 *
 * <p>Thread contract: a schedule is built and run by one thread, which belongs to no schedule itself.
 */
public final class Schedule {
    private static final int STEP_LIMIT = 200_000;
    private static final int SHOWN_STEPS = 40;
    private static final long LOOK_NS = TimeUnit.MICROSECONDS.toNanos(200);
    private static final long STALL_NS = TimeUnit.SECONDS.toNanos(30);
    private static final long END_NS = TimeUnit.SECONDS.toNanos(1);

    private final long seed;
    private final Preemption preemption;
    private final Trace trace = new Trace();
    private final Turn turn = new Turn();
    private final AtomicReference<ScheduleFailure> failure = new AtomicReference<>();
    private final AtomicInteger progress = new AtomicInteger();
    private final List<ScheduledThread> candidates = new ArrayList<>();
    private List<ScheduledThread> threads = List.of();
    private Thread runner;
    private boolean anyBlocked;
    private int stepLimit = STEP_LIMIT;
    private boolean limitIsFailure = true;

    public Schedule(final long seed) {
        this.seed = seed;
        this.preemption = new Preemption(seed);
    }

    /** Fails as a livelock after so many steps, rather than {@value #STEP_LIMIT}. */
    public Schedule failAfter(final int steps) {
        stepLimit = steps;
        limitIsFailure = true;
        return this;
    }

    /** Ends all threads after so many steps, wherever they are, and counts that as a success. */
    public Schedule stopAfter(final int steps) {
        stepLimit = steps;
        limitIsFailure = false;
        return this;
    }

    public long seed() {
        return seed;
    }

    /** What happened. */
    public Trace trace() {
        return trace;
    }

    /**
     * Runs the bodies, each in a thread of its own, until all have ended.
     *
     * @throws ScheduleFailure      if a body throws, or nobody can run any more, or the limit of steps is reached
     * @throws InterruptedException if the calling thread was interrupted
     */
    public void run(final Race.Body... bodies) throws InterruptedException {
        final List<ScheduledThread> all = new ArrayList<>();
        for (final Race.Body body : bodies) {
            all.add(ScheduledThread.of(this, all.size(), body));
        }
        threads = List.copyOf(all);
        runner = Thread.currentThread();
        turn.begin(preemption.choose(threads), threads.size());
        try {
            supervise();
        } finally {
            endAll();
        }
        if (failure.get() != null) {
            throw failure.get();
        }
    }

    /** A thread comes to an access to shared words. */
    void access(final ScheduledThread self, final Op op, final long offset) {
        self.comesTo(op, offset);
        if (turn.isHeldBy(self)) {
            moveOn(self);
        } else {
            self.become(Status.READY);
        }
        turn.await(self);
        trace.access(self, op, offset);
        progress.setRelease(trace.size());
    }

    private void moveOn(final ScheduledThread self) {
        settle();
        if (trace.size() >= stepLimit) {
            reachLimit();
        } else if (preemption.preempts(self)) {
            passOn(self);
        }
    }

    private void reachLimit() {
        if (limitIsFailure) {
            fail("livelock, steps=" + stepLimit, null);
        } else {
            abort();
        }
    }

    /** A thread falls asleep, unless it was woken already. */
    void sleep(final ScheduledThread self) {
        regain(self);
        trace.sleep(self);
        if (self.takePermit()) {
            return;
        }
        self.become(Status.ASLEEP);
        settle();
        passOn(self);
        turn.await(self);
        self.takePermit();
        self.become(Status.READY);
    }

    /** A thread wakes another. */
    void wake(final ScheduledThread self, final ScheduledThread sleeper) {
        regain(self);
        trace.wake(self, sleeper);
        sleeper.grant();
    }

    /**
     * All that a thread does in this schedule.
     *
     * @return whether it finished and may do something else; if not it must end
     */
    boolean perform(final ScheduledThread self, final Race.Body body) {
        try {
            turn.await(self);
            body.run();
            regain(self);
            self.become(Status.FINISHED);
            settle();
            passOn(self);
            return true;
        } catch (final ScheduleAborted e) {
            return false;
        } catch (final Throwable e) {
            fail("a body failed, thread=" + self.index(), e);
            return false;
        }
    }

    /** Waits for the turn, if the thread lost it at a monitor. */
    private void regain(final ScheduledThread self) {
        if (!turn.isHeldBy(self)) {
            self.become(Status.READY);
            turn.await(self);
        }
    }

    private void passOn(final ScheduledThread from) {
        candidates.clear();
        for (final ScheduledThread thread : threads) {
            if (thread != from && thread.canRun()) {
                candidates.add(thread);
            }
        }
        if (!candidates.isEmpty()) {
            turn.pass(from, preemption.choose(candidates));
        } else if (threads.stream().allMatch(thread -> thread.status() == Status.FINISHED)) {
            turn.end(from);
            LockSupport.unpark(runner);
        } else if (!from.canRun()) {
            fail("deadlock, nobody can run", null);
        }
    }

    /** Waits until every thread whose monitor was left has come to its next yield point. */
    private void settle() {
        if (anyBlocked) {
            anyBlocked = threads.stream().filter(this::staysBlocked).count() > 0;
        }
    }

    private boolean staysBlocked(final ScheduledThread thread) {
        while (thread.status() == Status.BLOCKED && !turn.isRevoked()) {
            if (Monitors.isBlocked(thread, threads)) {
                return true;
            }
            Thread.yield();
        }
        return false;
    }

    /** Looks after the threads until all have finished, or the schedule has failed. */
    private void supervise() throws InterruptedException {
        int seen = -1;
        long since = System.nanoTime();
        while (!turn.isOver()) {
            LockSupport.parkNanos(this, LOOK_NS);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            final int steps = progress.getAcquire();
            if (steps != seen) {
                seen = steps;
                since = System.nanoTime();
            } else if (System.nanoTime() - since > STALL_NS) {
                fail("whoever has the turn does not come to a yield point", null);
            }
            threads.forEach(this::passOverIfBlocked);
        }
    }

    private void passOverIfBlocked(final ScheduledThread thread) {
        if (isStuck(thread)) {
            settle();
            if (isStuck(thread)) {
                thread.become(Status.BLOCKED);
                anyBlocked = true;
                passOn(thread);
            }
        }
    }

    private boolean isStuck(final ScheduledThread thread) {
        return turn.isHeldBy(thread) && Monitors.isBlocked(thread, threads);
    }

    private void fail(final String what, final Throwable cause) {
        if (!turn.isRevoked() && failure.compareAndSet(null, new ScheduleFailure(what, this, cause))) {
            abort();
        }
    }

    private void abort() {
        turn.revoke();
        threads.forEach(LockSupport::unpark);
        LockSupport.unpark(runner);
    }

    /** Whatever happened, no thread is left that could touch the memory. */
    private void endAll() throws InterruptedException {
        if (!turn.isOver()) {
            abort();
        }
        final long deadline = System.nanoTime() + END_NS;
        for (final ScheduledThread thread : threads) {
            if (!thread.leaves(deadline)) {
                complain(new IllegalStateException("does not end: " + thread.describe()));
            }
        }
    }

    private void complain(final IllegalStateException trouble) {
        if (failure.get() == null) {
            throw trouble;
        }
        failure.get().addSuppressed(trouble);
    }

    /** The threads and the last steps. */
    String describe() {
        final StringBuilder text = new StringBuilder();
        threads.forEach(thread -> text.append(thread.describe()));
        return text.append("\nthe last of ").append(trace.size()).append(" steps:").append(trace.tail(SHOWN_STEPS))
            .toString();
    }
}
