/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageDescriptor.MAPCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.PAGE_DESCRIPTOR_BYTES;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;
import static org.daxref.sync.CpuSlotDescriptor.PIN_SLOTS;
import static org.daxref.sync.CpuSlotDescriptor.PIN_SLOTS_OFFSET;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.daxref.TestDevice;
import org.daxref.memory.ActingWords;
import org.daxref.memory.Words;
import org.daxref.memory.WordsKind;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlots;
import org.daxref.sync.Epochs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Pages, two CPUs that pin them, and somebody who takes a step in between. */
abstract class KeptPinsGround {
    ActingWords words;
    CpuSlots cpus;
    Epochs epochs;
    CpuSlot one;
    CpuSlot two;
    long page;

    private TestDevice device;

    /** Ways to keep pins; a page is striped as soon as one CPU has seen another pin. */
    enum Kind {
        STRIPED, STRIPED_ASYM, HAZARD
    }

    @BeforeEach
    void open() {
        device = TestDevice.open(WordsKind.SEGMENT, 512, ActingWords::new);
        words = (ActingWords) device.words();
        cpus = new CpuSlots(words, device.geometry().perCpuOffset());
        epochs = Epochs.cheapest(words, cpus);
        one = cpus.attach();
        two = cpus.attach();
        page = device.geometry().memmapOffset() + 3 * PAGE_DESCRIPTOR_BYTES;
    }

    @AfterEach
    void close() {
        device.close();
    }

    final PageCounter create(final Kind kind) {
        return create(kind, words);
    }

    final PageCounter create(final Kind kind, final Words access) {
        return switch (kind) {
            case STRIPED -> FencedStripedPageCounter.create(access, cpus, 1);
            case STRIPED_ASYM -> AsymmetricStripedPageCounter.create(access, cpus, epochs, 1);
            case HAZARD -> HazardPageCounter.create(access, cpus);
        };
    }

    /** A page that so many entries map, each with a reference. */
    final void map(final PageCounter counter, final long head, final int entries) {
        words.putIntRelease(head + MAPCOUNT_OFFSET, entries);
        words.putIntRelease(head + REFCOUNT_OFFSET, counter.encode(entries));
    }

    /** Makes the page striped, and leaves it with one pin of the CPU. */
    static void crowd(final PageCounter counter, final CpuSlot cpu, final long head) {
        assertTrue(counter.tryPin(cpu, head, 1));
        assertTrue(counter.tryPin(cpu, head, 1));
        assertNotEquals(0, counter.unpin(cpu, head, 1));
    }

    /** A counter with the page mapped once, crowded, and pinned once by the first CPU. */
    final PageCounter crowded(final Kind kind) {
        final PageCounter counter = create(kind);
        map(counter, page, 1);
        crowd(counter, one, page);
        return counter;
    }

    final int word(final long head) {
        return words.getIntVolatile(head + REFCOUNT_OFFSET);
    }

    /** Where the area that lies there keeps pins of a page that is striped. */
    static long slotOffset(final long areaOffset, final long head) {
        return areaOffset + PIN_SLOTS_OFFSET + head / PAGE_DESCRIPTOR_BYTES % PIN_SLOTS * Long.BYTES;
    }

    /** A slot that holds a part of the count of a page that is striped. */
    final long slotWith(final long head, final int part) {
        return place(head) / PAGE_DESCRIPTOR_BYTES << Integer.SIZE | 0x8000_0000L + part;
    }

    /** How slots name a page. */
    final long place(final long head) {
        return head - words.origin();
    }

    final long slot(final CpuSlot cpu, final long head) {
        return words.getLongVolatile(slotOffset(cpu.areaOffset(), head));
    }
}
