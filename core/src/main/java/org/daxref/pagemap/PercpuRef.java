/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.pagemap;

import static org.daxref.pagemap.PagemapAreaDescriptor.REF_COUNT_OFFSET;
import static org.daxref.pagemap.PagemapAreaDescriptor.REF_MODE_OFFSET;

import java.util.function.LongConsumer;
import org.daxref.memory.Words;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlots;
import org.daxref.sync.Epochs;

/**
 * A reference count that costs its users one add to a word of their own CPU, and is counted exactly only once it has
 * been killed: {@code percpu_ref} of lib/percpu-refcount.c (6.14). Always made in percpu mode and never revived.
 *
 * <p><b>Theory.</b> While alive, gets and puts go to per-CPU words. One CPU may get what another puts, so a single word
 * may run below zero or wrap; only the sum means anything, and nobody looks at it. The shared count starts at
 * {@code BIAS + 1}, so far from zero that nothing which reaches it early can bring it there.
 *
 * <pre>
 *   0            1 = initial reference                                   BIAS = 2^63
 *   |-- exact, after the switch --|                  ...   |-- not exact, before the switch --|
 * </pre>
 *
 * <p>{@link #kill} marks the mode word DEAD and ATOMIC; later users go to the shared count. Users that read the word
 * earlier may still be adding to a per-CPU word, so the sum is taken only after a grace period, by
 * {@link #completeSwitch}, the body of the kernel's RCU callback. It adds {@code sum - BIAS - 1} in one step: in two,
 * the count could pass through zero while references exist. The kernel drops the initial reference in the kill and
 * takes one for the switch; here that is the same one, so that a kill is a single access and happens or does not.
 *
 * <pre>
 *   user                     killer                          others
 *   enter
 *   mode: percpu
 *                            mode := DEAD | ATOMIC        (RMW)
 *   word[cpu]++                                              mode: ATOMIC -> count++ / count--
 *   exit
 *                            grace period
 *                            count += sum(word) - BIAS - 1
 *                                     -> 0?  released        count--  -> 0?  released
 * </pre>
 *
 * <p><b>Memory ordering.</b> The mode word is published by a volatile read-modify-write and read with acquire inside a
 * read section; the grace period makes every read of the old mode, and the opaque adds that followed it, happen before
 * the sum (see {@link Epochs}). In atomic mode every change is a volatile read-modify-write, so the put that reaches
 * zero happens after all others.
 *
 * <p>Thread-safe. Gets and puts are wait-free in percpu mode and as the hardware's addition is in atomic mode, but for
 * the release that the last put calls. The methods that take a CPU are called inside one of its read sections. If an
 * access fails, the reference is as before the call.
 */
public final class PercpuRef {
    /** Mode bit: users count in the shared word. */
    static final long ATOMIC = 1;

    /** Mode bit: no new user by {@link #tryGetLive}. */
    static final long DEAD = 2;

    private static final long FLAGS = ATOMIC | DEAD;
    private static final long BIAS = 1L << 63;

    private final Words words;
    private final CpuSlots cpus;
    private final Epochs epochs;
    private final LongConsumer release;

    /**
     * The operations on all references of a device.
     *
     * @param words   access to the device
     * @param cpus    whose words are summed
     * @param epochs  which users are inside
     * @param release called once for each reference, with its offset, when its count has reached zero
     */
    public PercpuRef(final Words words, final CpuSlots cpus, final Epochs epochs, final LongConsumer release) {
        this.words = words;
        this.cpus = cpus;
        this.epochs = epochs;
        this.release = release;
    }

    /**
     * Makes a reference in percpu mode with its initial count of 1: {@code percpu_ref_init}. Only while nobody uses it.
     *
     * @param ref           offset of the reference
     * @param counterOffset offset of its word inside a CPU area
     */
    public void initialise(final long ref, final long counterOffset) {
        cpus.clear(counterOffset);
        words.putLongRelease(ref + REF_COUNT_OFFSET, BIAS + 1);
        words.putLongRelease(ref + REF_MODE_OFFSET, counterOffset);
    }

    /**
     * Takes a reference unless the count has been killed: {@code percpu_ref_tryget_live_rcu}. A killer that was not yet
     * seen does not make it fail.
     *
     * @param cpu the calling thread's CPU
     * @param ref offset of the reference
     * @return whether a reference was taken
     */
    public boolean tryGetLive(final CpuSlot cpu, final long ref) {
        final long mode = words.getLongAcquire(ref + REF_MODE_OFFSET);
        final boolean live = (mode & FLAGS) == 0;
        if (live) {
            cpu.add(mode, 1);
        }
        return live;
    }

    /**
     * Takes references from a reference: {@code percpu_ref_get_many}.
     *
     * @param cpu the calling thread's CPU
     * @param ref offset of the reference
     * @param n   how many
     */
    public void getMany(final CpuSlot cpu, final long ref, final long n) {
        final long mode = words.getLongAcquire(ref + REF_MODE_OFFSET);
        if ((mode & FLAGS) == 0) {
            cpu.add(mode, n);
        } else {
            words.getAndAddLong(ref + REF_COUNT_OFFSET, n);
        }
    }

    /**
     * Drops a reference: {@code percpu_ref_put}.
     *
     * @param cpu the calling thread's CPU
     * @param ref offset of the reference
     */
    public void put(final CpuSlot cpu, final long ref) {
        putMany(cpu, ref, 1);
    }

    /**
     * Drops references: {@code percpu_ref_put_many}.
     *
     * @param cpu the calling thread's CPU
     * @param ref offset of the reference
     * @param n   how many
     */
    public void putMany(final CpuSlot cpu, final long ref, final long n) {
        final long mode = words.getLongAcquire(ref + REF_MODE_OFFSET);
        if ((mode & FLAGS) == 0) {
            cpu.add(mode, -n);
        } else {
            putAtomic(ref, n);
        }
    }

    private void putAtomic(final long ref, final long n) {
        releaseAt(ref, words.getAndAddLong(ref + REF_COUNT_OFFSET, -n) - n);
    }

    /**
     * Lets nobody in any more and starts the switch to atomic mode: {@code percpu_ref_kill}. The initial reference is
     * kept for the switch. {@link #completeSwitch} must follow.
     *
     * @param ref offset of the reference
     * @throws IllegalStateException if it was killed before
     */
    public void kill(final long ref) {
        final long mode = words.getLongVolatile(ref + REF_MODE_OFFSET);
        if ((mode & DEAD) != 0 || !words.compareAndSetLong(ref + REF_MODE_OFFSET, mode, mode | FLAGS)) {
            throw new IllegalStateException("percpu_ref was killed before: ref=" + ref);
        }
    }

    /**
     * Waits for a grace period, makes the count exact and drops the initial reference: the RCU callback
     * {@code percpu_ref_switch_to_atomic_rcu}. Not from inside a read section. May be called again after it has failed;
     * after it has succeeded that does nothing.
     *
     * @param ref offset of a killed reference
     * @throws IllegalStateException if it was not killed; if references were dropped that were never taken, the
     *                               kernel's "percpu ref &lt;= 0": it stays as it is then and is never released
     */
    public void completeSwitch(final long ref) {
        final long mode = words.getLongVolatile(ref + REF_MODE_OFFSET);
        if ((mode & DEAD) == 0) {
            throw new IllegalStateException("percpu_ref was not killed: ref=" + ref);
        }
        epochs.synchronize();
        final long sum = cpus.sum(mode & ~FLAGS) - BIAS;
        long seen = words.getLongVolatile(ref + REF_COUNT_OFFSET);
        while (!isSwitched(seen)) {
            if (seen + sum <= 0) {
                throw new IllegalStateException("percpu ref <= 0 after switching to atomic: ref=" + ref + ", count="
                    + (seen + sum));
            }
            if (words.compareAndSetLong(ref + REF_COUNT_OFFSET, seen, seen + sum - 1)) {
                releaseAt(ref, seen + sum - 1);
                return;
            }
            seen = words.getLongVolatile(ref + REF_COUNT_OFFSET);
        }
    }

    private void releaseAt(final long ref, final long left) {
        if (left == 0) {
            release.accept(ref);
        }
    }

    /**
     * The exact count: at a quiescent point, or after the switch. Until the switch the shared count lies near
     * {@code BIAS}, afterwards near 0, so its two highest bits tell whether the per-CPU words are in it.
     *
     * @param ref offset of the reference
     * @return references that are held
     */
    public long count(final long ref) {
        final long mode = words.getLongVolatile(ref + REF_MODE_OFFSET);
        final long count = words.getLongVolatile(ref + REF_COUNT_OFFSET);
        return isSwitched(count) ? count : count - BIAS + cpus.sum(mode & ~FLAGS);
    }

    private static boolean isSwitched(final long count) {
        return (count ^ count << 1) >= 0;
    }
}
