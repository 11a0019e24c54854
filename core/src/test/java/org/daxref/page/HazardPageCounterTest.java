/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageCounter.GUP_PIN_COUNTING_BIAS;
import static org.daxref.page.PageDescriptor.FLAGS_OFFSET;
import static org.daxref.page.PageDescriptor.FLAG_HEAD;
import static org.daxref.page.PageDescriptor.MAPCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.PINCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.daxref.memory.ForwardingWords.Op;
import org.daxref.sync.CpuSlotDescriptor;
import org.junit.jupiter.api.Test;

/** What {@link HazardPageCounter} does at the borders of its slots and of its word. */
class HazardPageCounterTest extends KeptPinsGround {

    private long slot(final int index) {
        return CpuSlotDescriptor.pinSlot(one.areaOffset(), index);
    }

    @Test
    void shouldUseTheWordOfAPageWhoseLastReferenceIsBeingDropped() {
        final PageCounter counter = create(Kind.HAZARD);
        map(counter, page, 1);
        words.putIntRelease(page + REFCOUNT_OFFSET, 0);

        assertTrue(counter.tryPin(one, page, 1));

        assertEquals(GUP_PIN_COUNTING_BIAS, word(page));
        assertEquals(0, words.getLongVolatile(slot(0)));
    }

    /** Zero is said of the word alone: a pin was dropped as a reference, in place of the mapping's own. */
    @Test
    void shouldTakeAPageForIdleWhileASlotStillNamesIt() {
        final PageCounter counter = create(Kind.HAZARD);
        map(counter, page, 1);
        assertTrue(counter.tryPin(one, page, 1));

        assertEquals(0, counter.put(page, 1));

        assertEquals(place(page), words.getLongVolatile(slot(0)));
        assertEquals(0, counter.count(page));
        assertFalse(counter.gather(page), "nobody may raise the count of an idle page");
        assertEquals(counter.encode(0), word(page));
    }

    @Test
    void shouldLookAtTheFirstEightSlotsOnly() {
        final PageCounter counter = create(Kind.HAZARD);
        words.putLongRelease(slot(HazardPageCounter.SLOTS), place(page));
        map(counter, page, 1);
        assertTrue(counter.tryPin(one, page, 1));
        assertTrue(counter.pin(page, 1));

        assertEquals(1 + 2 * GUP_PIN_COUNTING_BIAS, counter.count(page));
        assertEquals(1, counter.unpin(one, page, 2));
        assertEquals(1, word(page));
        assertTrue(counter.tryPin(one, page, 1));
        assertFalse(counter.gather(page));

        assertEquals(1 + GUP_PIN_COUNTING_BIAS, word(page));
        assertEquals(place(page), words.getLongVolatile(slot(HazardPageCounter.SLOTS)));
    }

    /** The gatherer has raised the word for a slot that is cleared before it can clear it. */
    @Test
    void shouldLowerTheWordAgainIfThePinWasDroppedMeanwhile() {
        final PageCounter counter = create(Kind.HAZARD);
        map(counter, page, 1);
        assertTrue(counter.tryPin(one, page, 1));
        words.afterEach((op, offset) -> {
            if (op == Op.RMW && word(page) > GUP_PIN_COUNTING_BIAS) {
                words.reset();
                assertEquals(1, counter.unpin(two, page, 1));
            }
        });

        assertFalse(counter.gather(page));

        assertEquals(1, word(page));
        assertEquals(0, words.getLongVolatile(slot(0)));
    }

    /** The page that a walker saw small becomes the head of a folio before its slot names it. */
    private void joinBeforeThePinIsPublished(final PageCounter counter, final Runnable afterwards) {
        map(counter, page, 1);
        words.afterNext(Op.READ, slot(0), () -> {
            words.putIntRelease(page + FLAGS_OFFSET, FLAG_HEAD);
            words.putIntRelease(page + PINCOUNT_OFFSET, 0);
            words.afterNext(Op.RMW, slot(0), afterwards);
        });
    }

    @Test
    void shouldGatherThePinOfAPageThatBecameAFolioAsThatOfAFolio() {
        final PageCounter counter = create(Kind.HAZARD);
        joinBeforeThePinIsPublished(counter, () -> {
            assertEquals(2, counter.count(page));
            assertFalse(counter.gather(page));
        });

        assertTrue(counter.tryPin(one, page, 1));

        assertEquals(2, word(page));
        assertEquals(1, counter.pincount(page));
        assertEquals(0, words.getLongVolatile(slot(0)));
        assertEquals(1, counter.unpin(one, page, 1), "the walker's second look fails");
        assertEquals(0, counter.pincount(page));
        assertEquals(0, counter.putProbablyLast(page, 1));
        assertEquals(counter.encode(0), word(page));
    }

    @Test
    void shouldLowerTheWordOfAFolioAgainIfThePinWasDroppedMeanwhile() {
        final PageCounter counter = create(Kind.HAZARD);
        map(counter, page, 1);
        words.putIntRelease(page + FLAGS_OFFSET, FLAG_HEAD);
        words.putLongRelease(slot(0), place(page));
        words.afterNext(Op.RMW, page + PINCOUNT_OFFSET, () -> words.putLongRelease(slot(0), 0));

        assertFalse(counter.gather(page));

        assertEquals(1, word(page));
        assertEquals(0, counter.pincount(page));
    }

    /** The new folio is mapped by an entry that is equal to the old one, so the walk's second look finds nothing. */
    @Test
    void shouldCountInTheWordThePinOfAPageThatBecameAFolio() {
        final PageCounter counter = create(Kind.HAZARD);
        joinBeforeThePinIsPublished(counter, () -> { });

        assertTrue(counter.tryPin(one, page, 1));

        assertEquals(0, words.getLongVolatile(slot(0)));
        assertEquals(2, word(page));
        assertEquals(1, counter.pincount(page));
        assertTrue(counter.maybeDmaPinned(page));
        assertEquals(1, counter.unpin(two, page, 1), "on another CPU");
        assertEquals(0, counter.pincount(page));
    }

    /** A pin that was published between two lives of the page would not be looked for at the end of the first. */
    @Test
    void shouldNotKeepAPinOfAPageThatIsNotMappedAnyMore() {
        final PageCounter counter = create(Kind.HAZARD);
        map(counter, page, 1);
        words.afterNext(Op.READ, slot(0), () -> map(counter, page, 0));
        assertFalse(counter.tryPin(one, page, 1), "the page is idle");
        assertEquals(0, words.getLongVolatile(slot(0)));
        assertEquals(counter.encode(0), word(page));

        map(counter, page, 1);
        assertTrue(counter.pin(page, 1));
        words.afterNext(Op.READ, slot(0), () -> words.putIntRelease(page + MAPCOUNT_OFFSET, 0));
        assertTrue(counter.tryPin(one, page, 1), "others pin it");
        assertEquals(0, words.getLongVolatile(slot(0)));
        assertEquals(1 + 2 * GUP_PIN_COUNTING_BIAS, word(page));
    }

    /** A folio that was taken apart: the walker that saw it large counts in the word, and by what the page is then. */
    @Test
    void shouldBookAPinAsThatOfASmallPageIfTheFolioWasTakenApart() {
        final PageCounter counter = create(Kind.HAZARD);
        map(counter, page, 1);
        words.putIntRelease(page + FLAGS_OFFSET, FLAG_HEAD);
        words.afterEach((op, offset) -> {
            if (op == Op.READ && offset == page + FLAGS_OFFSET) {
                words.reset();
                words.putIntRelease(page + FLAGS_OFFSET, 0);
            }
        });

        assertTrue(counter.tryPin(one, page, 1));

        assertEquals(1 + GUP_PIN_COUNTING_BIAS, word(page));
        assertEquals(0, counter.pincount(page));
        assertEquals(1, counter.unpin(one, page, 1));
    }
}
