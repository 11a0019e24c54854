/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageCounter.GUP_PIN_COUNTING_BIAS;
import static org.daxref.page.PageDescriptor.FLAGS_OFFSET;
import static org.daxref.page.PageDescriptor.FLAG_HEAD;
import static org.daxref.page.PageDescriptor.MAPCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.PAGE_DESCRIPTOR_BYTES;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;
import static org.daxref.page.StripedPageCounter.FREE;
import static org.daxref.page.StripedPageCounter.LARGEST_TAG;
import static org.daxref.page.StripedPageCounter.MOST_IN_SLOT;
import static org.daxref.page.StripedPageCounter.MOST_IN_WORD;
import static org.daxref.page.StripedPageCounter.STRIPED;
import static org.daxref.page.StripedPageCounter.ZONE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.daxref.Race;
import org.daxref.memory.ForwardingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.memory.Words;
import org.daxref.sync.CpuSlotDescriptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** When {@link StripedPageCounter} makes a page striped, and its races, each at its one place. */
class StripedPageCounterTest extends KeptPinsGround {

    /** Descriptors that lie far up in a device that nobody has room for. */
    private static final class FarDescriptors extends ForwardingWords {
        private final long distance;

        FarDescriptors(final Words target, final long distance) {
            super(target);
            this.distance = distance;
        }

        private long near(final long offset) {
            return offset < distance ? offset : offset - distance;
        }

        @Override
        public int getIntOpaque(final long offset) {
            return super.getIntOpaque(near(offset));
        }

        @Override
        public int getIntAcquire(final long offset) {
            return super.getIntAcquire(near(offset));
        }

        @Override
        public int getIntVolatile(final long offset) {
            return super.getIntVolatile(near(offset));
        }

        @Override
        public int getAndAddInt(final long offset, final int delta) {
            return super.getAndAddInt(near(offset), delta);
        }

        @Override
        public int compareAndExchangeInt(final long offset, final int expected, final int value) {
            return super.compareAndExchangeInt(near(offset), expected, value);
        }
    }

    private boolean isStriped(final long head) {
        return StripedPageCounter.isStriped(word(head));
    }

    /** The locked operations of a call and of what it calls, if somebody takes a step after its first access. */
    private int lockedOperations(final Runnable call, final Runnable step) {
        final AtomicInteger accesses = new AtomicInteger();
        final AtomicInteger locked = new AtomicInteger();
        words.afterEach((op, offset) -> {
            if (accesses.getAndIncrement() == 0) {
                step.run();
            }
            locked.addAndGet(op == Op.RMW ? 1 : 0);
        });
        call.run();
        words.reset();
        return locked.get();
    }

    @Test
    void shouldKnowTheBordersOfItsZone() {
        assertFalse(StripedPageCounter.isStriped(STRIPED - ZONE / 2 - 1));
        assertTrue(StripedPageCounter.isStriped(STRIPED - ZONE / 2));
        assertTrue(StripedPageCounter.isStriped(STRIPED));
        assertTrue(StripedPageCounter.isStriped(STRIPED + ZONE / 2 - 1));
        assertFalse(StripedPageCounter.isStriped(STRIPED + ZONE / 2), "the first word that is being gathered");
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldSightOthersWhereTheCountIsThatOfAPinOrMore(final Kind kind) {
        final PageCounter counter = create(kind);
        map(counter, page, GUP_PIN_COUNTING_BIAS - 1);
        assertTrue(counter.tryPin(one, page, 1));
        assertEquals(0, one.sightings(page));

        map(counter, page, GUP_PIN_COUNTING_BIAS);
        assertTrue(counter.tryPin(one, page, 1));

        assertEquals(1, one.sightings(page));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldTakeTheUnpinThatStripesThePageFromASlot(final Kind kind) {
        final PageCounter counter = create(kind);
        map(counter, page, 1);

        crowd(counter, one, page);

        assertEquals(STRIPED + 1 + 2 * GUP_PIN_COUNTING_BIAS, word(page));
        assertEquals(slotWith(page, -GUP_PIN_COUNTING_BIAS), slot(one, page));
        assertEquals(0, one.sightings(page), "they are counted anew");
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldGiveNeighboursDifferentSlots(final Kind kind) {
        final PageCounter counter = create(kind);
        final long neighbour = page + PAGE_DESCRIPTOR_BYTES;
        for (final long head : new long[] {page, neighbour}) {
            map(counter, head, 1);
            crowd(counter, one, head);
        }

        assertEquals(slotWith(page, -GUP_PIN_COUNTING_BIAS), slot(one, page));
        assertEquals(slotWith(neighbour, -GUP_PIN_COUNTING_BIAS), slot(one, neighbour));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldSayThatAStripedPageMayBePinnedWhateverItsCount(final Kind kind) {
        final PageCounter counter = crowded(kind);
        assertNotEquals(0, counter.unpin(two, page, 1));

        assertEquals(1, counter.count(page));
        assertTrue(counter.maybeDmaPinned(page));
        assertFalse(counter.gather(page));

        assertFalse(counter.maybeDmaPinned(page));
    }

    private boolean doesAnUnpinStripe(final PageCounter counter, final int count) {
        words.putIntRelease(page + MAPCOUNT_OFFSET, 1);
        words.putIntRelease(page + REFCOUNT_OFFSET, count);
        one.sightOthers(page);
        counter.unpin(one, page, 1);
        return isStriped(page);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldStripeAPageOnlyWhileItsCountIsPositiveAndFitsIntoTheZone(final Kind kind) {
        final PageCounter counter = create(kind);

        assertFalse(doesAnUnpinStripe(counter, 0));
        assertTrue(doesAnUnpinStripe(counter, 1));
        assertTrue(doesAnUnpinStripe(counter, MOST_IN_WORD - 1));
        assertFalse(doesAnUnpinStripe(counter, MOST_IN_WORD));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldStripeNoPageInsideAReadSection(final Kind kind) {
        final PageCounter counter = create(kind);
        map(counter, page, 1);
        epochs.enter(one);

        crowd(counter, one, page);

        assertEquals(1 + GUP_PIN_COUNTING_BIAS, word(page));
        assertEquals(1, one.sightings(page), "left to the next unpin");
        epochs.exit(one);
        assertNotEquals(0, counter.unpin(one, page, 1));
        assertTrue(isStriped(page));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldStripeThePageOfTheLargestTagAndNoneBeyond(final Kind kind) {
        final long last = words.origin() + LARGEST_TAG * PAGE_DESCRIPTOR_BYTES;
        final PageCounter counter = create(kind, new FarDescriptors(words, last - page));
        final long beyond = page + PAGE_DESCRIPTOR_BYTES;
        map(counter, page, 1);
        map(counter, beyond, 1);

        crowd(counter, one, last);
        crowd(counter, one, last + PAGE_DESCRIPTOR_BYTES);

        assertEquals(STRIPED + 1 + 2 * GUP_PIN_COUNTING_BIAS, word(page));
        assertEquals(1 + GUP_PIN_COUNTING_BIAS, counter.count(last));
        assertEquals(1 + GUP_PIN_COUNTING_BIAS, word(beyond));
        assertFalse(counter.gather(last));
        assertEquals(1 + GUP_PIN_COUNTING_BIAS, word(page));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldUnpinAPageThatCannotBeStripedAtNoFurtherCost(final Kind kind) {
        final PageCounter counter = create(kind);
        map(counter, page, 1);
        assertTrue(counter.tryPin(one, page, 1));
        assertTrue(counter.tryPin(one, page, 1));
        words.putIntRelease(page + MAPCOUNT_OFFSET, 0);
        assertEquals(1, lockedOperations(() -> counter.unpin(one, page, 1), () -> { }));

        words.putIntRelease(page + MAPCOUNT_OFFSET, 1);
        words.putIntRelease(page + FLAGS_OFFSET, FLAG_HEAD);
        assertEquals(2, lockedOperations(() -> counter.unpin(one, page, 1), () -> { }), "_pincount and _refcount");

        assertFalse(isStriped(page));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldUseTheWordIfItChangedBeforeThePageWasStriped(final Kind kind) {
        final PageCounter counter = create(kind);
        map(counter, page, 1);
        assertTrue(counter.tryPin(one, page, 1));
        assertTrue(counter.tryPin(one, page, 1));

        final int locked = lockedOperations(() -> counter.unpin(one, page, 1),
            () -> assertTrue(counter.tryGet(page, 1)));

        assertEquals(2 + GUP_PIN_COUNTING_BIAS, word(page));
        assertEquals(2, locked, "the exchange that failed, and the put");
    }

    /** A zap that came after the first look at the mappings and before the exchange has found nothing to gather. */
    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldGatherAPageThatLostItsLastMappingWhileItBecameStriped(final Kind kind) {
        final PageCounter counter = create(kind);
        map(counter, page, 1);
        assertTrue(counter.tryPin(one, page, 1));
        assertTrue(counter.tryPin(one, page, 1));
        words.afterNext(Op.RMW, page + REFCOUNT_OFFSET, () -> words.putIntRelease(page + MAPCOUNT_OFFSET, 0));

        assertNotEquals(0, counter.unpin(one, page, 1));

        assertEquals(1 + GUP_PIN_COUNTING_BIAS, word(page));
        assertEquals(FREE, slot(one, page));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldGatherAPageWhoseWordChangesMeanwhile(final Kind kind) {
        final PageCounter counter = crowded(kind);
        words.afterNext(Op.READ, page + REFCOUNT_OFFSET, () -> assertTrue(counter.tryGet(page, 1)));

        assertFalse(counter.gather(page));

        assertEquals(2 + GUP_PIN_COUNTING_BIAS, word(page));
        assertEquals(FREE, slot(one, page));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldLeaveAPageToWhoGathersItFirst(final Kind kind) {
        final PageCounter counter = crowded(kind);
        words.afterNext(Op.READ, page + REFCOUNT_OFFSET, () -> assertFalse(counter.gather(page)));

        assertFalse(counter.gather(page));

        assertEquals(1 + GUP_PIN_COUNTING_BIAS, word(page));
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "HAZARD")
    void shouldHold16PinsInASlotAndAsManyUnpins(final Kind kind) {
        final PageCounter counter = create(kind);
        final int most = MOST_IN_SLOT / GUP_PIN_COUNTING_BIAS;
        map(counter, page, 1);
        crowd(counter, one, page);
        final int word = word(page);
        for (int i = -1; i < most; i++) {
            assertTrue(counter.tryPin(one, page, 1));
        }
        assertEquals(16, most);
        assertEquals(word, word(page));
        assertEquals(slotWith(page, MOST_IN_SLOT), slot(one, page));
        for (int i = 0; i < most; i++) {
            assertNotEquals(0, counter.unpin(two, page, 1));
        }
        assertEquals(word, word(page));
        assertEquals(slotWith(page, -MOST_IN_SLOT), slot(two, page));

        assertTrue(counter.tryPin(one, page, 1));
        assertEquals(word + MOST_IN_SLOT + GUP_PIN_COUNTING_BIAS, word(page), "with the part of the slot");
        assertEquals(slotWith(page, 0), slot(one, page));

        assertNotEquals(0, counter.unpin(two, page, 1));
        assertEquals(word, word(page));
        assertEquals(slotWith(page, 0), slot(two, page));
        assertEquals(1 + 2 * GUP_PIN_COUNTING_BIAS, counter.count(page));
    }

    /** A gatherer's first step: the word moves on to the next zone, with a reference of the gatherer. */
    private void moveWord() {
        words.getAndAddInt(page + REFCOUNT_OFFSET, ZONE + 1);
    }

    private void moveWordBack() {
        words.getAndAddInt(page + REFCOUNT_OFFSET, -ZONE - 1);
    }

    @Test
    void shouldTakeAPinBackFromItsSlotIfTheWordMovedMeanwhile() {
        final PageCounter counter = crowded(Kind.STRIPED);
        words.afterNext(Op.RMW, slotOffset(two.areaOffset(), page), this::moveWord);

        assertTrue(counter.tryPin(two, page, 1));

        assertEquals(FREE, slot(two, page));
        assertEquals(2 + 2 * GUP_PIN_COUNTING_BIAS, counter.count(page), "with the gatherer's reference");
        moveWordBack();
        assertFalse(counter.gather(page));
        assertEquals(1 + 2 * GUP_PIN_COUNTING_BIAS, word(page));
    }

    @Test
    void shouldLeaveInASlotWhatWasThereBeforeThePinThatIsTakenBack() {
        final PageCounter counter = crowded(Kind.STRIPED);
        words.afterNext(Op.RMW, slotOffset(one.areaOffset(), page), this::moveWord);

        assertTrue(counter.tryPin(one, page, 1));

        assertEquals(slotWith(page, -GUP_PIN_COUNTING_BIAS), slot(one, page));
        moveWordBack();
        assertFalse(counter.gather(page));
        assertEquals(1 + 2 * GUP_PIN_COUNTING_BIAS, word(page));
    }

    @Test
    void shouldLeaveAPinToTheGathererThatHasIt() {
        final PageCounter counter = crowded(Kind.STRIPED);
        words.afterNext(Op.RMW, slotOffset(two.areaOffset(), page), () -> assertFalse(counter.gather(page)));

        assertTrue(counter.tryPin(two, page, 1));

        assertEquals(FREE, slot(two, page), "the noise of taking back is wiped");
        assertEquals(1 + 2 * GUP_PIN_COUNTING_BIAS, word(page));
    }

    @Test
    void shouldWipeWhatItAddedToASlotThatAGathererTookBefore() {
        final PageCounter counter = crowded(Kind.STRIPED);
        words.afterNext(Op.READ, slotOffset(one.areaOffset(), page), () -> assertFalse(counter.gather(page)));

        assertTrue(counter.tryPin(one, page, 1));

        assertEquals(FREE, slot(one, page));
        assertEquals(1 + 2 * GUP_PIN_COUNTING_BIAS, word(page));
    }

    /** A walk has seen the page striped; the gatherer waits until it is through, and finds its pin. */
    @Test
    void shouldWaitForAPinThatHasSeenThePageStriped() throws InterruptedException {
        final PageCounter counter = crowded(Kind.STRIPED_ASYM);
        final Thread gatherer = Thread.ofPlatform().daemon().unstarted(() -> counter.gather(page));
        final List<Boolean> waits = new ArrayList<>();
        epochs.enter(two);
        words.afterNext(Op.READ, page + REFCOUNT_OFFSET, () -> {
            gatherer.start();
            Race.awaitTrue(() -> !gatherer.isAlive() || gatherer.getState() == Thread.State.TIMED_WAITING);
            waits.add(gatherer.isAlive());
        });

        assertTrue(counter.tryPin(two, page, 1));
        epochs.exit(two);
        gatherer.join();

        assertEquals(List.of(true), waits);
        assertEquals(1 + 2 * GUP_PIN_COUNTING_BIAS, word(page));
        assertEquals(FREE, slot(two, page));
    }

    @Test
    void shouldUnpinInAReadSectionOfItsOwn() {
        final PageCounter counter = crowded(Kind.STRIPED_ASYM);
        final List<Boolean> inside = new ArrayList<>();
        words.afterNext(Op.WRITE, slotOffset(one.areaOffset(), page), () -> inside.add(one.isInside()));

        assertNotEquals(0, counter.unpin(one, page, 1));

        assertEquals(List.of(true), inside);
        assertFalse(one.isInside());
    }

    private long sequence() {
        return words.getLongVolatile(one.areaOffset() + CpuSlotDescriptor.EPOCH_OFFSET);
    }

    /** The undo of a walk: a section of its own would end the walk's. */
    @Test
    void shouldUnpinInTheReadSectionThatTheCpuIsIn() {
        final PageCounter counter = crowded(Kind.STRIPED_ASYM);
        final int word = word(page);
        epochs.enter(one);
        final long sequence = sequence();

        assertNotEquals(0, counter.unpin(one, page, 1));
        assertEquals(word, word(page));
        words.putLongRelease(slotOffset(one.areaOffset(), page), slotWith(page, -MOST_IN_SLOT));
        assertNotEquals(0, counter.unpin(one, page, 1));

        assertEquals(word - GUP_PIN_COUNTING_BIAS - MOST_IN_SLOT, word(page), "the slot is full");
        assertEquals(slotWith(page, 0), slot(one, page));
        assertEquals(sequence, sequence());
        epochs.exit(one);
    }
}
