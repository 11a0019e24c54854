/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageCounter.GUP_PIN_COUNTING_BIAS;
import static org.daxref.page.PageDescriptor.MAPCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.PAGE_DESCRIPTOR_BYTES;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link StripedPageCounter} and {@link HazardPageCounter} do with one thread on one page at a time. */
class KeptPinsCounterTest extends KeptPinsGround {

    @ParameterizedTest
    @EnumSource
    void shouldKeepPinsOfACrowdedPageOutOfItsWord(final Kind kind) {
        final PageCounter counter = crowded(kind);
        final int word = word(page);

        assertTrue(counter.tryPin(two, page, 1));
        assertEquals(word, word(page));
        assertEquals(1 + 2 * GUP_PIN_COUNTING_BIAS, counter.count(page));
        assertTrue(counter.maybeDmaPinned(page));
        assertNotEquals(0, counter.unpin(two, page, 1));
        assertNotEquals(0, counter.unpin(one, page, 1));

        assertEquals(word, word(page));
        assertEquals(1, counter.count(page));
    }

    @ParameterizedTest
    @EnumSource
    void shouldUnpinOnAnotherCpu(final Kind kind) {
        final PageCounter counter = crowded(kind);
        assertTrue(counter.tryPin(one, page, 1));

        assertNotEquals(0, counter.unpin(two, page, 1));
        assertNotEquals(0, counter.unpin(two, page, 1));

        assertEquals(1, counter.count(page));
        assertFalse(counter.gather(page));
        assertEquals(counter.encode(1), word(page));
    }

    @ParameterizedTest
    @EnumSource
    void shouldTellTheLastUnpinOnceGathered(final Kind kind) {
        final PageCounter counter = crowded(kind);
        assertTrue(counter.tryPin(two, page, 1));

        words.putIntRelease(page + MAPCOUNT_OFFSET, 0);
        assertFalse(counter.gather(page));
        assertEquals(1 + 2 * GUP_PIN_COUNTING_BIAS, counter.countInWord(page));
        assertEquals(2 * GUP_PIN_COUNTING_BIAS, counter.put(page, 1));
        assertEquals(GUP_PIN_COUNTING_BIAS, counter.unpin(two, page, 1));
        assertEquals(0, counter.unpin(one, page, 1));

        assertEquals(counter.encode(0), word(page));
        assertFalse(counter.gather(page), "nothing is left to gather");
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotBeIdleInTheWordWhilePinsAreKept(final Kind kind) {
        final PageCounter counter = crowded(kind);

        assertTrue(counter.countInWord(page) > 0);
        assertTrue(counter.tryGet(page, 2), "a walker that takes references uses the word");
        assertTrue(counter.get(page, 1));
        assertTrue(counter.pin(page, 1));
        assertTrue(counter.increment(page) > 0, "a fault does not begin a life");
        assertEquals(1 + 2 + 1 + 1 + 2 * GUP_PIN_COUNTING_BIAS, counter.count(page));
        assertNotEquals(0, counter.put(page, 4));
        assertNotEquals(0, counter.unpin(page, 1));
        assertEquals(1 + GUP_PIN_COUNTING_BIAS, counter.count(page));
        assertEquals(0, counter.negativeCounts());
    }

    @ParameterizedTest
    @EnumSource
    void shouldUseTheWordOfAPageWhoseEntriesAreNotCounted(final Kind kind) {
        final PageCounter counter = create(kind);
        map(counter, page, 0);
        words.putIntRelease(page + REFCOUNT_OFFSET, counter.encode(1));
        crowd(counter, one, page);

        assertEquals(counter.encode(1 + GUP_PIN_COUNTING_BIAS), word(page));
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseAnIdlePage(final Kind kind) {
        final PageCounter counter = create(kind);
        map(counter, page, 0);

        assertFalse(counter.tryPin(one, page, 1));
        words.putIntRelease(page + MAPCOUNT_OFFSET, 1);
        assertFalse(counter.tryPin(one, page, 1), "its first mapping is about to lift it");

        assertEquals(counter.encode(0), word(page));
        assertEquals(0, counter.count(page));
    }

    /** What lies above the limit was never a CPU's, whatever it looks like. */
    @ParameterizedTest
    @EnumSource
    void shouldNotLookAtAreasThatWereNeverAttached(final Kind kind) {
        final PageCounter counter = create(kind);
        final boolean hazard = kind == Kind.HAZARD;
        final long area = cpus.areaOffset(cpus.limit());
        final long slot = hazard ? area + CpuSlotDescriptor.PIN_SLOTS_OFFSET : slotOffset(area, page);
        final long content = hazard ? place(page) : slotWith(page, GUP_PIN_COUNTING_BIAS);
        words.putLongRelease(slot, content);
        map(counter, page, 1);
        crowd(counter, one, page);
        assertTrue(counter.pin(page, 1));

        assertEquals(1 + 2 * GUP_PIN_COUNTING_BIAS, counter.count(page));
        assertNotEquals(0, counter.unpin(two, page, 2));
        assertEquals(1, counter.count(page));
        assertTrue(counter.tryPin(one, page, 1));
        assertFalse(counter.gather(page));
        assertEquals(1 + GUP_PIN_COUNTING_BIAS, word(page));
        counter.forget(page, page);

        assertEquals(content, words.getLongVolatile(slot));
    }

    @ParameterizedTest
    @EnumSource
    void shouldForgetNothingBehindTheSlotsOfACpu(final Kind kind) {
        final PageCounter counter = create(kind);
        final long behind = CpuSlotDescriptor.pinSlot(one.areaOffset(), CpuSlotDescriptor.PIN_SLOTS);
        final long content = kind == Kind.HAZARD ? place(page) : slotWith(page, GUP_PIN_COUNTING_BIAS);
        words.putLongRelease(behind, content);
        words.putLongRelease(behind - Long.BYTES, content);

        counter.forget(page, page);

        assertEquals(content, words.getLongVolatile(behind));
        assertEquals(0, words.getLongVolatile(behind - Long.BYTES), "the last slot");
    }

    @ParameterizedTest
    @EnumSource
    void shouldForgetPagesThatWentWithTheirDevice(final Kind kind) {
        final PageCounter counter = create(kind);
        final long other = page + PAGE_DESCRIPTOR_BYTES;
        for (final long head : new long[] {page, other}) {
            map(counter, head, 1);
            crowd(counter, one, head);
            assertTrue(counter.tryPin(one, head, 1));
        }

        counter.forget(page, page);

        assertEquals(0, slotsThatAreNotFree(one, kind == Kind.HAZARD ? place(page) : place(page) >>> 6 << 32));
        assertEquals(1 + 2 * GUP_PIN_COUNTING_BIAS, counter.count(other));
    }

    private int slotsThatAreNotFree(final CpuSlot cpu, final long tag) {
        int slots = 0;
        for (int i = 0; i < CpuSlotDescriptor.PIN_SLOTS; i++) {
            final long slot = words.getLongVolatile(cpu.areaOffset() + CpuSlotDescriptor.PIN_SLOTS_OFFSET + i * 8L);
            slots += slot >>> 32 << 32 == tag || slot == tag && tag != 0 ? 1 : 0;
        }
        return slots;
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "HAZARD")
    void shouldUseTheWordWhereAnotherPageHasTheSlot(final Kind kind) {
        final PageCounter counter = create(kind);
        final long rival = page + CpuSlotDescriptor.PIN_SLOTS * PAGE_DESCRIPTOR_BYTES;
        map(counter, page, 1);
        map(counter, rival, 1);
        crowd(counter, one, page);
        assertTrue(counter.tryPin(one, page, 1));
        assertTrue(counter.tryPin(one, page, 1));
        crowd(counter, one, rival);
        final int word = word(rival);

        assertTrue(counter.tryPin(one, rival, 1));

        assertEquals(word + GUP_PIN_COUNTING_BIAS, word(rival));
        assertEquals(1 + 2 * GUP_PIN_COUNTING_BIAS, counter.count(rival));
        assertEquals(1 + 3 * GUP_PIN_COUNTING_BIAS, counter.count(page));
        assertFalse(counter.gather(page));
        assertFalse(counter.gather(rival));
        assertEquals(1 + 3 * GUP_PIN_COUNTING_BIAS, word(page));
        assertEquals(1 + 2 * GUP_PIN_COUNTING_BIAS, word(rival));
    }

    @Test
    void shouldCountPinsInTheWordWhenAllHazardSlotsAreTaken() {
        final PageCounter counter = create(Kind.HAZARD);
        map(counter, page, 1);
        for (int i = 0; i < HazardPageCounter.SLOTS; i++) {
            assertTrue(counter.tryPin(one, page, 1));
        }
        assertEquals(1, word(page));

        assertTrue(counter.tryPin(one, page, 1));
        assertTrue(counter.tryPin(one, page, 3));

        assertEquals(1 + 4 * GUP_PIN_COUNTING_BIAS, word(page));
        assertEquals(1 + 12 * GUP_PIN_COUNTING_BIAS, counter.count(page));
        assertEquals(1 + 2 * GUP_PIN_COUNTING_BIAS, counter.unpin(two, page, 10), "slots first, then the word");
        assertFalse(counter.gather(page));
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindTheLastWhenGatheringIsIt(final Kind kind) {
        final PageCounter counter = crowded(kind);
        assertNotEquals(0, counter.unpin(one, page, 1));
        if (kind != Kind.HAZARD) {
            assertNotEquals(0, counter.put(page, 1), "a striped page does not come to 0");

            assertTrue(counter.gather(page));
            assertEquals(counter.encode(0), word(page));
        }
        assertFalse(counter.gather(page));
    }
}
