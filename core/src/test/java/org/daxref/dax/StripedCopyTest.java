/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.dax;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.daxref.Machine;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.memory.ActingWords;
import org.daxref.memory.WordsKind;
import org.daxref.mm.Vma;
import org.daxref.page.AsymmetricStripedPageCounter;
import org.daxref.page.PageDescriptor;
import org.daxref.page.PageTableEntry;
import org.daxref.page.StripedPageCounter;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A fault that writes to a shared block unmaps the page that showed it, whatever its counter has to do then: that of a
 * striped page gathers, and may wait for a grace period. {@link Race#awaitEnd} fails if a fault waits for itself.
 */
class StripedCopyTest {
    private static final long PAGES = 64;

    static Stream<Setup> sharing() {
        return Machine.designNames().stream().filter(design -> !"pre-518".equals(design))
            .flatMap(design -> Machine.counterNames().stream()
                .map(counter -> new Setup(design, counter, WordsKind.SEGMENT)));
    }

    /** A file with one crowded page, mapped twice, and another file that shares its block. */
    private static final class Files implements AutoCloseable {
        private final ActingWords[] acting = new ActingWords[1];
        private final TestMachine machine;
        private final DaxFile file;
        private final DaxFile copy;
        private final Vma first;
        private final Vma second;
        private final long shared;
        private boolean isGood;

        Files(final Setup setup) {
            machine = setup.openEmpty(PAGES, words -> {
                acting[0] = new ActingWords(words);
                return acting[0];
            });
            file = machine.fileSystem().create(1);
            first = file.mmap(machine.table(0), 0, 1, 0);
            second = file.mmap(machine.table(1), 0, 1, 0);
            file.fault(machine.cpu(), first, 0, false);
            file.fault(machine.cpu(), second, 0, false);
            shared = file.pfn(0);
            copy = machine.fileSystem().reflink(file);
            crowd(setup.counter().startsWith("striped") && machine.countsMappings());
        }

        /** Somebody holds the page while another CPU pins and unpins it, until their counter has seen enough. */
        private void crowd(final boolean stripes) {
            final CpuSlot other = machine.machine().attach();
            final long[] held = new long[1];
            assertEquals(1, machine.gup().pinFast(other, machine.table(0), 0, 1, false, held));
            for (int i = 0; i < 2 * AsymmetricStripedPageCounter.CROWD; i++) {
                final long[] pinned = new long[1];
                assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), 0, 1, false, pinned));
                machine.gup().unpin(machine.cpu(), pinned, 1);
            }
            assertEquals(stripes, StripedPageCounter.isStriped(machine.words().getIntVolatile(
                machine.memmap().page(shared) + PageDescriptor.REFCOUNT_OFFSET)));
            machine.gup().unpin(other, held, 1);
            machine.machine().detach(other);
        }

        Thread faulting(final Vma area) {
            return Thread.ofPlatform().daemon().start(() -> {
                final CpuSlot cpu = machine.machine().attach();
                assertTrue(file.fault(cpu, area, 0, true));
                machine.machine().detach(cpu);
            });
        }

        void check() {
            final long own = file.pfn(0);
            assertTrue(own != shared, "it has a block of its own");
            assertEquals(shared, copy.pfn(0));
            assertEquals(machine.idle(), machine.counter().count(machine.memmap().page(shared)));
            machine.machine().epochs().synchronize();
            machine.checkBooks();
            isGood = true;
        }

        /** If the test fails, threads may hang that still use the device. */
        @Override
        public void close() {
            if (isGood) {
                machine.close();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("sharing")
    void shouldCopyABlockWhosePageIsStriped(final Setup setup) {
        try (Files files = new Files(setup)) {
            Race.awaitEnd(files.faulting(files.first));

            assertEquals(files.file.pfn(0), PageTableEntry.pfn(files.machine.table(0).entry(0)));
            files.check();
        }
    }

    /** The second fault shares the invalidate lock while it sleeps, and the first waits for a grace period. */
    @ParameterizedTest
    @MethodSource("sharing")
    void shouldCopyItWhileAnotherFaultSleepsOnItsEntry(final Setup setup) throws InterruptedException {
        try (Files files = new Files(setup)) {
            final CountDownLatch bothAreIn = new CountDownLatch(1);
            final Thread[] other = new Thread[1];
            final long entry = files.file.identity() + DaxFileDescriptor.ENTRIES_OFFSET;
            final Thread[] copying = new Thread[1];
            files.acting[0].afterEach((op, offset) -> {
                if (Thread.currentThread() == copying[0] && isLocked(files, entry) && isFree(files)) {
                    files.acting[0].reset();
                    other[0] = files.faulting(files.second);
                    awaitParked(other[0]);
                    bothAreIn.countDown();
                }
            });
            copying[0] = Thread.ofPlatform().daemon().unstarted(() -> {
                final CpuSlot cpu = files.machine.machine().attach();
                assertTrue(files.file.fault(cpu, files.first, 0, true));
                files.machine.machine().detach(cpu);
            });
            copying[0].start();

            assertTrue(bothAreIn.await(60, TimeUnit.SECONDS));
            Race.awaitEnd(copying[0]);
            Race.awaitEnd(other[0]);

            files.check();
        }
    }

    private static boolean isLocked(final Files files, final long entry) {
        return (files.machine.words().getLongVolatile(entry) & DaxFileDescriptor.LOCKED) != 0;
    }

    /** Whether others may look at the entries. */
    private static boolean isFree(final Files files) {
        return files.machine.words().getIntVolatile(files.file.identity() + DaxFileDescriptor.LOCK_OFFSET) == 0;
    }

    private static void awaitParked(final Thread thread) {
        try {
            Race.awaitParked(thread);
        } catch (final InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
