/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.daxref.Race;
import org.daxref.memory.ForwardingWords.Op;

/**
 * A thread of a schedule, with what the schedule knows about it. To start a thread takes longer than most schedules, so
 * one whose schedule went well is kept for the next; it sleeps until it gets the turn there.
 *
 * <p>Guarded by the turn where not volatile.
 */
final class ScheduledThread extends Thread {
    private static final ConcurrentLinkedDeque<ScheduledThread> IDLE = new ConcurrentLinkedDeque<>();

    /** After so many reads of one word in a row a thread is thought to wait for it. */
    private static final int SPINS = 3;

    /** What keeps a thread from running, apart from the turn. */
    enum Status {
        READY, ASLEEP, BLOCKED, FINISHED
    }

    private Schedule schedule;
    private int index;
    private volatile Race.Body body;
    private volatile Status status;
    private volatile boolean permit;
    private volatile boolean parked;
    private Op nextOp;
    private long nextOffset;
    private int repeatedReads;
    private long waitsFor;

    private ScheduledThread() {
        super("scheduled");
        setDaemon(true);
    }

    /** A thread that performs a body as soon as it has the turn. */
    static ScheduledThread of(final Schedule schedule, final int index, final Race.Body body) {
        final ScheduledThread idle = IDLE.poll();
        final ScheduledThread thread = idle == null ? new ScheduledThread() : idle;
        thread.schedule = schedule;
        thread.index = index;
        thread.status = Status.READY;
        thread.permit = false;
        thread.nextOp = null;
        thread.waitsFor = 0;
        thread.body = body;
        if (idle == null) {
            thread.start();
        }
        return thread;
    }

    @Override
    public void run() {
        boolean goesOn = true;
        while (goesOn) {
            final Race.Body next = awaitBody();
            body = null;
            goesOn = schedule.perform(this, next);
        }
    }

    /** An interrupt that was meant for the schedule before is forgotten. */
    private Race.Body awaitBody() {
        while (body == null) {
            Thread.interrupted();
            parkUnless(() -> body != null);
        }
        Thread.interrupted();
        return body;
    }

    /** Waits until the thread has left its schedule. Whatever blocks it gets an interrupt. */
    boolean leaves(final long deadline) throws InterruptedException {
        if (status != Status.FINISHED) {
            interrupt();
        }
        while (isAlive() && status != Status.FINISHED) {
            if (Race.isOver(deadline)) {
                return false;
            }
            join(1);
        }
        if (status == Status.FINISHED) {
            IDLE.push(this);
        }
        return true;
    }

    /** As for a parked thread: it does not sleep on. */
    @Override
    public void interrupt() {
        super.interrupt();
        grant();
    }

    Schedule schedule() {
        return schedule;
    }

    int index() {
        return index;
    }

    Status status() {
        return status;
    }

    void become(final Status newStatus) {
        status = newStatus;
    }

    boolean canRun() {
        return status == Status.READY || status == Status.ASLEEP && permit;
    }

    /** Wakes this thread, or keeps it from falling asleep the next time. */
    void grant() {
        permit = true;
    }

    /** Whether the thread was woken before it slept. */
    boolean takePermit() {
        final boolean granted = permit || isInterrupted();
        permit = false;
        return granted;
    }

    void comesTo(final Op op, final long offset) {
        repeatedReads = op == Op.READ && nextOp == Op.READ && nextOffset == offset ? repeatedReads + 1 : 0;
        nextOp = op;
        nextOffset = offset;
    }

    boolean isSpinning() {
        return repeatedReads >= SPINS;
    }

    void waitsFor(final long address) {
        waitsFor = address;
    }

    void waitsForNothing() {
        waitsFor = 0;
    }

    void unpark() {
        if (parked) {
            LockSupport.unpark(this);
        }
    }

    /** For the thread itself. */
    void parkUnless(final BooleanSupplier done) {
        parked = true;
        if (!done.getAsBoolean()) {
            LockSupport.park();
        }
        parked = false;
    }

    String describe() {
        final StringBuilder text = new StringBuilder("\nthread ").append(index).append(": ").append(status);
        if (waitsFor != 0) {
            text.append(", waits for 0x").append(Long.toHexString(waitsFor));
        }
        if (nextOp != null) {
            text.append(", last came to ").append(nextOp).append(" 0x").append(Long.toHexString(nextOffset));
        }
        final StackTraceElement[] frames = status == Status.FINISHED ? new StackTraceElement[0] : getStackTrace();
        for (final StackTraceElement frame : frames) {
            text.append("\n    at ").append(frame);
        }
        return text.toString();
    }
}
