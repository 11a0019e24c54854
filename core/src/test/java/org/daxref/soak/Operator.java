/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.soak;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.daxref.Race;
import org.daxref.TestMachine;
import org.daxref.random.Slot;
import org.daxref.sync.CpuSlot;

/**
 * Removes the device under the workers and makes another one in its place. How, depends on the era:
 *
 * <ul>
 *   <li>Where removal waits for who holds pages ({@code pre-518}, {@code pgmap-folio}, {@code fs-held-drain}), the
 *       device is unbound while everything is in use, and removal waits until the workers, who get errors, have given
 *       everything up. In the series of October 2022 it also waits for entries of files (S30), so the file system is
 *       unmounted meanwhile: that is possible here, not in the random worlds, which is why these lose the device of
 *       that era only when nobody runs.
 *   <li>5.19 to 6.14 and {@code fs-held} free struct pages under pins (S29): the bug that the model is there to show.
 *       An operator of these kernels has to see to it that nobody holds a page. So {@code kill_dax} comes while
 *       everything is in use, then the workers give up what they have, the file system is unmounted, and only then
 *       the dev_pagemap goes. The workers do not stop for it: they go on with walks, faults and opens that find
 *       nothing. That nobody holds a page any more is known when nothing is mapped and every worker has since been
 *       between two operations without a page.
 * </ul>
 *
 * <p>Up to 5.17 a walk with locks over a dying device goes round until a signal comes (S35), and who waits for a page
 * to come to 1 waits until then as well; in the series of October 2022 a truncate sleeps when a fault has taken the
 * entry's reference again (S26). There the operator sends signals while it waits. Nowhere else, since
 * signals would hide a lost wake-up.
 */
final class Operator {
    private static final long PATIENCE_NS =
        TimeUnit.SECONDS.toNanos(Long.getLong("daxref.test.timeoutSeconds", 120));
    private static final long LOOK_NS = TimeUnit.MICROSECONDS.toNanos(500);

    private final SoakWorld world;
    private final TestMachine machine;
    private final long patienceNs;
    private long removals;
    private long waited;
    private long longestNs;

    Operator(final SoakWorld world) {
        this(world, PATIENCE_NS);
    }

    /** An operator who gives up if something does not come within so many nanoseconds. */
    Operator(final SoakWorld world, final long patienceNs) {
        this.world = world;
        this.patienceNs = patienceNs;
        this.machine = world.machine();
    }

    /** The device goes, everything is checked, and another one comes. */
    void replaceDevice() {
        remove();
        world.mountNew();
    }

    /** The device goes for good. */
    void remove() {
        final Mount old = world.mount();
        final long begun = System.nanoTime();
        if (world.removalWaits()) {
            removeUnderUsers(old);
        } else {
            removeAfterUsers(old);
        }
        longestNs = Math.max(longestNs, System.nanoTime() - begun);
        removals++;
        world.books().requireGone(old.device().pgmap());
    }

    private void removeUnderUsers(final Mount old) {
        final Errand unbind = new Errand("soak-driver", cpu -> machine.machine().unbind(cpu, old.device()));
        await("kill_dax", () -> !old.device().isAlive() || unbind.isDone());
        waited += unbind.isDone() ? 0 : 1;
        closeFiles(old);
        if (world.entriesHold()) {
            unmount(old);
        }
        end(unbind, "the removal of the device");
        if (!world.entriesHold()) {
            unmount(old);
        }
    }

    private void removeAfterUsers(final Mount old) {
        old.device().kill(machine.cpu());
        waited += old.names().stream().allMatch(Slot::isUnused) ? 0 : 1;
        closeFiles(old);
        dropPages();
        unmount(old);
        world.books().requireIdle(old.device().pgmap());
        machine.machine().removePagemap(machine.cpu(), old.device().pgmap());
    }

    private void unmount(final Mount old) {
        end(new Errand("soak-umount", old.fileSystem()::unmount), "the unmount");
    }

    private void end(final Errand errand, final String what) {
        await(what, errand::isDone);
        if (errand.failure.get() != null) {
            throw new AssertionError(what + " failed under " + world, errand.failure.get());
        }
    }

    /** What may wait for ever if something leaks is done by a thread of its own. */
    private final class Errand {
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private final Thread thread;

        Errand(final String name, final Consumer<CpuSlot> work) {
            thread = Thread.ofPlatform().daemon().name(name).start(() -> run(work));
        }

        private void run(final Consumer<CpuSlot> work) {
            try {
                final CpuSlot cpu = machine.machine().attach();
                work.accept(cpu);
                machine.machine().detach(cpu);
            } catch (final Throwable e) {
                failure.set(e);
            }
        }

        boolean isDone() {
            return !thread.isAlive();
        }
    }

    /** Until nobody has a file open or mapped. */
    private void closeFiles(final Mount old) {
        world.detachNames();
        for (final Slot name : old.names()) {
            await("the last close", name::takeAway);
        }
    }

    /** Until every worker has been without a page, now that nothing is mapped. */
    private void dropPages() {
        for (final Worker worker : world.workers()) {
            final long before = worker.rests();
            await("the last unpin", () -> worker.rests() != before);
        }
    }

    private void await(final String what, final BooleanSupplier condition) {
        await(world, what, condition, patienceNs);
    }

    /** Waits for the end of something that everybody who lets go will come to. */
    static void await(final SoakWorld world, final String what, final BooleanSupplier condition) {
        await(world, what, condition, PATIENCE_NS);
    }

    private static void await(final SoakWorld world, final String what, final BooleanSupplier condition,
                              final long patienceNs) {
        long asleepNs = 0;
        while (!condition.getAsBoolean()) {
            world.requireNoFailure();
            if (asleepNs > patienceNs) {
                throw new AssertionError("does not come: " + what + ", overdueWaiters="
                    + world.machine().machine().waits().overdueWaiters() + ", " + world + ", workers="
                    + world.workers().stream().map(worker -> List.of(worker.thread().getStackTrace())).toList());
            }
            if (world.needsSignals()) {
                world.workers().forEach(Worker::interrupt);
            }
            LockSupport.parkNanos(LOOK_NS);
            asleepNs += LOOK_NS; // a host that stood still meanwhile does not count
        }
    }

    /** Lets the workers work. */
    static void pause(final SoakWorld world, final long ns) {
        final long end = System.nanoTime() + ns;
        while (!Race.isOver(end)) {
            world.requireNoFailure();
            LockSupport.parkNanos(Math.min(ns, LOOK_NS));
        }
    }

    @Override
    public String toString() {
        return "removals=" + removals + ", waitedForUsers=" + waited + ", longestMs="
            + TimeUnit.NANOSECONDS.toMillis(longestNs);
    }
}
