/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import static org.daxref.sync.WaitTableDescriptor.QUEUES;
import static org.daxref.sync.WaitTableDescriptor.QUEUE_BYTES;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.daxref.memory.Words;

/**
 * Waiting for a word to change: {@code wait_var_event} and {@code wake_up_var} of kernel/sched/wait_bit.c.
 *
 * <p><b>Theory.</b> 256 queues, chosen by a hash of the address. A waiter joins its queue, raises the number of waiters
 * that the device keeps for the queue, tests its condition, then sleeps. A waker makes the condition true, then looks
 * at that number, and only if it is not 0 goes through the queue and wakes the waiters of exactly this address.
 * Addresses that share a queue cost each other time, never a wake-up. The queues are concurrent ones of the heap:
 * nobody takes a lock, so a walk may wake inside its read section, and a thread that stands still in a queue stops
 * nobody
 * ({@code WaitTableTest.shouldWakeAlthoughAnotherStandsStillInTheQueue}).
 *
 * <pre>
 *   waiter                                waker
 *   queue += me
 *   queue.waiters++      (RMW)            count -= refs   (RMW)
 *   count == idle?  no -> sleep           queue.waiters == 0?  yes -> return
 *   queue -= me                           for each in the queue: its address?  wake
 *   queue.waiters--      (RMW)
 * </pre>
 *
 * <p>Each side stores, then loads what the other stores. If both loads came first, the waiter would sleep and the waker
 * would leave it asleep for ever.
 *
 * <p><b>Which order.</b> A waiter joins before it raises the number: a waker that reads the raised number finds the
 * waiter in the queue ({@code shouldJoinTheQueueBeforeItIsCounted}). It leaves only when it needs no wake-up any more,
 * so whether it leaves first or lowers first is the same to wakers; it leaves first because that cannot fail. Each
 * sleeper has added 1 of its own, so the number is at least that of the sleepers; it is more while somebody joins or
 * leaves, and for good after a change of it failed, which is never tried twice: a number too high costs wakers a look,
 * one too low costs a wake-up ({@code shouldLeaveTheQueueWhenItCannotBeCounted}). A waker that cannot read the number
 * goes through the queue all the same ({@code shouldWakeAlthoughTheNumberCannotBeRead}).
 *
 * <p><b>Memory ordering.</b> Both stores are volatile read-modify-writes and both loads volatile, so all four are in
 * one total order: at least one side sees the other. The caller of {@link #wakeUpVar} owes the read-modify-write; its
 * condition must read with volatile order. On x86-64 the volatile load is an ordinary one, as in the kernel. What a
 * waiter put into the queue before it raised the number happens before the look of a waker that read the number.
 *
 * <p>Progress: {@link #wakeUpVar} is wait-free while nobody waits in the queue and lock-free otherwise;
 * {@link #waitVar} blocks, and refuses to sleep inside a read section of its thread ({@code
 * shouldRefuseToSleepInsideASection}). Spurious wake-ups are absorbed: the condition is tested again.
 */
public class WaitTable {
    /** Waits without limit of time. */
    public static final long FOREVER = Long.MAX_VALUE;

    private static final long GOLDEN_RATIO = 0x9E37_79B9_7F4A_7C15L;
    private static final int HASH_SHIFT = Long.SIZE - Integer.numberOfTrailingZeros(QUEUES);

    private final Words words;
    private final long baseOffset;
    private final List<Queue<Waiter>> queues = new ArrayList<>(QUEUES);

    /**
     * An empty table.
     *
     * @param words      access to the device
     * @param baseOffset where the table lies
     */
    public WaitTable(final Words words, final long baseOffset) {
        this.words = words;
        this.baseOffset = baseOffset;
        for (int i = 0; i < QUEUES; i++) {
            queues.add(new ConcurrentLinkedQueue<>());
        }
    }

    /**
     * Wakes everybody who waits for an address. The condition must have been made true before, by a volatile
     * read-modify-write. If the memory of the device fails, they are woken all the same.
     *
     * @param address the byte offset that they wait for
     */
    public final void wakeUpVar(final long address) {
        final int queue = queue(address);
        if (mayHaveWaiters(queue)) {
            wakeSlow(queue, address);
        }
    }

    private boolean mayHaveWaiters(final int queue) {
        try {
            return words.getIntVolatile(waitersOffset(queue)) != 0;
        } catch (final InternalError e) {
            return true;
        }
    }

    private void wakeSlow(final int queue, final long address) {
        for (final Waiter waiter : queues.get(queue)) {
            if (waiter.address == address) {
                wake(waiter.thread);
            }
        }
    }

    /**
     * Waits until a condition holds.
     *
     * @param address   the byte offset whose change makes it true, named by the waker
     * @param condition reads shared words with volatile order and has no side effect
     * @param timeoutNs how long to wait at most in nanoseconds, or {@link #FOREVER}
     * @return whether the condition held; false if the time was over
     * @throws InterruptedException  if the thread was interrupted before the condition held: the counterpart of
     *                               {@code -ERESTARTSYS}
     * @throws IllegalStateException if the condition does not hold and the calling thread is inside a read section
     */
    public final boolean waitVar(final long address, final BooleanSupplier condition, final long timeoutNs)
        throws InterruptedException {
        return waitVar(address, condition, timeoutNs, Runnable::run);
    }

    /**
     * Waits until a condition holds, and does something around every sleep: {@code ___wait_var_event} with a command,
     * which file systems use to drop a lock while they sleep.
     *
     * @param address   the byte offset whose change makes it true, named by the waker
     * @param condition reads shared words with volatile order and has no side effect
     * @param timeoutNs how long to wait at most in nanoseconds, or {@link #FOREVER}
     * @param command   given the sleep, which it must run; after it the condition is tested again
     * @return whether the condition held; false if the time was over
     * @throws InterruptedException  if the thread was interrupted before the condition held
     * @throws IllegalStateException if the condition does not hold and the calling thread is inside a read section
     */
    public final boolean waitVar(final long address, final BooleanSupplier condition, final long timeoutNs,
                                 final Consumer<Runnable> command) throws InterruptedException {
        if (condition.getAsBoolean()) {
            return true;
        }
        CpuSlots.requireOutside("waiting for address " + address);
        final int queue = queue(address);
        final Waiter waiter = new Waiter(address, condition, Thread.currentThread());
        final long start = System.nanoTime();
        enqueue(queue, waiter);
        try {
            while (!condition.getAsBoolean()) {
                final long leftNs = timeoutNs - (System.nanoTime() - start);
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                if (leftNs <= 0) {
                    return false;
                }
                command.accept(() -> sleep(address, leftNs));
            }
            return true;
        } finally {
            dequeue(queue, waiter);
        }
    }

    /**
     * Waits until a condition holds, whatever the signals: {@code TASK_UNINTERRUPTIBLE}. An interrupt stays pending.
     *
     * @param address   the byte offset whose change makes it true, named by the waker
     * @param condition reads shared words with volatile order and has no side effect
     * @throws IllegalStateException if the condition does not hold and the calling thread is inside a read section
     */
    public final void waitVarUninterruptible(final long address, final BooleanSupplier condition) {
        boolean interrupted = false;
        boolean held = false;
        while (!held) {
            try {
                held = waitVar(address, condition, FOREVER);
            } catch (final InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Waiters whose condition holds although they are still enqueued. Each is either about to run or was forgotten: at
     * a quiescent point a number that does not fall to 0 is a lost wake-up.
     *
     * @return how many
     */
    public final int overdueWaiters() {
        int overdue = 0;
        for (int queue = 0; queue < QUEUES; queue++) {
            for (final Waiter waiter : queues.get(queue)) {
                if (waiter.condition.getAsBoolean()) {
                    overdue++;
                }
            }
        }
        return overdue;
    }

    /**
     * Puts the calling thread to sleep until {@link #wake}, a while, or for no reason.
     *
     * @param address what it waits for
     * @param ns      how long at most
     */
    protected void sleep(final long address, final long ns) {
        LockSupport.parkNanos(this, ns);
    }

    /**
     * Ends the sleep of a thread, or its next one.
     *
     * @param thread a waiter
     */
    protected void wake(final Thread thread) {
        LockSupport.unpark(thread);
    }

    private void enqueue(final int queue, final Waiter waiter) {
        queues.get(queue).add(waiter);
        try {
            words.getAndAddInt(waitersOffset(queue), 1);
        } catch (final Throwable e) {
            queues.get(queue).removeIf(other -> other == waiter);
            throw e;
        }
    }

    private void dequeue(final int queue, final Waiter waiter) {
        queues.get(queue).removeIf(other -> other == waiter);
        try {
            words.getAndAddInt(waitersOffset(queue), -1);
        } catch (final InternalError e) {
            words.getAndAddInt(waitersOffset(queue), -1);
        }
    }

    private long waitersOffset(final int queue) {
        return baseOffset + (long) queue * QUEUE_BYTES;
    }

    /**
     * Which queue waiters for an address sleep in.
     *
     * @param address a byte offset
     * @return 0 to {@value WaitTableDescriptor#QUEUES} - 1
     */
    public static int queue(final long address) {
        return (int) (address * GOLDEN_RATIO >>> HASH_SHIFT);
    }

    private record Waiter(long address, BooleanSupplier condition, Thread thread) {
    }
}
