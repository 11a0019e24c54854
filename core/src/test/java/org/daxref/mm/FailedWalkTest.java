/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.memory.DeviceFailedException;
import org.daxref.memory.ForwardingWords;
import org.daxref.memory.Words;
import org.daxref.page.PageDescriptor;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A walk, a put and a zap whose memory fails in the middle, at each access in turn, and a fault handler that throws:
 * the call ends with a clear exception, the section is closed, and what the call had counted is given back.
 */
class FailedWalkTest {
    private static final int PAGES = 1024;
    private static final int LOOKED_AT = 540;
    private static final long START = 505;
    private static final int COUNT = 12;

    /** Fails at one access. */
    private static final class Failing extends ForwardingWords {
        private int left;

        Failing(final Words target) {
            super(target);
        }

        void failAt(final int access) {
            left = access;
        }

        boolean hasFailed() {
            return left <= 0;
        }

        @Override
        protected void before(final Op op, final long offset) {
            if (left > 0 && --left == 0) {
                throw new InternalError("a fault occurred in an unsafe memory access operation");
            }
        }
    }

    static Stream<Setup> setups() {
        return Setup.checked();
    }

    /** Seven pages of a table, then a leaf. */
    private static TestMachine open(final Setup setup) {
        final TestMachine machine = setup.open(PAGES, Failing::new);
        machine.faultAll(machine.table(0), START, 7);
        machine.faultPmd(machine.table(0), 512);
        return machine;
    }

    private static Failing words(final TestMachine machine) {
        return (Failing) machine.words();
    }

    /** The counts of the first pages, their mapcounts and pins, and what the dev_pagemap and the CPU count. */
    private static long[] books(final TestMachine machine) {
        final long[] books = new long[LOOKED_AT * 3 + 2];
        for (int page = 0; page < LOOKED_AT; page++) {
            final long descriptor = machine.page(page);
            books[page * 3] = machine.words().getIntVolatile(descriptor + PageDescriptor.REFCOUNT_OFFSET);
            books[page * 3 + 1] = machine.memmap().mapcount(descriptor);
            books[page * 3 + 2] = machine.words().getIntVolatile(descriptor + PageDescriptor.PINCOUNT_OFFSET);
        }
        books[LOOKED_AT * 3] = machine.machine().pagemaps().references(machine.pgmap());
        final long area = machine.cpu().areaOffset();
        books[LOOKED_AT * 3 + 1] = machine.words().getLongOpaque(area + CpuSlotDescriptor.PINS_ACQUIRED_OFFSET)
            - machine.words().getLongOpaque(area + CpuSlotDescriptor.PINS_RELEASED_OFFSET);
        return books;
    }

    private static void assertBooks(final long[] expected, final TestMachine machine, final int access) {
        final long[] found = books(machine);
        for (int i = 0; i < found.length; i++) {
            assertEquals(expected[i], found[i], "access=" + access + ", page=" + i / 3 + ", field=" + i % 3);
        }
        assertFalse(machine.cpu().isInside(), "access=" + access);
        assertEquals(0, machine.cpu().heldPagemap(), "access=" + access);
        assertTrue((machine.words().getLongVolatile(machine.cpu().areaOffset() + CpuSlotDescriptor.EPOCH_OFFSET) & 1)
            == 0, "the section is open: access=" + access);
    }

    private static int failAtEach(final TestMachine machine, final ToIntFunction<long[]> walk, final boolean pin) {
        final long[] before = books(machine);
        int access = 0;
        boolean failed = true;
        while (failed) {
            access++;
            final long[] out = new long[COUNT];
            words(machine).failAt(access);
            int taken = 0;
            try {
                taken = walk.applyAsInt(out);
                failed = words(machine).hasFailed();
                words(machine).failAt(0);
            } catch (final DeviceFailedException e) {
                assertEquals(InternalError.class, e.getCause().getClass());
            }
            if (pin) {
                machine.gup().unpin(machine.cpu(), out, taken);
            } else {
                machine.gup().put(machine.cpu(), out, taken);
            }
            assertBooks(before, machine, access);
        }
        assertTrue(access > 3 * COUNT / 2, "accesses=" + access);
        return access;
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldHoldNothingAfterAFastWalkWhoseMemoryFailed(final Setup setup) {
        try (TestMachine machine = open(setup)) {
            final Gup gup = machine.gup();
            failAtEach(machine, out -> gup.pinFast(machine.cpu(), machine.table(0), START, COUNT, true, out), true);
            failAtEach(machine, out -> gup.getFast(machine.cpu(), machine.table(0), START, COUNT, true, out), false);
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldHoldNothingAfterASlowWalkWhoseMemoryFailed(final Setup setup) {
        try (TestMachine machine = open(setup)) {
            final Gup gup = machine.gup();
            machine.table(0).area(START);
            failAtEach(machine, out -> gup.pinSlow(machine.cpu(), machine.table(0), START, COUNT, true, out), true);
            failAtEach(machine, out -> gup.getSlow(machine.cpu(), machine.table(0), START, COUNT, true, out), false);
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldHoldNothingAfterADropWhoseMemoryFailed(final Setup setup) {
        for (final boolean pin : new boolean[] {true, false}) {
            for (final int count : new int[] {1, COUNT}) {
                try (TestMachine machine = open(setup)) {
                    final Gup gup = machine.gup();
                    final long[] out = new long[COUNT];
                    final long[] before = books(machine);
                    int access = 0;
                    boolean failed = true;
                    while (failed) {
                        access++;
                        assertEquals(count, pin ? gup.pinFast(machine.cpu(), machine.table(0), START, count, true, out)
                            : gup.getFast(machine.cpu(), machine.table(0), START, count, true, out));
                        words(machine).failAt(access);
                        try {
                            if (pin) {
                                gup.unpin(machine.cpu(), out, count);
                            } else {
                                gup.put(machine.cpu(), out, count);
                            }
                        } catch (final DeviceFailedException e) {
                            assertEquals(InternalError.class, e.getCause().getClass());
                        }
                        failed = words(machine).hasFailed();
                        words(machine).failAt(0);
                        assertBooks(before, machine, access);
                    }
                    machine.checkBooks();
                }
            }
        }
    }

    /** The entries that were cleared are dropped, those that were not are there: a second zap finds them. */
    @ParameterizedTest
    @MethodSource("setups")
    void shouldDropWhatAZapClearedBeforeItsMemoryFailed(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES, Failing::new)) {
            final PageMapper mapper = machine.machine().mapper();
            boolean failed = true;
            for (int access = 1; failed; access++) {
                machine.faultAll(machine.table(0), START, 7);
                machine.faultPmd(machine.table(0), 512);
                words(machine).failAt(access);
                try {
                    mapper.zap(machine.cpu(), machine.table(0), START, COUNT);
                } catch (final DeviceFailedException e) {
                    assertEquals(InternalError.class, e.getCause().getClass());
                }
                failed = words(machine).hasFailed();
                words(machine).failAt(0);
                mapper.zap(machine.cpu(), machine.table(0), 0, PAGES);
                for (int page = (int) START; page < LOOKED_AT; page++) {
                    final long head = machine.memmap().head(machine.page(page));
                    assertEquals(0, machine.memmap().mapcount(head), "access=" + access + ", page=" + page);
                    assertEquals(head != machine.page(page) ? 0
                        : machine.isCached(page) ? machine.resting(0) : machine.idle(), machine.count(page),
                        "access=" + access + ", page=" + page);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("setups")
    void shouldMapAPageOrNotWhenTheMemoryFails(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES, Failing::new)) {
            final PageMapper mapper = machine.machine().mapper();
            machine.faultAll(machine.table(1), 3, 1);
            machine.faultPmd(machine.table(1), 512);
            boolean failed = true;
            for (int access = 1; failed; access++) {
                words(machine).failAt(access);
                try {
                    assertTrue(mapper.insertPage(machine.table(0), 3, machine.startPfn() + 3, true));
                    assertTrue(mapper.insertPmd(machine.table(0), 512, machine.startPfn() + 512, true));
                } catch (final DeviceFailedException e) {
                    assertEquals(InternalError.class, e.getCause().getClass());
                }
                failed = words(machine).hasFailed();
                words(machine).failAt(0);
                machine.zapAll(machine.table(0));
                assertEquals(machine.resting(1), machine.count(3), "access=" + access);
                assertEquals(machine.resting(1), machine.count(512), "access=" + access);
            }
        }
    }

    /** Pages mapped by the test's own handler, which throws at the fourth. */
    private static Vma brokenArea(final TestMachine machine, final Throwable thrown) {
        return new Vma(machine.table(0), 0, 64, 0, new VmOperations() {
            @Override
            public boolean fault(final CpuSlot cpu, final Vma vma, final long page, final boolean write) {
                if (page == 3) {
                    throw sneaky(thrown);
                }
                return machine.file().fault(cpu, machine.area(machine.file(), machine.table(0), page, page), page,
                    write);
            }

            @Override
            public boolean isFsDax() {
                return false;
            }
        });
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> T sneaky(final Throwable thrown) throws T {
        throw (T) thrown;
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldHoldNothingAfterAFaultHandlerThrew(final Setup setup) {
        for (final Throwable thrown : new Throwable[] {new IllegalStateException("boom"), new InternalError("boom"),
            new IOException("boom")}) {
            for (final boolean debug : new boolean[] {false, true}) {
                try (TestMachine machine = debug ? setup.openDebug(PAGES) : setup.open(PAGES)) {
                    machine.table(0).addArea(brokenArea(machine, thrown));
                    final long[] out = new long[5];
                    assertEquals(2, machine.gup().getSlow(machine.cpu(), machine.table(0), 0, 2, true, out));
                    machine.gup().put(machine.cpu(), out, 2);
                    final long[] before = books(machine);

                    assertSame(thrown, assertThrows(Throwable.class,
                        () -> machine.gup().pin(machine.cpu(), machine.table(0), 0, 5, true, out)));
                    final long[] withThird = books(machine);
                    assertSame(thrown, assertThrows(Throwable.class,
                        () -> machine.gup().getSlow(machine.cpu(), machine.table(0), 0, 5, true, out)));

                    assertBooks(withThird, machine, 0);
                    assertEquals(machine.resting(1), machine.count(0));
                    assertEquals(machine.resting(1), machine.count(2));
                    assertEquals(before[LOOKED_AT * 3 + 1], withThird[LOOKED_AT * 3 + 1], "pins acquired and released");
                    if (machine.gup() instanceof final DebugGup gup) {
                        Arrays.stream(new long[] {0, 1, 2, 3}).forEach(page -> assertEquals(0,
                            gup.ledger().pins(machine.startPfn() + page)));
                    }
                    machine.checkBooks();
                    machine.table(0).removeArea(machine.table(0).area(0));
                }
            }
        }
    }
}
