/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.latency;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.daxref.Machine;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.WaitTable;

/**
 * Threads that wait for other pages in the same of the 256 queues as whoever waits for one certain page. What they wait
 * for does not come before {@link #close}; a wake-up for that page is not for them.
 */
final class Sleepers implements AutoCloseable {
    private final WaitTable waits;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final long[] addresses;
    private final List<Thread> threads = new ArrayList<>();

    /** Starts them, and waits until they sleep. */
    Sleepers(final Machine machine, final long pfn, final int count) {
        waits = machine.waits();
        addresses = collidingAddresses(machine, pfn, count);
        for (final long address : addresses) {
            threads.add(Thread.ofPlatform().daemon().name("daxref-sleeper-" + threads.size()).start(
                () -> waits.waitVarUninterruptible(address, ended::get)));
        }
        Patience.await("the sleep of all sleepers", this::areAsleep);
    }

    /**
     * The addresses of other pages whose waiters share a queue with those of one page; each as seldom as possible.
     *
     * @throws IllegalStateException if there is no such page
     */
    static long[] collidingAddresses(final Machine machine, final long pfn, final int count) {
        final int queue = WaitTable.queue(address(machine, pfn));
        final List<Long> found = new ArrayList<>();
        final PfnRange pages = machine.wholeDevice();
        for (long other = pages.first(); other <= pages.last() && found.size() < count; other++) {
            if (other != pfn && WaitTable.queue(address(machine, other)) == queue) {
                found.add(address(machine, other));
            }
        }
        if (count > 0 && found.isEmpty()) {
            throw new IllegalStateException("no other page hashes to the queue: queue=" + queue + ", pages="
                + pages.pages());
        }
        final long[] addresses = new long[count];
        for (int i = 0; i < count; i++) {
            addresses[i] = found.get(i % found.size());
        }
        return addresses;
    }

    private static long address(final Machine machine, final long pfn) {
        return machine.design().idleAddress(machine.memmap().page(pfn));
    }

    private boolean areAsleep() {
        return threads.stream().allMatch(thread -> Helper.isAsleep(thread, waits));
    }

    /**
     * Checks that nobody has gone on.
     *
     * @throws IllegalStateException if somebody has
     */
    void requireAsleep() {
        if (!threads.stream().allMatch(Thread::isAlive)) {
            throw new IllegalStateException("a waiter for another page went on: sleepers=" + threads.size());
        }
    }

    /** Ends them. */
    @Override
    public void close() {
        ended.getAndSet(true);
        for (final long address : addresses) {
            waits.wakeUpVar(address);
        }
        Patience.await("the end of all sleepers", () -> threads.stream().noneMatch(Thread::isAlive));
    }
}
