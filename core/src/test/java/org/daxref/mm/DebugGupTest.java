/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.sync.CpuSlot;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Misuse of pins, scenarios S32, S38 and S39: what no kernel notices where it happens (kernel.md A.9), the ordinary
 * walks do not notice either, in any era; the walks with a ledger refuse it before anything is changed.
 */
class DebugGupTest {
    private static final int PAGES = 1024;

    private static PinLedger ledger(final TestMachine machine) {
        return ((DebugGup) machine.gup()).ledger();
    }

    private static long[] pinned(final TestMachine machine, final long page) {
        machine.faultAll(machine.table(0), page, 1);
        final long[] out = new long[1];
        assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), page, 1, true, out));
        return out;
    }

    private static long[] got(final TestMachine machine, final long page) {
        machine.faultAll(machine.table(0), page, 1);
        final long[] out = new long[1];
        assertEquals(1, machine.gup().getFast(machine.cpu(), machine.table(0), page, 1, true, out));
        return out;
    }

    private static void assertRefused(final String message, final Executable misuse) {
        assertEquals(message, assertThrows(IllegalStateException.class, misuse).getMessage());
    }

    /** Where pages come to life again, nobody holds them, whatever was held of those that went. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldForgetWhatWasHeldOfRenewedPagesOnly(final Setup setup) {
        try (TestMachine machine = setup.openDebug(PAGES)) {
            final long pfn = machine.startPfn();
            for (final long page : new long[] {1, 3, 4}) {
                pinned(machine, page);
                got(machine, page);
            }

            machine.gup().renew(machine.range(1, 3));

            for (final long page : new long[] {1, 3, 4}) {
                assertEquals(page == 4 ? 1 : 0, ledger(machine).pins(pfn + page), "page=" + page);
                assertEquals(page == 4 ? 1 : 0, ledger(machine).gets(pfn + page), "page=" + page);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldKnowWhatEveryWalkTookAndEveryDropGaveBack(final Setup setup) {
        try (TestMachine machine = setup.openDebug(PAGES)) {
            machine.file().mmap(machine.table(0), 0, PAGES, 0);
            machine.faultAll(machine.table(0), 0, 3);
            final long pfn = machine.startPfn();
            final long[] out = new long[6];
            final long[] slow = new long[6];

            assertEquals(6, machine.gup().pin(machine.cpu(), machine.table(0), 0, 6, true, out));
            assertEquals(2, machine.gup().getSlow(machine.cpu(), machine.table(0), 5, 2, true, slow));
            assertEquals(-Errno.EOPNOTSUPP,
                machine.gup().pinLongterm(machine.cpu(), machine.table(0), 0, 6, true, new long[6]));

            for (int i = 0; i < 8; i++) {
                assertEquals(i < 6 ? 1 : 0, ledger(machine).pins(pfn + i), "i=" + i);
                assertEquals(i == 5 || i == 6 ? 1 : 0, ledger(machine).gets(pfn + i), "i=" + i);
            }
            machine.gup().unpin(machine.cpu(), out, 6);
            machine.gup().put(machine.cpu(), slow, 2);
            for (int i = 0; i < 8; i++) {
                assertEquals(0, ledger(machine).pins(pfn + i) + ledger(machine).gets(pfn + i), "i=" + i);
            }
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseADoubleUnpin(final Setup setup) {
        try (TestMachine machine = setup.openDebug(PAGES)) {
            final long[] pinned = pinned(machine, 3);
            machine.gup().unpin(machine.cpu(), pinned, 1);

            assertRefused("unpin of a page that is not pinned: pfn=" + pinned[0] + ", gets=0, pins=0",
                () -> machine.gup().unpin(machine.cpu(), pinned, 1));

            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseToDropWhatWasNeverTaken(final Setup setup) {
        try (TestMachine machine = setup.openDebug(PAGES)) {
            machine.faultAll(machine.table(0), 3, 1);
            final long[] pfns = {machine.startPfn() + 3};

            assertRefused("unpin of a page that is not pinned: pfn=" + pfns[0] + ", gets=0, pins=0",
                () -> machine.gup().unpin(machine.cpu(), pfns, 1));
            assertRefused("put of a page that is not held: pfn=" + pfns[0] + ", gets=0, pins=0",
                () -> machine.gup().put(machine.cpu(), pfns, 1));

            machine.checkBooks();
        }
    }

    /** S39, both ways. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseToDropOneKindAsTheOther(final Setup setup) {
        try (TestMachine machine = setup.openDebug(PAGES)) {
            final long[] pinned = pinned(machine, 3);
            final long[] got = got(machine, 4);

            assertRefused("put of a page that is not held: pfn=" + pinned[0] + ", gets=0, pins=1",
                () -> machine.gup().put(machine.cpu(), pinned, 1));
            assertRefused("unpin of a page that is not pinned: pfn=" + got[0] + ", gets=1, pins=0",
                () -> machine.gup().unpin(machine.cpu(), got, 1));

            machine.gup().unpin(machine.cpu(), pinned, 1);
            machine.gup().put(machine.cpu(), got, 1);
            machine.checkBooks();
        }
    }

    /** All or nothing: a refused call leaves the ledger as it leaves the counts, so that the rest can be dropped. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldDropNothingOfACallThatIsRefused(final Setup setup) {
        try (TestMachine machine = setup.openDebug(PAGES)) {
            final long[] first = pinned(machine, 3);
            final long[] second = pinned(machine, 4);
            final long[] twice = {first[0], second[0], first[0]};

            assertRefused("unpin of a page that is not pinned: pfn=" + first[0] + ", gets=0, pins=0",
                () -> machine.gup().unpin(machine.cpu(), twice, 3));

            assertEquals(1, ledger(machine).pins(first[0]));
            assertEquals(1, ledger(machine).pins(second[0]));
            assertEquals(machine.resting(1) + 1024, machine.count(3));
            machine.gup().unpin(machine.cpu(), twice, 2);
            machine.checkBooks();
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseAPageThatIsNotOnTheDevice(final Setup setup) {
        try (TestMachine machine = setup.openDebug(PAGES)) {
            for (final long pfn : new long[] {0, machine.startPfn() - 1, machine.startPfn() + PAGES, -1}) {
                assertEquals("not a page of this device: pfn=" + pfn, assertThrows(IllegalArgumentException.class,
                    () -> machine.gup().unpin(machine.cpu(), new long[] {pfn}, 1)).getMessage());
            }
        }
    }

    /** S29, S32: where removal does not wait for the pin, its holder is told; where it does,
        nothing is left to drop. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseAnUnpinAfterTheDeviceWent(final Setup setup) {
        try (TestMachine machine = setup.openDebug(PAGES)) {
            final boolean waits = switch (setup.design()) {
                case "pre-518", "pgmap-folio", "fs-held-drain" -> true;
                case "dev-pagemap", "fs-held" -> false;
                default -> throw new AssertionError("no word here on what its removal waits for");
            };
            final long[] pinned = pinned(machine, 3);
            assertFalse(machine.file().tryBreakLayout(machine.cpu(), 0, PAGES));
            if (waits) {
                machine.gup().unpin(machine.cpu(), pinned, 1);
            }
            machine.machine().removePagemap(machine.cpu(), machine.pgmap());

            assertRefused("the page went with its device: pfn=" + pinned[0] + ", gets=0, pins=" + (waits ? 0 : 1),
                () -> machine.gup().unpin(machine.cpu(), pinned, 1));

            assertFalse(machine.memmap().isUsedAfterFree(machine.page(3)), "the struct page was not touched");
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldRefuseACpuThatWasGivenBack(final Setup setup) {
        try (TestMachine machine = setup.openDebug(PAGES)) {
            final long[] pinned = pinned(machine, 3);
            final CpuSlot gone = machine.machine().attach();
            machine.machine().detach(gone);
            final Gup gup = machine.gup();
            final PageTable table = machine.table(0);
            final long[] out = new long[1];
            final List<Executable> calls = List.of(() -> gup.getFast(gone, table, 3, 1, true, out),
                () -> gup.pinFast(gone, table, 3, 1, true, out), () -> gup.getSlow(gone, table, 3, 1, true, out),
                () -> gup.pinSlow(gone, table, 3, 1, true, out), () -> gup.pin(gone, table, 3, 1, true, out),
                () -> gup.pinLongterm(gone, table, 3, 1, true, out), () -> gup.unpin(gone, pinned, 1),
                () -> gup.put(gone, pinned, 1));
            for (final Executable call : calls) {
                assertRefused("the CPU was given back: cpu=" + gone.index(), call);
            }

            gup.unpin(machine.cpu(), pinned, 1);
            machine.checkBooks();
        }
    }

    /** S38 without a ledger: the count goes below its resting value, nothing is said; the next grab finds it. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldNotNoticeADoubleUnpinWithoutALedger(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            final long[] pinned = pinned(machine, 3);
            machine.gup().unpin(machine.cpu(), pinned, 1);

            machine.gup().unpin(machine.cpu(), pinned, 1);

            assertEquals(machine.resting(1) - 1024, machine.count(3));
            assertEquals(0, machine.counter().negativeCounts());
            assertEquals(List.of(), machine.memmap().warnings().messages());
            assertEquals(0, machine.gup().pinFast(machine.cpu(), machine.table(0), 3, 1, true, new long[1]));
            assertEquals(1, machine.counter().negativeCounts(), "the WARN of try_get_folio");
        }
    }

    /** S39 without a ledger: residues that no waiter will ever find idle,
        unless the pin is kept where he does not look. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#all")
    void shouldNotNoticeAMixUpOfKindsWithoutALedger(final Setup setup) {
        try (TestMachine machine = setup.open(PAGES)) {
            machine.gup().put(machine.cpu(), pinned(machine, 3), 1);
            machine.gup().unpin(machine.cpu(), got(machine, 4), 1);

            assertEquals(setup.counter().equals("hazard") ? machine.idle() : machine.resting(1) + 1023,
                machine.count(3));
            assertEquals(machine.resting(1) - 1023, machine.count(4));
            assertEquals(0, machine.counter().negativeCounts());
            assertEquals(List.of(), machine.memmap().warnings().messages());
        }
    }

    /** Threads with the same page: the ledger loses nothing and refuses nobody. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#checked")
    void shouldKeepTheLedgerUnderRaces(final Setup setup) throws Exception {
        try (TestMachine machine = setup.openDebug(PAGES)) {
            machine.faultAll(machine.table(0), 0, 4);
            final long deadline = Race.deadline();
            final Race.Body user = () -> {
                final CpuSlot own = machine.machine().attach();
                final long[] out = new long[4];
                while (!Race.isOver(deadline)) {
                    assertEquals(4, machine.gup().pinFast(own, machine.table(0), 0, 4, true, out));
                    assertTrue(ledger(machine).pins(out[0]) > 0);
                    machine.gup().unpin(own, out, 4);
                    assertEquals(1, machine.gup().getFast(own, machine.table(0), 1, 1, false, out));
                    machine.gup().put(own, out, 1);
                }
                machine.machine().detach(own);
            };
            Race.run(user, user, user);

            assertEquals(0, ledger(machine).pins(machine.startPfn()));
            assertEquals(0, ledger(machine).gets(machine.startPfn() + 1));
            machine.checkBooks();
        }
    }
}
