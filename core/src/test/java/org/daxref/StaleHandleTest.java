/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.daxref.dax.DaxDevice;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystem;
import org.daxref.dax.FileSystemType;
import org.daxref.mm.BusErrorException;
import org.daxref.mm.Vma;
import org.daxref.pagemap.DevPagemaps;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is kept of something that is gone does nothing to its successor, which has its place. */
class StaleHandleTest {
    private static final int PAGES = 1024;

    private static void assertRefused(final TestMachine test, final String message, final List<Executable> calls) {
        final DeviceSnapshot before = DeviceSnapshot.of(test);
        for (final Executable call : calls) {
            assertEquals(message, assertThrows(IllegalStateException.class, call).getMessage());
            before.requireSame("call " + calls.indexOf(call));
        }
    }

    /** A device is unbound, its successor has its descriptor, and the first is unbound once more. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldNotRemoveTheDeviceThatCameAfter(final Setup setup) {
        try (TestMachine test = setup.openBare(PAGES, words -> words)) {
            final Machine machine = test.machine();
            final PfnRange range = machine.wholeDevice();
            final DaxDevice first = machine.createDaxDevice(test.cpu(), range);
            machine.unbind(test.cpu(), first);
            final DaxDevice second = machine.createDaxDevice(test.cpu(), range);
            final DaxFile file = machine.mount(FileSystemType.XFS, second).create(8);
            file.fault(test.cpu(), file.mmap(test.table(0), 0, 8, 0), 3, true);
            assertEquals(DevPagemaps.place(first.pgmap()), DevPagemaps.place(second.pgmap()));

            assertRefused(test, "the device is being removed already: pgmap=" + first.pgmap(), List.of(
                () -> machine.unbind(test.cpu(), first), () -> first.kill(test.cpu())));

            assertFalse(first.isAlive());
            assertEquals(range, first.blocks(), "what it had");
            assertTrue(second.isAlive());
            assertFalse(test.table(0).isKilled());
            machine.unbind(test.cpu(), second);
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldNotTouchThePagemapThatCameAfter(final Setup setup) {
        try (TestMachine test = setup.openBare(PAGES, words -> words)) {
            final Machine machine = test.machine();
            final DevPagemaps pagemaps = machine.pagemaps();
            final PfnRange range = machine.wholeDevice();
            final long first = machine.createDaxDevice(test.cpu(), range).pgmap();
            machine.removePagemap(test.cpu(), first);
            assertEquals(0, pagemaps.references(first));
            assertTrue(pagemaps.isDone(first));
            assertFalse(pagemaps.isAlive(first));
            final long second = machine.createDaxDevice(test.cpu(), range).pgmap();
            final long references = pagemaps.references(second);
            assertNotEquals(first, second);

            assertRefused(test, "the dev_pagemap is gone: pgmap=" + first, List.of(
                () -> machine.removePagemap(test.cpu(), first), () -> pagemaps.kill(first),
                () -> pagemaps.requireLive(first), () -> pagemaps.drain(first), () -> pagemaps.free(first),
                () -> pagemaps.clearAlive(first), () -> pagemaps.ranges(first), () -> pagemaps.pages(first),
                () -> pagemaps.putMany(test.cpu(), first, 1)));

            final DeviceSnapshot before = DeviceSnapshot.of(test);
            assertFalse(pagemaps.tryGetLive(test.cpu(), first));
            assertFalse(pagemaps.isAlive(first));
            assertTrue(pagemaps.isDone(first));
            assertEquals(0, pagemaps.references(first));
            before.requireSame("a question");
            assertTrue(pagemaps.isAlive(second));
            assertFalse(pagemaps.isDone(second));
            assertEquals(references, pagemaps.references(second));
            assertEquals(second, pagemaps.find(range.first()));
            machine.removePagemap(test.cpu(), second);
        }
    }

    /** The first removal is under way, so its descriptor cannot have a successor yet. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldRefuseASecondRemovalWhileTheFirstWaits(final Setup setup) throws InterruptedException {
        try (TestMachine test = setup.openBare(PAGES, words -> words)) {
            final Machine machine = test.machine();
            final DevPagemaps pagemaps = machine.pagemaps();
            final long pgmap = machine.createDaxDevice(test.cpu(), machine.wholeDevice()).pgmap();
            assertTrue(pagemaps.tryGetLive(test.cpu(), pgmap));
            final Thread remover = Thread.ofPlatform().daemon().start(() -> {
                final CpuSlot own = machine.attach();
                machine.removePagemap(own, pgmap);
                machine.detach(own);
            });
            Race.awaitParked(remover);

            for (final Executable call : List.<Executable>of(() -> machine.removePagemap(test.cpu(), pgmap),
                () -> pagemaps.drain(pgmap), () -> pagemaps.free(pgmap))) {
                assertEquals("the dev_pagemap is being removed already: pgmap=" + pgmap,
                    assertThrows(IllegalStateException.class, call).getMessage());
            }

            pagemaps.putMany(test.cpu(), pgmap, 1);
            Race.awaitEnd(remover);
            assertTrue(pagemaps.isDone(pgmap));
        }
    }

    /** A file that was unlinked, whose entries and blocks are another's now. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldNotTouchTheFileThatCameAfter(final Setup setup) {
        try (TestMachine test = setup.openEmpty(PAGES)) {
            final FileSystem fileSystem = test.fileSystem();
            final PfnRange blocks = test.range(0, 8);
            final DaxFile first = fileSystem.create(blocks);
            final Vma old = first.mmap(test.table(1), 0, 8, 0);
            first.munmap(test.cpu(), old);
            fileSystem.unlink(test.cpu(), first);
            final DaxFile second = fileSystem.create(blocks);
            assertEquals(first.identity(), second.identity());
            final Vma vma = second.mmap(test.table(0), 0, 8, 0);
            second.fault(test.cpu(), vma, 3, true);

            assertGone(test, List.of(() -> first.mmap(test.table(1), 0, 8, 0), () -> first.munmap(test.cpu(), old),
                () -> first.fault(test.cpu(), old, 3, true), () -> first.read(3),
                () -> first.write(test.cpu(), 3, 5), () -> first.truncate(test.cpu(), 0),
                () -> first.punch(test.cpu(), 3, 1), () -> first.tryBreakLayout(test.cpu(), 0, 8),
                () -> fileSystem.unlink(test.cpu(), first), () -> fileSystem.reflink(first)));

            second.munmap(test.cpu(), vma);
        }
    }

    /** A file system that was unmounted, whose lock and blocks are another's now. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldNotTouchTheFileSystemThatCameAfter(final Setup setup) {
        try (TestMachine test = setup.openEmpty(PAGES)) {
            final FileSystem first = test.fileSystem();
            final DaxFile old = first.create(8);
            first.unmount(test.cpu());
            final DaxFile file = test.machine().mount(FileSystemType.XFS, test.pmem()).create(8);
            final Vma vma = file.mmap(test.table(0), 0, 8, 0);
            file.fault(test.cpu(), vma, 3, true);

            assertGone(test, List.of(() -> first.create(1), () -> first.create(test.range(100, 1)),
                () -> first.reflink(old), () -> first.unlink(test.cpu(), old), () -> first.unmount(test.cpu()),
                () -> old.read(0)));

            assertEquals(List.of(), first.files());
            file.munmap(test.cpu(), vma);
        }
    }

    private static void assertGone(final TestMachine test, final List<Executable> calls) {
        final DeviceSnapshot before = DeviceSnapshot.of(test);
        for (final Executable call : calls) {
            final RuntimeException refusal = assertThrows(RuntimeException.class, call);
            assertTrue(refusal instanceof IllegalStateException || refusal instanceof BusErrorException,
                () -> "call " + calls.indexOf(call) + ": " + refusal);
            before.requireSame("call " + calls.indexOf(call));
        }
    }

    /** A CPU that was given back, whose area is another's now. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldNotGiveBackTheCpuThatCameAfter(final Setup setup) {
        try (TestMachine test = setup.openBare(PAGES, words -> words)) {
            final Machine machine = test.machine();
            final CpuSlot first = machine.attach();
            machine.detach(first);
            final CpuSlot second = machine.attach();
            assertEquals(first.index(), second.index());

            final DeviceSnapshot before = DeviceSnapshot.of(test);
            assertThrows(IllegalStateException.class, () -> machine.detach(first));
            assertThrows(IllegalStateException.class, () -> machine.createDaxDevice(first, machine.wholeDevice()));
            before.requireSame("a CPU that was given back");
            machine.detach(second);
        }
    }
}
