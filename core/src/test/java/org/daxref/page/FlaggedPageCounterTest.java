/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageCounter.GUP_PIN_COUNTING_BIAS;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.memory.ActingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The races of {@link FlaggedPageCounter}, each at its one place. */
class FlaggedPageCounterTest {
    private static final int PAGE = 3;

    private TestMachine machine;
    private PageCounter counter;
    private long page;

    static Stream<Setup> flagged() {
        return Setup.counters().filter(setup -> !setup.counter().startsWith("cas"));
    }

    private void open(final Setup setup, final int count) {
        machine = setup.open(8, ActingWords::new);
        counter = machine.counter();
        page = machine.page(PAGE);
        machine.words().putIntRelease(page + REFCOUNT_OFFSET, counter.encode(count));
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private int word() {
        return machine.words().getIntVolatile(page + REFCOUNT_OFFSET);
    }

    /** What a call returns if somebody takes a step right after the call's first change of the word. */
    private int with(final IntSupplier call, final Runnable step) {
        return with(Op.RMW, call, step);
    }

    /** What a call returns if somebody takes a step right after it has looked at the word for the first time. */
    private int withAfterTheLook(final IntSupplier call, final Runnable step) {
        return with(Op.READ, call, step);
    }

    private int with(final Op awaited, final IntSupplier call, final Runnable step) {
        final ActingWords words = (ActingWords) machine.words();
        words.afterNext(awaited, page + REFCOUNT_OFFSET, step);
        return call.getAsInt();
    }

    @ParameterizedTest
    @MethodSource("flagged")
    void shouldLeaveNoNoiseOnAnIdlePage(final Setup setup) {
        open(setup, 0);

        assertFalse(counter.tryPin(page, 1));
        assertFalse(counter.tryGet(page, 2));

        assertEquals(counter.encode(0), word());
        assertEquals(0, counter.negativeCounts());
    }

    @ParameterizedTest
    @MethodSource("flagged")
    void shouldShowNoNoiseToAnybody(final Setup setup) {
        open(setup, 0);

        assertEquals(0, with(() -> counter.tryPin(page, 1) ? 1 : 0, () -> {
            assertEquals(0, counter.count(page));
            assertFalse(counter.maybeDmaPinned(page));
            assertFalse(counter.get(page, 1));
            assertFalse(counter.pin(page, 1));
            assertEquals(0, counter.increment(page), "an owner begins a life whatever the noise");
        }));

        assertEquals(1, counter.count(page), "the refused walker leaves a lifted page alone");
    }

    @ParameterizedTest
    @MethodSource("flagged")
    void shouldSetTheNoiseOfOthersBackAsWell(final Setup setup) {
        open(setup, 0);

        with(() -> counter.tryPin(page, 1) ? 1 : 0, () -> assertFalse(counter.tryGet(page, 1)));

        assertEquals(0, counter.count(page));
        assertFalse(counter.tryGet(page, 1));
        assertEquals(counter.encode(0), word());
    }

    @ParameterizedTest
    @MethodSource("flagged")
    void shouldLiftAPageUnderTheNoiseOfAWalker(final Setup setup) {
        open(setup, 0);
        machine.words().getAndAddInt(page + REFCOUNT_OFFSET, GUP_PIN_COUNTING_BIAS);

        assertEquals(0, counter.increment(page));

        assertEquals(1, counter.count(page));
    }

    /** The owner's exchange fails, so it adds; a second walker comes before the exchange that follows. */
    @ParameterizedTest
    @MethodSource("flagged")
    void shouldLiftAPageWhoseNoiseChanges(final Setup setup) {
        open(setup, 0);
        final ActingWords words = (ActingWords) machine.words();
        final Runnable noise = () -> words.getAndAddInt(page + REFCOUNT_OFFSET, GUP_PIN_COUNTING_BIAS);
        final AtomicInteger changes = new AtomicInteger();

        assertEquals(0, withAfterTheLook(() -> counter.increment(page), () -> {
            noise.run();
            words.afterEach((op, offset) -> {
                if (op == Op.RMW && changes.incrementAndGet() == 2) {
                    noise.run();
                }
            });
        }));

        assertTrue(changes.get() > 3, "the owner has exchanged in vain, added, and exchanged twice");
        assertEquals(1, counter.count(page));
    }

    @ParameterizedTest
    @MethodSource("flagged")
    void shouldLiftAnIdlePageAndEndItsLifeInOneLockedOperationEach(final Setup setup) {
        open(setup, 0);
        final AtomicInteger locked = new AtomicInteger();
        final ActingWords words = (ActingWords) machine.words();
        words.afterEach((op, offset) -> locked.addAndGet(op == Op.RMW ? 1 : 0));

        assertEquals(0, counter.increment(page));
        assertEquals(1, locked.get());
        assertEquals(0, counter.putProbablyLast(page, 1));

        assertEquals(2, locked.get());
        assertEquals(counter.encode(0), word());
    }

    @ParameterizedTest
    @MethodSource("flagged")
    void shouldDropLikeTheOthersWhereItWasNotTheLast(final Setup setup) {
        open(setup, 3);

        assertEquals(1, counter.putProbablyLast(page, 2));

        assertEquals(1, counter.count(page));
    }

    @ParameterizedTest
    @MethodSource("flagged")
    void shouldNotBeTheLastIfAWalkerComesAfterTheLook(final Setup setup) {
        open(setup, 1);

        assertEquals(GUP_PIN_COUNTING_BIAS, withAfterTheLook(() -> counter.putProbablyLast(page, 1),
            () -> assertTrue(counter.tryPin(page, 1))));

        assertEquals(0, counter.unpin(page, 1));
        assertEquals(counter.encode(0), word());
    }

    /** The exchange finds what the look has found. */
    @ParameterizedTest
    @MethodSource("flagged")
    void shouldBeTheLastIfAWalkerHasComeAndGone(final Setup setup) {
        open(setup, 1);

        assertEquals(0, withAfterTheLook(() -> counter.putProbablyLast(page, 1), () -> {
            assertTrue(counter.tryPin(page, 1));
            assertEquals(1, counter.unpin(page, 1));
        }));

        assertEquals(counter.encode(0), word());
    }

    @ParameterizedTest
    @MethodSource("flagged")
    void shouldLetOneOfTwoOwnersBeginTheLife(final Setup setup) {
        open(setup, 0);


        assertEquals(1, withAfterTheLook(() -> counter.increment(page),
            () -> assertEquals(0, counter.increment(page))));

        assertEquals(2, counter.count(page));
    }

    @ParameterizedTest
    @MethodSource("flagged")
    void shouldNotBeTheLastIfAWalkerComesBeforeTheFlag(final Setup setup) {
        open(setup, 1);

        assertEquals(GUP_PIN_COUNTING_BIAS, with(() -> counter.put(page, 1),
            () -> assertTrue(counter.tryPin(page, 1))));

        assertEquals(GUP_PIN_COUNTING_BIAS, counter.count(page));
        assertEquals(0, counter.unpin(page, 1), "the walker's second look makes it the last");
        assertEquals(counter.encode(0), word());
    }

    @ParameterizedTest
    @MethodSource("flagged")
    void shouldTellOneOfTwoThatItWasTheLast(final Setup setup) {
        open(setup, 1);

        assertEquals(1, with(() -> counter.put(page, 1), () -> {
            assertTrue(counter.tryPin(page, 1));
            assertEquals(0, counter.unpin(page, 1));
        }));

        assertEquals(0, counter.count(page));
    }

    @ParameterizedTest
    @MethodSource("flagged")
    void shouldTellOneOfTwoEvenIfALifeBeganInBetween(final Setup setup) {
        open(setup, 1);

        assertEquals(1, with(() -> counter.put(page, 1), () -> {
            assertTrue(counter.tryGet(page, 1));
            assertEquals(0, counter.put(page, 1));
            assertEquals(0, counter.increment(page));
        }));

        assertEquals(1, counter.count(page));
    }

    /** What fs-held-drain needs: no life began, so none may have ended. */
    @ParameterizedTest
    @MethodSource("flagged")
    void shouldBeginNoLifeBeforeTheFlag(final Setup setup) {
        open(setup, 1);

        assertEquals(1, with(() -> counter.put(page, 1), () -> assertEquals(1, counter.increment(page))));

        assertEquals(1, counter.count(page));
        assertEquals(0, counter.put(page, 1));
    }

    @ParameterizedTest
    @MethodSource("flagged")
    void shouldNeverReportAZeroThatCanComeBack(final Setup setup) {
        open(setup, 1);
        final AtomicInteger seen = new AtomicInteger();

        final int left = with(() -> counter.put(page, 1), () -> {
            seen.set(counter.count(page));
            assertEquals(seen.get() != 0, counter.tryGet(page, 1));
        });

        assertEquals(setup.counter().equals("sticky") ? 0 : 1, seen.get(), "sticky helps, the others wait");
        assertEquals(seen.get(), left);
        assertEquals(seen.get(), counter.count(page));
    }

    /** A reader finds that the last reference was dropped; before it can help, a walker revives the page. */
    @ParameterizedTest
    @MethodSource("flagged")
    void shouldNotSayZeroIfAWalkerComesBeforeTheReadersHelp(final Setup setup) {
        open(setup, 1);
        machine.words().getAndAddInt(page + REFCOUNT_OFFSET, -1);

        assertEquals(1, withAfterTheLook(() -> counter.count(page), () -> assertTrue(counter.tryGet(page, 1))));
    }

    /** The zero that a reader announced belongs to the put; a walker's noise on it does not take it away. */
    @ParameterizedTest
    @MethodSource("flagged")
    void shouldTakeTheZeroThatAReaderAnnouncedUnderNoise(final Setup setup) {
        open(setup, 1);
        final ActingWords words = (ActingWords) machine.words();
        final boolean helps = setup.counter().equals("sticky");

        final int left = with(() -> counter.put(page, 1), () -> {
            counter.count(page);
            words.afterEach((op, offset) -> {
                words.reset();
                assertFalse(counter.tryPin(page, 1));
                words.getAndAddInt(page + REFCOUNT_OFFSET, helps ? 5 : 0);
            });
        });

        assertEquals(0, left);
        assertEquals(counter.encode(0), word());
    }

    /** An owner who lifts a page whose zero was announced and not yet taken takes it: the lives cancel out. */
    @ParameterizedTest
    @MethodSource("flagged")
    void shouldPassAnAnnouncedZeroToTheOwner(final Setup setup) {
        open(setup, 1);

        assertEquals(1, with(() -> counter.put(page, 1), () -> {
            counter.count(page);
            assertEquals(1, counter.increment(page));
        }));

        assertEquals(1, counter.count(page));
        assertEquals(0, counter.put(page, 1));
        assertEquals(0, counter.increment(page));
    }

    @ParameterizedTest
    @MethodSource("flagged")
    void shouldReportADoubleUnpinOfAnIdlePage(final Setup setup) {
        open(setup, 0);

        assertEquals(-GUP_PIN_COUNTING_BIAS, counter.unpin(page, 1));

        assertEquals(-GUP_PIN_COUNTING_BIAS, counter.count(page));
        assertFalse(counter.tryPin(page, 1));
        assertFalse(counter.get(page, 1));
        assertEquals(2, counter.negativeCounts());
        assertEquals(-GUP_PIN_COUNTING_BIAS, counter.count(page), "a refusal changes nothing");
    }

    /** The zone above the noise of an idle page begins with the largest number of puts too many. */
    @ParameterizedTest
    @MethodSource("flagged")
    void shouldTakeAValueRightAboveTheNoiseForAPutTooMany(final Setup setup) {
        final int count = setup.counter().equals("rcuref") ? 1 - (1 << 28) : -(1 << 29);
        open(setup, count);

        assertEquals(count, counter.count(page));
        assertFalse(counter.tryGet(page, 1));

        assertEquals(1, counter.negativeCounts());
        assertEquals(count, counter.count(page));
    }

    @ParameterizedTest
    @MethodSource("flagged")
    void shouldNotTakeAPutTooManyForTheLastUnderNoise(final Setup setup) {
        open(setup, 0);

        with(() -> counter.tryPin(page, 1) ? 1 : 0, () -> assertEquals(-1, counter.put(page, 1)));

        assertEquals(0, counter.count(page), "hidden by the noise: nothing was waiting for this page");
    }

    @ParameterizedTest
    @MethodSource("flagged")
    void shouldFlagThePageThatIsLiftedToZero(final Setup setup) {
        open(setup, -1);

        assertEquals(-1, counter.increment(page));

        assertEquals(counter.encode(0), word());
        assertEquals(0, counter.increment(page));
    }

    @ParameterizedTest
    @MethodSource("flagged")
    void shouldFlagThePageWhoseCountIsCorrectedUnderARefusedGrab(final Setup setup) {
        open(setup, -1);

        assertEquals(0, with(() -> counter.tryPin(page, 1) ? 1 : 0, () -> counter.increment(page)));

        assertEquals(counter.encode(0), word());
        assertEquals(1, counter.negativeCounts());
    }

    @ParameterizedTest
    @MethodSource("flagged")
    void shouldRefuseAFreedDescriptor(final Setup setup) {
        open(setup, 0);
        machine.memmap().remove(machine.startPfn() + PAGE, 1);

        assertFalse(machine.memmap().isUsedAfterFree(page));
        assertFalse(counter.tryGet(page, 1));
        assertFalse(machine.memmap().isUsedAfterFree(page), "a refused grab leaves no trace");
        counter.unpin(page, 1);
        assertTrue(machine.memmap().isUsedAfterFree(page));
    }
}
