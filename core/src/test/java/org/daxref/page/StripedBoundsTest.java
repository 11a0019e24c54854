/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageCounter.GUP_PIN_COUNTING_BIAS;
import static org.daxref.page.PageDescriptor.FLAGS_OFFSET;
import static org.daxref.page.PageDescriptor.FLAG_HEAD;
import static org.daxref.page.PageDescriptor.MAPCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;
import static org.daxref.page.StripedPageCounter.FREE;
import static org.daxref.page.StripedPageCounter.MOST_APART;
import static org.daxref.page.StripedPageCounter.MOST_AT_ONCE;
import static org.daxref.page.StripedPageCounter.MOST_IN_SLOT;
import static org.daxref.page.StripedPageCounter.MOST_IN_WORD;
import static org.daxref.page.StripedPageCounter.STRIPED;
import static org.daxref.page.StripedPageCounter.ZONE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** The bounds that {@link StripedPageCounter} states: whoever pins and whoever unpins, the word stays in its zone. */
class StripedBoundsTest extends KeptPinsGround {
    private static final int SLOT_PINS = MOST_IN_SLOT / GUP_PIN_COUNTING_BIAS;
    private static final int PAIRS = 300_000;

    private CpuSlot[] attach(final int count) {
        final CpuSlot[] all = new CpuSlot[count];
        all[0] = one;
        all[1] = two;
        for (int i = 2; i < count; i++) {
            all[i] = cpus.attach();
        }
        return all;
    }

    private boolean pin(final PageCounter counter, final CpuSlot cpu) {
        epochs.enter(cpu);
        final boolean pinned = counter.tryPin(cpu, page, 1);
        epochs.exit(cpu);
        return pinned;
    }

    /** A striped page that is mapped once, with no part of its count in a slot. */
    private PageCounter striped(final Kind kind) {
        final PageCounter counter = crowded(kind);
        assertNotEquals(0, counter.unpin(one, page, 1));
        assertFalse(counter.gather(page));
        words.putIntRelease(page + REFCOUNT_OFFSET, STRIPED + 1);
        return counter;
    }

    /** Never more than one pin at a time beside the one that is held: the DMA of one CPU completes on another. */
    @ParameterizedTest
    @CsvSource({"STRIPED, 19, 1, false", "STRIPED, 1, 19, true", "STRIPED_ASYM, 19, 1, true",
        "STRIPED_ASYM, 1, 19, false"})
    void shouldStayInItsZoneIfPinsAreDroppedElsewhere(final Kind kind, final int pinners, final int unpinners,
                                                     final boolean held) {
        final PageCounter counter = striped(kind);
        final CpuSlot[] all = attach(pinners + unpinners);
        assertTrue(!held || pin(counter, one));

        for (int i = 0; i < PAIRS; i++) {
            assertTrue(pin(counter, all[i % pinners]));
            assertNotEquals(0, counter.unpin(all[pinners + i % unpinners], page, 1));
        }

        assertTrue(StripedPageCounter.isStriped(word(page)));
        assertTrue(Math.abs(word(page) - STRIPED) <= all.length * MOST_IN_SLOT + 1 + GUP_PIN_COUNTING_BIAS);
        words.putIntRelease(page + MAPCOUNT_OFFSET, 0);
        assertFalse(counter.gather(page));
        assertEquals(held ? GUP_PIN_COUNTING_BIAS : 0, counter.putProbablyLast(page, 1));
        assertEquals(0, held ? counter.unpin(two, page, 1) : 0);
        assertEquals(counter.encode(0), word(page));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldEmptyAllFullSlotsOfPinsIntoTheWord(final Kind kind) {
        final PageCounter counter = striped(kind);
        final CpuSlot[] all = attach(CpuSlotDescriptor.SLOTS);
        for (final CpuSlot cpu : all) {
            for (int i = 0; i < SLOT_PINS; i++) {
                assertTrue(pin(counter, cpu));
            }
        }
        assertEquals(STRIPED + 1, word(page));

        for (final CpuSlot cpu : all) {
            assertTrue(pin(counter, cpu));
        }

        final int count = 1 + all.length * (SLOT_PINS + 1) * GUP_PIN_COUNTING_BIAS;
        assertEquals(STRIPED + count, word(page));
        assertEquals(count, counter.count(page));
        assertFalse(counter.gather(page));
        assertEquals(count, word(page));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldEmptyAllFullSlotsOfUnpinsIntoTheWord(final Kind kind) {
        final PageCounter counter = striped(kind);
        final CpuSlot[] all = attach(CpuSlotDescriptor.SLOTS);
        for (int i = 0; i < all.length; i++) {
            assertTrue(counter.pin(page, SLOT_PINS));
            assertTrue(counter.pin(page, 1));
        }
        for (final CpuSlot cpu : all) {
            for (int i = 0; i < SLOT_PINS; i++) {
                assertNotEquals(0, counter.unpin(cpu, page, 1));
            }
        }
        assertEquals(STRIPED + 1 + all.length * (SLOT_PINS + 1) * GUP_PIN_COUNTING_BIAS, word(page));

        for (final CpuSlot cpu : all) {
            assertNotEquals(0, counter.unpin(cpu, page, 1));
        }

        assertEquals(STRIPED + 1, word(page));
        assertEquals(1, counter.count(page));
        assertFalse(counter.gather(page));
        assertEquals(1, word(page));
    }

    /** The least that the word can hold: every slot full of pins, and no reference but the mapping's. */
    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldHoldLeastInTheWordWhenAllSlotsAreFullOfPins(final Kind kind) {
        final PageCounter counter = striped(kind);
        final CpuSlot[] all = attach(CpuSlotDescriptor.SLOTS);
        for (final CpuSlot cpu : all) {
            for (int i = 0; i < SLOT_PINS; i++) {
                assertTrue(pin(counter, cpu));
                assertNotEquals(0, counter.unpin(page, 1), "by somebody without a CPU");
            }
        }
        final int least = 1 - all.length * MOST_IN_SLOT;

        assertEquals(STRIPED + least, word(page));
        assertTrue(least - 1024 * MOST_IN_SLOT + all.length * MOST_IN_SLOT >= -(1 << 24));
        assertTrue(StripedPageCounter.isStriped(STRIPED + 1 - 1024 * MOST_IN_SLOT));
        assertEquals(1, counter.count(page));
        assertFalse(counter.gather(page));
        assertEquals(1, word(page));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldKeepTheSumOfPinsThatWander(final Kind kind) {
        final PageCounter counter = striped(kind);
        final CpuSlot[] all = attach(6);
        final Random random = new Random(1234);
        int pins = 0;
        for (int i = 0; i < 50_000; i++) {
            final CpuSlot cpu = all[random.nextInt(all.length)];
            final int many = 1 + random.nextInt(random.nextInt(8) == 0 ? 40 : 2);
            final boolean unpin = i / 500 % 2 == 0 && cpu != one;
            if (random.nextInt(1000) == 0) {
                assertFalse(counter.gather(page));
            } else if (unpin && pins >= many) {
                assertNotEquals(0, counter.unpin(cpu, page, many));
                pins -= many;
            } else if (counter.tryPin(cpu, page, many)) {
                pins += many;
            }
            assertEquals(1 + pins * GUP_PIN_COUNTING_BIAS, counter.count(page));
            for (final CpuSlot other : all) {
                final long slot = slot(other, page);
                assertTrue(slot == FREE || Math.abs((int) slot - StripedPageCounter.NO_PART) <= MOST_IN_SLOT);
            }
        }
        assertFalse(counter.gather(page));
        assertEquals(1 + pins * GUP_PIN_COUNTING_BIAS, word(page));
    }

    private void assertRefused(final PageCounter counter) {
        final int word = word(page);
        final long slot = slot(one, page);
        assertFalse(counter.tryGet(page, 1));
        assertFalse(counter.tryPin(page, 1));
        assertFalse(counter.get(page, 1));
        assertFalse(counter.pin(page, 1));
        assertEquals(word, word(page));
        assertEquals(slot, slot(one, page));
        assertEquals(0, counter.negativeCounts());
        assertTrue(counter.isFull(page));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldRefuseGrabsOfAFullPageUntilItIsGathered(final Kind kind) {
        final PageCounter counter = striped(kind);
        words.putIntRelease(page + REFCOUNT_OFFSET, STRIPED + MOST_APART);
        assertFalse(counter.isFull(page));
        assertTrue(counter.tryGet(page, 1), "the last");

        assertRefused(counter);
        assertTrue(counter.increment(page) > 0, "a fault");
        assertTrue(pin(counter, two), "there is room in the slot");
        words.putLongRelease(slotOffset(one.areaOffset(), page), slotWith(page, MOST_IN_SLOT));
        assertRefused(counter);
        assertFalse(pin(counter, one), "nor is a full slot emptied");
        assertEquals(slotWith(page, MOST_IN_SLOT), slot(one, page));
        assertEquals(STRIPED + MOST_APART + 2, word(page));

        assertFalse(counter.gather(page));
        final int count = MOST_APART + 2 + MOST_IN_SLOT + GUP_PIN_COUNTING_BIAS;
        assertEquals(count, word(page));
        assertFalse(counter.isFull(page));
        assertTrue(counter.tryGet(page, 1));
        assertTrue(pin(counter, one));
        assertTrue(pin(counter, one));
        assertEquals(count, counter.unpin(one, page, 2) - 1, "too much for a zone: not striped again");
        assertTrue(count >= MOST_IN_WORD);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldRefuseGrabsOfAFullPageThatIsBeingGathered(final Kind kind) {
        final PageCounter counter = striped(kind);
        words.putIntRelease(page + REFCOUNT_OFFSET, STRIPED + ZONE + MOST_APART + 1);

        assertRefused(counter);
        words.putIntRelease(page + REFCOUNT_OFFSET, STRIPED + ZONE + MOST_APART);
        assertFalse(counter.isFull(page));
        assertTrue(counter.tryGet(page, 1));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldLetAGrabStandIfThePageWasGatheredBeforeItIsTakenBack(final Kind kind) {
        final PageCounter counter = striped(kind);
        words.putIntRelease(page + REFCOUNT_OFFSET, STRIPED + MOST_APART + 1);
        words.afterNext(Op.RMW, page + REFCOUNT_OFFSET, () -> assertFalse(counter.gather(page)));

        assertTrue(counter.tryGet(page, 1));

        assertEquals(MOST_APART + 2, word(page));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldTakeAGrabBackWhateverOthersAddMeanwhile(final Kind kind) {
        final PageCounter counter = striped(kind);
        words.putIntRelease(page + REFCOUNT_OFFSET, STRIPED + MOST_APART + 1);
        words.afterNext(Op.RMW, page + REFCOUNT_OFFSET, () -> counter.increment(page));

        assertFalse(counter.tryGet(page, 1));

        assertEquals(STRIPED + MOST_APART + 2, word(page));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldAddManyAtOnceToNoStripedPage(final Kind kind) {
        final PageCounter counter = striped(kind);
        assertTrue(counter.tryGet(page, MOST_AT_ONCE));
        assertFalse(counter.tryGet(page, MOST_AT_ONCE + 1));
        assertFalse(counter.get(page, MOST_AT_ONCE + 1));
        assertFalse(counter.tryPin(one, page, 2 * SLOT_PINS + 1));
        assertEquals(STRIPED + 1 + MOST_AT_ONCE, word(page));
        assertFalse(counter.isFull(page));

        assertFalse(counter.gather(page));
        assertTrue(counter.tryGet(page, MOST_AT_ONCE + 1));
        words.afterNext(Op.READ, page + REFCOUNT_OFFSET, () -> counter.put(page, 1));
        assertTrue(counter.tryGet(page, MOST_AT_ONCE + 1));
        assertEquals(3 * MOST_AT_ONCE + 2, word(page));

        words.putIntRelease(page + REFCOUNT_OFFSET, 0);
        assertTrue(counter.tryGet(page, MOST_AT_ONCE + 1), "its last put is on its way");
        words.putIntRelease(page + REFCOUNT_OFFSET, counter.encode(0));
        assertFalse(counter.tryGet(page, MOST_AT_ONCE + 1));
        assertEquals(counter.encode(0), word(page));
        words.putIntRelease(page + REFCOUNT_OFFSET, -1);
        assertFalse(counter.tryGet(page, MOST_AT_ONCE + 1));
        assertEquals(1, counter.negativeCounts());
    }

    /** Lets somebody take a step after the n-th access of a kind to a place. */
    private void afterNth(final int n, final Op awaited, final long where, final Runnable step) {
        final int[] left = {n};
        words.afterEach((op, offset) -> {
            if (op == awaited && offset == where && --left[0] == 0) {
                words.reset();
                step.run();
            }
        });
    }

    private PageCounter withSlotOfOne(final Kind kind, final int part) {
        final PageCounter counter = striped(kind);
        words.putIntRelease(page + REFCOUNT_OFFSET, STRIPED + 1 + MOST_IN_SLOT - part);
        words.putLongRelease(slotOffset(one.areaOffset(), page), slotWith(page, part));
        return counter;
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldLeaveThePartOfAFullSlotToTheGathererThatHasIt(final Kind kind) {
        final PageCounter counter = withSlotOfOne(kind, MOST_IN_SLOT);
        words.afterNext(Op.RMW, page + REFCOUNT_OFFSET, () -> assertFalse(counter.gather(page)));

        assertTrue(counter.tryPin(one, page, 1));

        assertEquals(1 + MOST_IN_SLOT + GUP_PIN_COUNTING_BIAS, word(page));
        assertEquals(FREE, slot(one, page));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldUnpinInTheWordIfAGathererHasThePartOfTheFullSlot(final Kind kind) {
        final PageCounter counter = withSlotOfOne(kind, -MOST_IN_SLOT);
        afterNth(2, Op.READ, slotOffset(one.areaOffset(), page), () -> assertFalse(counter.gather(page)));

        assertEquals(1 + MOST_IN_SLOT - GUP_PIN_COUNTING_BIAS, counter.unpin(one, page, 1));

        assertEquals(1 + MOST_IN_SLOT - GUP_PIN_COUNTING_BIAS, word(page));
        assertEquals(FREE, slot(one, page));
    }

    /** The unpin that empties its slot may be the last: the page was gathered, unmapped and put in between. */
    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldFindThatAnUnpinWhichEmptiesItsSlotIsTheLast(final Kind kind) {
        final PageCounter counter = striped(kind);
        words.putIntRelease(page + REFCOUNT_OFFSET, STRIPED + 1 + MOST_IN_SLOT + GUP_PIN_COUNTING_BIAS);
        words.putLongRelease(slotOffset(one.areaOffset(), page), slotWith(page, -MOST_IN_SLOT));
        words.afterNext(Op.RMW, slotOffset(one.areaOffset(), page), () -> {
            assertFalse(counter.gather(page));
            assertNotEquals(0, counter.put(page, 1));
        });

        assertEquals(0, counter.unpin(one, page, 1));

        assertEquals(counter.encode(0), word(page));
    }

    /** The page was gathered, came to 0, and was joined to a folio that is in use before the pin is added. */
    @Test
    void shouldBookAPinThatEmptiesItsSlotAsThatOfTheFolioThatThePageBecame() {
        final PageCounter counter = withSlotOfOne(Kind.STRIPED, MOST_IN_SLOT);
        words.putIntRelease(page + REFCOUNT_OFFSET, STRIPED + 1);
        afterNth(2, Op.READ, slotOffset(one.areaOffset(), page), () -> {
            assertFalse(counter.gather(page));
            assertEquals(MOST_IN_SLOT, counter.put(page, 1));
            assertEquals(0, counter.unpin(page, SLOT_PINS));
            words.putIntRelease(page + FLAGS_OFFSET, FLAG_HEAD);
            assertEquals(0, counter.increment(page));
        });

        assertTrue(counter.tryPin(one, page, 1));

        assertEquals(2, word(page));
        assertEquals(1, counter.pincount(page));
        assertEquals(FREE, slot(one, page));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldPinInTheWordWhatNoSlotHolds(final Kind kind) {
        final PageCounter counter = withSlotOfOne(kind, MOST_IN_SLOT);
        assertTrue(counter.tryPin(one, page, SLOT_PINS + 1));
        assertEquals(slotWith(page, MOST_IN_SLOT), slot(one, page));
        assertEquals(STRIPED + 1 + MOST_IN_SLOT + GUP_PIN_COUNTING_BIAS, word(page));

        assertTrue(counter.tryPin(one, page, SLOT_PINS));
        assertEquals(slotWith(page, 0), slot(one, page));
        assertEquals(STRIPED + 1 + 3 * MOST_IN_SLOT + GUP_PIN_COUNTING_BIAS, word(page));
    }
}
