/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.progress;

import static org.daxref.fault.Ground.PAGE;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.daxref.Machine;
import org.daxref.Setup;
import org.daxref.fault.Campaign;
import org.daxref.fault.Deed;
import org.daxref.fault.Ground;
import org.daxref.fault.LockingPageCounter;
import org.daxref.memory.StoppingWords;
import org.daxref.memory.WordsKind;
import org.daxref.mm.Gup;
import org.daxref.mm.PageTable;
import org.daxref.page.PageCounter;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.Epochs;
import org.junit.jupiter.api.Test;

/**
 * Each public operation is stopped before each of its accesses, and does not go on. Everything that is called lock-free
 * or wait-free must finish all the same: walks without locks, unpins and puts, counts, references to a dev_pagemap,
 * lookups in pgmap_array, wake-ups, attach and detach. If the stopped thread is outside any read section, so must a
 * grace period.
 */
class LockFreedomTest {
    private static final long SHORT_MS = 12_000;
    private static final long CONTROL_NS = TimeUnit.SECONDS.toNanos(1);
    private static final int CROWD = 16;
    private static final long NEVER = Integer.MAX_VALUE;
    private static final long POLL_NS = 10_000;
    private static final int TAKEN = 3;

    /** Whether removal waits for pages, so that somebody may hold some when it begins. */
    private static final Set<String> DRAINING = Set.of("pre-518", "pgmap-folio", "fs-held-drain");

    private static final Set<String> ALONE = Set.of("attach", "checkBooks");
    private static final Set<String> CUTS = Set.of("truncate", "punch", "unlink");

    /** Threads that stop. */
    private static class Stopping implements Campaign.Tier {
        StoppingWords words;
        private long accesses;

        @Override
        public Ground open(final Setup setup, final boolean large) {
            return new Ground(setup, large, CROWD, target -> {
                words = new StoppingWords(target);
                return words;
            }, counters(setup), Epochs::cheapest);
        }

        Setup.CounterFactory counters(final Setup setup) {
            return setup.crowded(CROWD);
        }

        @Override
        public StackTraceElement[] where() {
            return new StackTraceElement[0];
        }

        @Override
        public int ways(final Deed deed) {
            return 1;
        }

        /**
         * Books are checked while nobody does anything, and an area is given back by the thread that took it. A cut of
         * a shared block that finds it pinned sleeps until no other file maps it either (S44).
         */
        @Override
        public boolean concerns(final Setup setup, final Deed deed) {
            return !ALONE.contains(deed.name()) && !(deed.state().isShared() && CUTS.contains(deed.name()));
        }

        @Override
        public long accesses(final Ground ground, final Deed deed) throws Exception {
            attempt(ground, deed, NEVER, 0);
            return accesses;
        }

        @Override
        public boolean attempt(final Ground ground, final Deed deed, final long access, final int way)
            throws Exception {
            ground.prepare(deed.state());
            if (mayHold(ground, deed)) {
                ground.take(ground.cpu(), PAGE - 1, TAKEN, true);
                ground.take(ground.other(0), PAGE - 1, TAKEN, false);
            }
            final Victim victim = new Victim(ground, deed, access);
            final Thread thread = Thread.ofPlatform().daemon().name(Campaign.VICTIM).start(victim);
            victim.ready.await();
            final List<Ground.Hold> held = ground.held();
            final boolean reached = comesToAHalt(thread);
            probe(ground, held.subList(0, deed.kind() == Deed.Kind.DROP && !held.isEmpty() ? held.size() - 1
                : held.size()));
            final boolean stopped = reached || comesToAHalt(thread);
            if (stopped && !reached) {
                probe(ground, List.of());
            }
            words.release();
            while (thread.isAlive()) {
                LockSupport.parkNanos(POLL_NS);
            }
            if (victim.failure != null) {
                throw new AssertionError("the stopped thread failed", victim.failure);
            }
            ground.cleanUp();
            return stopped;
        }

        /** A removal that does not wait, and one that takes a folio apart (mf_dax_kill_procs), do harm to who holds. */
        private static boolean mayHold(final Ground ground, final Deed deed) {
            return deed.state().isMapped()
                && (!"unbind".equals(deed.name()) || DRAINING.contains(ground.machine().design())
                && !deed.state().isLarge());
        }

        /** Waits until a thread is stopped, asleep or at its end; whether it is stopped. */
        private boolean comesToAHalt(final Thread thread) {
            while (thread.isAlive() && !words.isStopped()) {
                if (Ground.isAsleep(thread) && !words.isStopped()) {
                    return false;
                }
                Thread.onSpinWait();
            }
            return words.isStopped();
        }

        /** The operation. */
        private final class Victim implements Runnable {
            private final Ground ground;
            private final Deed deed;
            private final long access;
            private final CountDownLatch ready = new CountDownLatch(1);
            private volatile Throwable failure;

            Victim(final Ground ground, final Deed deed, final long access) {
                this.ground = ground;
                this.deed = deed;
                this.access = access;
            }

            @Override
            public void run() {
                try {
                    final CpuSlot cpu = ground.machine().machine().attach();
                    deed.first().run(ground, cpu);
                    ready.countDown();
                    words.stopAt(access);
                    deed.act().run(ground, cpu);
                    accesses = words.accesses();
                    ground.machine().machine().detach(cpu);
                } catch (final Throwable e) {
                    failure = e;
                } finally {
                    ready.countDown();
                }
            }
        }
    }

    /** What must finish, whoever stands where. */
    private static void probe(final Ground ground, final List<Ground.Hold> held) {
        final Machine machine = ground.machine().machine();
        final Gup gup = ground.gup();
        for (int table = 0; table < 2; table++) {
            walk(gup, machine.pageTable(table), ground.cpu(), ground.other(0));
            walk(gup, machine.pageTable(table), ground.other(1), ground.cpu());
        }
        for (int i = 0; i < held.size(); i++) {
            ground.drop(ground.other(i % 2), held.get(i));
        }
        final PageCounter counter = machine.counter();
        for (int i = 0; i < Ground.FILE_PAGES; i++) {
            final long head = machine.memmap().head(ground.machine().page(i));
            counter.count(head);
            counter.countInWord(head);
            counter.maybeDmaPinned(head);
            machine.waits().wakeUpVar(machine.design().idleAddress(head));
        }
        lookUp(ground, machine);
        machine.detach(machine.attach());
        if (ground.inside() < 0) {
            machine.epochs().synchronize();
        }
    }

    private static void walk(final Gup gup, final PageTable table, final CpuSlot taker, final CpuSlot dropper) {
        final long[] out = new long[TAKEN];
        final int pinned = gup.pinFast(taker, table, PAGE - 1, TAKEN, false, out);
        gup.unpin(dropper, out, pinned);
        final int taken = gup.getFast(taker, table, PAGE - 1, TAKEN, false, out);
        gup.put(dropper, out, taken);
    }

    private static void lookUp(final Ground ground, final Machine machine) {
        final DevPagemaps pagemaps = machine.pagemaps();
        final Epochs epochs = machine.epochs();
        final CpuSlot cpu = ground.other(1);
        epochs.enter(cpu);
        try {
            pagemaps.find(ground.machine().startPfn());
            if (pagemaps.get(cpu, ground.machine().startPfn())) {
                pagemaps.put(cpu);
            }
            pagemaps.get(cpu, machine.wholeDevice().last());
            pagemaps.put(cpu);
        } finally {
            epochs.exit(cpu);
        }
    }

    @Test
    void shouldFinishWhateverIsCalledLockFreeWhereverAThreadStops() throws InterruptedException {
        final Campaign campaign = new Campaign(new Stopping());
        if (Campaign.isExhaustive()) {
            for (final Setup setup : Campaign.setups()) {
                campaign.runAll(setup);
            }
        } else {
            campaign.runSome(Campaign.setups(), SHORT_MS);
        }
        campaign.end();
    }

    /** The control. */
    @Test
    void shouldFindALockThatAStoppedThreadKeeps() throws InterruptedException {
        final Campaign campaign = new Campaign(new Stopping() {
            @Override
            Setup.CounterFactory counters(final Setup setup) {
                return (words, cpus, epochs) -> LockingPageCounter.create(words);
            }
        }, "pinFast of a page, PLAIN", CONTROL_NS);
        campaign.runUntilFailure(new Setup("fs-held", "cas", WordsKind.SEGMENT));

        final String found = campaign.failures().getFirst();
        assertTrue(found.contains("hangs: LockingPageCounter.java"), found);
    }
}
