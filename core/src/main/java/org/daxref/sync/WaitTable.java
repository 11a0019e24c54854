/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import static org.daxref.sync.WaitTableDescriptor.QUEUES;
import static org.daxref.sync.WaitTableDescriptor.QUEUE_BYTES;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.daxref.memory.Words;

/**
 * Waiting for a word to change: {@code wait_var_event} and {@code wake_up_var} of kernel/sched/wait_bit.c.
 *
 * <p><b>Theory.</b> 256 queues, chosen by a hash of the address. A waiter enqueues itself, then tests its condition,
 * then sleeps. A waker makes the condition true, then looks whether the queue is empty, outside any lock, and only if
 * it is not takes the lock and wakes the waiters of exactly this address. Addresses that share a queue cost each other
 * time, never a wake-up.
 *
 * <pre>
 *   waiter                                waker
 *   queue.waiters++      (RMW)            count -= refs   (RMW)
 *   count == idle?  no -> sleep           queue.waiters == 0?  yes -> return
 * </pre>
 *
 * <p>Each side stores, then loads what the other stores. If both loads came first, the waiter would sleep and the waker
 * would leave it asleep for ever.
 *
 * <p><b>Memory ordering.</b> Both stores are volatile read-modify-writes and both loads volatile, so all four are in
 * one total order: at least one side sees the other. The caller of {@link #wakeUpVar} owes the read-modify-write; its
 * condition must read with volatile order. On x86-64 the volatile load is an ordinary one, as in the kernel.
 *
 * <p>Progress: {@link #wakeUpVar} is wait-free while nobody waits in the queue and blocking otherwise; {@link #waitVar}
 * blocks. Spurious wake-ups are absorbed: the condition is tested again.
 */
public class WaitTable {
    /** Waits without limit of time. */
    public static final long FOREVER = Long.MAX_VALUE;

    private static final long GOLDEN_RATIO = 0x9E37_79B9_7F4A_7C15L;
    private static final int HASH_SHIFT = Long.SIZE - Integer.numberOfTrailingZeros(QUEUES);

    private final Words words;
    private final long baseOffset;
    private final List<List<Waiter>> queues = new ArrayList<>(QUEUES);

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
            queues.add(new ArrayList<>());
        }
    }

    /**
     * Wakes everybody who waits for an address. The condition must have been made true before, by a volatile
     * read-modify-write.
     *
     * @param address the byte offset that they wait for
     */
    public void wakeUpVar(final long address) {
        final int queue = queue(address);
        if (words.getIntVolatile(waitersOffset(queue)) != 0) {
            wakeSlow(queue, address);
        }
    }

    private void wakeSlow(final int queue, final long address) {
        final List<Waiter> waiters = queues.get(queue);
        synchronized (waiters) {
            for (final Waiter waiter : waiters) {
                if (waiter.address == address) {
                    wake(waiter.thread);
                }
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
     * @throws InterruptedException if the thread was interrupted before the condition held: the counterpart of
     *                              {@code -ERESTARTSYS}
     */
    public boolean waitVar(final long address, final BooleanSupplier condition, final long timeoutNs)
        throws InterruptedException {
        if (condition.getAsBoolean()) {
            return true;
        }
        final int queue = queue(address);
        final Waiter waiter = new Waiter(address, Thread.currentThread());
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
                sleep(leftNs);
            }
            return true;
        } finally {
            dequeue(queue, waiter);
        }
    }

    /**
     * Puts the calling thread to sleep until it is woken, interrupted, the time is over or for no reason at all.
     *
     * @param ns how long at most in nanoseconds
     */
    protected void sleep(final long ns) {
        LockSupport.parkNanos(this, ns);
    }

    /**
     * Wakes a thread from {@link #sleep}, or keeps it from falling asleep the next time.
     *
     * @param thread who waits
     */
    protected void wake(final Thread thread) {
        LockSupport.unpark(thread);
    }

    private void enqueue(final int queue, final Waiter waiter) {
        final List<Waiter> waiters = queues.get(queue);
        synchronized (waiters) {
            waiters.add(waiter);
            words.getAndAddInt(waitersOffset(queue), 1);
        }
    }

    private void dequeue(final int queue, final Waiter waiter) {
        final List<Waiter> waiters = queues.get(queue);
        synchronized (waiters) {
            waiters.removeIf(other -> other == waiter);
            words.getAndAddInt(waitersOffset(queue), -1);
        }
    }

    private long waitersOffset(final int queue) {
        return baseOffset + (long) queue * QUEUE_BYTES;
    }

    static int queue(final long address) {
        return (int) (address * GOLDEN_RATIO >>> HASH_SHIFT);
    }

    private record Waiter(long address, Thread thread) {
    }
}
