/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.design;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.memory.ActingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.memory.WordsKind;
import org.daxref.page.PageDescriptor;
import org.daxref.pagemap.PagemapType;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.WaitTableDescriptor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A page whose device has gone: what the last put finds, and what is refused of it. */
class GonePageTest {
    private static final int PAGES = 1024;
    private static final long PAGE = 7;

    private static long[] pinnedAlone(final TestMachine machine) {
        machine.faultAll(machine.table(0), PAGE, 1);
        final long[] out = new long[1];
        assertEquals(1, machine.gup().pinFast(machine.cpu(), machine.table(0), PAGE, 1, true, out));
        machine.zapAll(machine.table(0));
        return out;
    }

    private static void remove(final TestMachine machine, final boolean again) {
        Race.awaitEnd(Thread.ofPlatform().daemon().start(() -> {
            final CpuSlot other = machine.machine().attach();
            machine.machine().unbind(other, machine.pmem());
            if (again) {
                machine.machine().createPagemap(other, PagemapType.GENERIC, machine.machine().wholeDevice());
            }
            machine.machine().detach(other);
        }));
    }

    /** The last put, then the removal, then the look at the page: it is left as it is, said, and its waiters woken. */
    @ParameterizedTest
    @ValueSource(strings = {"cas", "cas-fused", "cas-backoff"})
    void shouldLeaveAPageAloneThatWentBetweenThePutAndTheLook(final String counter) {
        try (TestMachine machine = new Setup("fs-held", counter, WordsKind.SEGMENT).open(PAGES, ActingWords::new)) {
            final ActingWords words = (ActingWords) machine.words();
            final long[] out = pinnedAlone(machine);
            final AtomicInteger wakes = new AtomicInteger();
            final long table = machine.device().geometry().waitTableOffset();
            words.afterNext(Op.RMW, machine.page(PAGE) + PageDescriptor.REFCOUNT_OFFSET, () -> {
                remove(machine, false);
                words.afterEach((op, offset) -> {
                    if (op == Op.READ && offset >= table && offset < table + WaitTableDescriptor.TABLE_BYTES) {
                        wakes.incrementAndGet();
                    }
                });
            });

            machine.gup().unpin(machine.cpu(), out, 1);

            words.reset();
            assertEquals(1, wakes.get(), "looks for waiters");
            assertTrue(machine.memmap().isPoisoned(machine.page(PAGE)));
            assertFalse(machine.memmap().isUsedAfterFree(machine.page(PAGE)), "count=" + machine.count(PAGE));
            assertEquals(List.of("oops: free_zone_device_folio: the struct page is gone: pfn=" + out[0]),
                machine.memmap().warnings().messages());
        }
    }

    /** The same, and the page has another life as that of a character device: that counts 1, and nobody adds to it. */
    @ParameterizedTest
    @ValueSource(strings = {"cas", "cas-fused", "cas-backoff"})
    void shouldNotCountForAnotherLifeOfThePage(final String counter) {
        try (TestMachine machine = new Setup("fs-held", counter, WordsKind.SEGMENT).open(PAGES, ActingWords::new)) {
            final ActingWords words = (ActingWords) machine.words();
            final long[] out = pinnedAlone(machine);
            words.afterNext(Op.RMW, machine.page(PAGE) + PageDescriptor.REFCOUNT_OFFSET, () -> remove(machine, true));

            machine.gup().unpin(machine.cpu(), out, 1);

            assertEquals(1, machine.count(PAGE));
        }
    }

    /** The page of a character device that is put too often comes back to the count it begins with. */
    @ParameterizedTest
    @ValueSource(strings = {"dev-pagemap", "fs-held", "fs-held-drain", "pgmap-folio"})
    void shouldPutAPageOfACharacterDeviceBackToItsFirstCount(final String design) {
        try (TestMachine machine = new Setup(design, "cas", WordsKind.SEGMENT).openBare(PAGES,
            UnaryOperator.identity())) {
            final long pgmap = machine.machine().createPagemap(machine.cpu(), PagemapType.GENERIC,
                machine.range(0, 64));
            final long references = machine.machine().pagemaps().references(pgmap);

            machine.machine().design().put(machine.cpu(), machine.page(PAGE), 1);

            assertEquals(1, machine.count(PAGE));
            assertEquals(references, machine.machine().pagemaps().references(pgmap));
        }
    }

    /** A page that never came to life has no dev_pagemap: its fault fails as that of a dying device. */
    @ParameterizedTest
    @EnumSource
    void shouldRefuseToMapAPageThatHasNoDevice(final WordsKind kind) {
        for (final String name : List.of("fs-held-drain", "pgmap-folio")) {
            try (TestMachine machine = new Setup(name, "cas", kind).openBare(PAGES, UnaryOperator.identity())) {
                final RefcountDesign design = machine.machine().design();

                assertFalse(name.equals("pgmap-folio")
                    ? design.associate(machine.cpu(), machine.startPfn() + PAGE, 0, 1, 0, false)
                    : design.beginInsert(machine.cpu(), machine.page(PAGE)));

                assertEquals(0, machine.words().getIntVolatile(machine.page(PAGE) + PageDescriptor.REFCOUNT_OFFSET));
            }
        }
    }
}
