/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.daxref.dax.DaxDevice;
import org.daxref.dax.DaxFile;
import org.daxref.dax.FileSystemType;
import org.daxref.device.DeviceGeometry;
import org.daxref.memory.ActingWords;
import org.daxref.memory.ForwardingWords;
import org.daxref.memory.SegmentWords;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.daxref.page.AsymmetricStripedPageCounter;
import org.daxref.page.PageDescriptor;
import org.daxref.pagemap.PagemapType;
import org.daxref.pagemap.PfnRange;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MachineTest {
    private static final int PAGES = 1024;
    private static final int PINS_OF_A_CROWD = 2 * AsymmetricStripedPageCounter.CROWD;

    @Test
    void shouldNameItsDesignsAndCounters() {
        assertTrue(Machine.designNames().containsAll(List.of("dev-pagemap", "fs-held")));
        assertTrue(Machine.counterNames().containsAll(List.of("cas", "cas-fused")));
        assertEquals("cas", Machine.counterNames().getFirst(), "the kernel's comes first");
    }

    @Test
    void shouldRefuseADeviceThatAnotherVersionLaidOut() {
        final DeviceGeometry foreign = DeviceGeometry.layout(8, 1, 4096, 4096, 4096, 4096, 4096, 4096);
        final Words words = new SegmentWords(MemorySegment.ofArray(new long[(int) (foreign.dataOffset() >> 3)]));

        assertEquals("laid out by another version of daxref; create the device again: " + foreign,
            assertThrows(IllegalArgumentException.class, () -> new Machine(foreign, words, "fs-held", "cas"))
                .getMessage());
    }

    @Test
    void shouldRefuseUnknownNames() {
        try (TestDevice device = TestDevice.open(WordsKind.SEGMENT, 1)) {
            assertEquals("unknown design: design=linux, known=" + Machine.designNames(),
                assertThrows(IllegalArgumentException.class,
                    () -> new Machine(device.layout(), device.words(), "linux", "cas")).getMessage());
            assertEquals("unknown counter: counter=abacus, known=" + Machine.counterNames(),
                assertThrows(IllegalArgumentException.class,
                    () -> new Machine(device.layout(), device.words(), "fs-held", "abacus")).getMessage());
        }
    }

    @Test
    void shouldRefuseMemoryThatIsTooSmall() {
        final DeviceGeometry geometry = Machine.geometry(1);
        final Words words = new SegmentWords(MemorySegment.ofArray(new long[1024]));

        assertEquals("the memory does not hold the metadata: bytes=8192, needed=" + geometry.dataOffset(),
            assertThrows(IllegalArgumentException.class, () -> new Machine(geometry, words, "fs-held", "cas"))
                .getMessage());
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldPutEveryDesignAndCounterTogether(final Setup setup) {
        try (TestMachine test = setup.open(PAGES)) {
            final Machine machine = test.machine();

            assertNotNull(machine.epochs());
            assertNotNull(machine.mapper());
            assertEquals(PAGES, machine.wholeDevice().pages());
            assertEquals(Machine.START_PFN, machine.wholeDevice().first());
            assertEquals(PAGES, machine.pageTable(3).pages());
            assertEquals(switch (setup.design()) {
                case "pre-518", "dev-pagemap" -> 1;
                case "pgmap-folio", "fs-held", "fs-held-drain" -> 0;
                default -> throw new AssertionError("no word here on where its pages idle");
            }, machine.design().idleCount());
            assertEquals(0, Machine.START_PFN % 512, "aligned to 2 MiB");
            assertTrue(Machine.START_PFN % (1 << 18) != 0, "and to no more");
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseAnAddressSpaceThatItHasNot(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            for (final int index : new int[] {-1, Machine.ADDRESS_SPACES}) {
                assertEquals("no such address space: index=" + index,
                    assertThrows(IllegalArgumentException.class, () -> machine.table(index)).getMessage());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldKeepAddressSpacesApart(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            for (int i = 0; i < Machine.ADDRESS_SPACES; i++) {
                machine.faultAll(machine.table(i), 100L * i, 100);
            }
            for (int i = 0; i < Machine.ADDRESS_SPACES; i++) {
                assertEquals(100, machine.machine().mapper().zap(machine.cpu(), machine.table(i), 0, PAGES));
            }
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldHaveRoomForTheEntriesOfSmallFilesBesideALargeOne(final Setup setup) {
        try (TestMachine machine = setup.openEmpty(PAGES)) {
            final DaxFile large = machine.fileSystem().create(machine.range(64, PAGES - 64));
            for (int i = 0; i < 64; i++) {
                machine.fileSystem().create(1);
            }
            assertEquals("no room for a file: pages=1",
                assertThrows(IllegalStateException.class, () -> machine.fileSystem().create(1)).getMessage());
            assertEquals("the blocks are not free: " + machine.range(PAGES - 1, 1),
                assertThrows(IllegalStateException.class,
                    () -> machine.fileSystem().create(machine.range(PAGES - 1, 1))).getMessage());
            assertEquals(PAGES - 64, large.pages());
        }
    }

    @Test
    void shouldHaveRoomForTwoFilesOverAllPages() {
        final int pages = 8 * PAGES;
        try (TestMachine machine = new Setup("fs-held", "cas", WordsKind.SEGMENT).open(pages)) {
            assertEquals(pages, machine.fileSystem().reflink(machine.file()).pages());
            assertEquals("no room for the entries of another file: pages=" + pages,
                assertThrows(IllegalStateException.class, () -> machine.fileSystem().reflink(machine.file()))
                    .getMessage());
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldFindALeakedPinInTheBooks(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 0, 1);
            final long[] out = new long[1];
            machine.gup().pinFast(machine.cpu(), machine.table(0), 0, 1, true, out);

            assertEquals("pins are not balanced: nr_foll_pin_acquired=1, nr_foll_pin_released=0",
                assertThrows(IllegalStateException.class, machine::checkBooks).getMessage());

            machine.gup().unpin(machine.cpu(), out, 1);
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldFindALeakedReferenceInTheBooks(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 5, 1);
            final long[] out = new long[1];
            machine.gup().getFast(machine.cpu(), machine.table(0), 5, 1, true, out);

            assertEquals("the count is off: pfn=" + (machine.startPfn() + 5) + ", refcount="
                    + (machine.resting(1) + 1) + ", expected=" + machine.resting(1) + ", pincount=0",
                assertThrows(IllegalStateException.class, machine::checkBooks).getMessage());

            machine.gup().put(machine.cpu(), out, 1);
            machine.checkBooks();
        }
    }

    /** Of a page that many CPUs pin, a counter may say in the word only that it is in use. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldFindAPinDroppedTwiceOnACrowdedPageInTheBooks(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 5, 1);
            final long[] first = new long[1];
            final long[] second = new long[1];
            machine.gup().pinFast(machine.cpu(), machine.table(0), 5, 1, true, first);
            for (int i = 0; i < PINS_OF_A_CROWD; i++) {
                machine.gup().pinFast(machine.cpu(), machine.table(0), 5, 1, true, second);
                machine.gup().unpin(machine.cpu(), second, 1);
            }
            machine.gup().unpin(machine.cpu(), first, 1);

            machine.counter().unpin(machine.cpu(), machine.page(5), 1);

            assertTrue(assertThrows(IllegalStateException.class, machine::checkBooks).getMessage()
                .startsWith("the count is off: pfn=" + (machine.startPfn() + 5)));
        }
    }

    /** S39 on a large folio: the count is right, the number of pins is not. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldFindAWrongNumberOfPinsInTheBooks(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final long pincount = machine.page(7) + PageDescriptor.PINCOUNT_OFFSET;
            machine.words().putIntRelease(pincount, 1);

            assertEquals("the count is off: pfn=" + (machine.startPfn() + 7) + ", refcount=" + machine.idle()
                    + ", expected=" + machine.idle() + ", pincount=1",
                assertThrows(IllegalStateException.class, machine::checkBooks).getMessage());

            machine.words().putIntRelease(pincount, 0);
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseToCloseWithACpuAttached(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final CpuSlot extra = machine.machine().attach();

            assertEquals("CPUs are still attached: attached=2",
                assertThrows(IllegalStateException.class, () -> machine.machine().close()).getMessage());

            machine.machine().detach(extra);
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseToBeUsedAfterItWasClosed(final Setup setup) {
        try (TestDevice device = TestDevice.open(setup.kind(), PAGES)) {
            final Machine machine = new Machine(device.layout(), device.words(), setup.design(), setup.counter());
            final CpuSlot cpu = machine.attach();
            final PfnRange range = machine.wholeDevice();
            final DaxDevice pmem = machine.createDaxDevice(cpu, range);
            machine.detach(cpu);
            machine.close();

            final List<Executable> calls = List.of(machine::attach,
                () -> machine.createPagemap(cpu, PagemapType.FS_DAX, range),
                () -> machine.createDaxDevice(cpu, range), () -> machine.mount(FileSystemType.XFS, pmem),
                () -> machine.removePagemap(cpu, pmem.pgmap()), () -> machine.unbind(cpu, pmem),
                () -> machine.checkBooks(range));
            for (final Executable call : calls) {
                assertEquals("the machine is closed: pages=" + PAGES,
                    assertThrows(IllegalStateException.class, call).getMessage());
            }
        }
    }

    /** The close counts CPUs after the attach looked whether the machine is open, and before it takes an area. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldNotHandOutACpuOfAMachineThatIsBeingClosed(final Setup setup) {
        try (TestDevice device = TestDevice.open(setup.kind(), PAGES, ActingWords::new)) {
            final Machine machine = new Machine(device.layout(), device.words(), setup.design(), setup.counter());
            ((ActingWords) device.words()).afterNext(ForwardingWords.Op.READ,
                device.geometry().perCpuOffset() + CpuSlotDescriptor.OWNER_OFFSET, machine::close);

            assertEquals("the machine is closed: pages=" + PAGES,
                assertThrows(IllegalStateException.class, machine::attach).getMessage());

            assertEquals(0, device.words().getIntVolatile(device.geometry().perCpuOffset()
                + CpuSlotDescriptor.OWNER_OFFSET), "the area is free again");
            machine.close();
        }
    }

    /** Nobody would ever give its CPU back. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldCloseWhenAThreadDiedAttached(final Setup setup) {
        try (TestDevice device = TestDevice.open(setup.kind(), PAGES)) {
            final Machine machine = new Machine(device.layout(), device.words(), setup.design(), setup.counter());
            final AtomicReference<CpuSlot> left = new AtomicReference<>();
            Race.awaitEnd(Thread.ofPlatform().start(() -> left.set(machine.attach())));

            machine.close();

            assertThrows(IllegalStateException.class, () -> machine.detach(left.get()));
            assertThrows(IllegalStateException.class, () -> machine.adopt(left.get()));
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldStayOpenIfItCannotBeClosed(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            assertThrows(IllegalStateException.class, machine.machine()::close);

            machine.machine().detach(machine.machine().attach());
        }
    }

    /** A creation that is refused must not forget a pin that a CPU keeps: its block would be freed under it. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldKeepAPinWhenAPagemapOverItIsRefused(final Setup setup) throws Exception {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 5, 1);
            final long[] out = new long[1];
            assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), 5, 1, true, out));
            final int pinned = machine.count(5);

            assertEquals("the range belongs to another dev_pagemap: " + machine.machine().wholeDevice(),
                assertThrows(IllegalStateException.class, () -> machine.machine().createPagemap(machine.cpu(),
                    PagemapType.FS_DAX, machine.machine().wholeDevice())).getMessage());

            assertEquals(pinned, machine.count(5));
            assertTrue(machine.counter().maybeDmaPinned(machine.page(5)));
            if (machine.machine().design().looksAtUnmappedFiles()) {
                assertFalse(machine.file().tryBreakLayout(machine.cpu(), 0, PAGES), "the block is in use");
            }
            machine.gup().unpin(machine.cpu(), out, 1);
            machine.file().truncate(machine.cpu(), 0);
            machine.checkBooks();
        }
    }

    /** The same of a page that is striped: a negative part that was forgotten let a truncate sleep for ever. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldKeepEveryPartOfAPinWhenAPagemapOverItIsRefused(final Setup setup) throws Exception {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.faultAll(machine.table(0), 5, 1);
            final long[] kept = new long[1];
            final long[] other = new long[1];
            machine.gup().pinFast(machine.cpu(), machine.table(0), 5, 1, true, kept);
            for (int i = 0; i < PINS_OF_A_CROWD; i++) {
                machine.gup().pinFast(machine.cpu(), machine.table(0), 5, 1, true, other);
                machine.gup().unpin(machine.cpu(), other, 1);
            }
            machine.gup().unpin(machine.cpu(), kept, 1);

            assertThrows(IllegalStateException.class, () -> machine.machine().createPagemap(machine.cpu(),
                PagemapType.FS_DAX, machine.machine().wholeDevice()));

            final AtomicReference<Throwable> failure = new AtomicReference<>();
            final Thread truncate = Thread.ofPlatform().daemon().start(() -> {
                final CpuSlot own = machine.machine().attach();
                try {
                    machine.file().truncate(own, 0);
                } catch (final Throwable e) {
                    failure.set(e);
                } finally {
                    machine.machine().detach(own);
                }
            });
            final boolean ended = truncate.join(Duration.ofSeconds(20));
            truncate.interrupt();
            Race.awaitEnd(truncate);
            assertTrue(ended, "the truncate sleeps for ever");
            assertEquals(null, failure.get());
            machine.checkBooks();
        }
    }

    /** A fresh device knows nothing of the one before it. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldStartFromNothingOnAFreshDevice(final Setup setup) {
        for (int i = 0; i < 2; i++) {
            try (TestMachine machine = setup.open(PAGES)) {
                machine.faultAll(machine.table(0), 0, 10);
                assertEquals(machine.resting(1), machine.count(0));
                machine.checkBooks();
            }
        }
    }
}
