/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageCounter.GUP_PIN_COUNTING_BIAS;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.daxref.Race;
import org.daxref.Setup;
import org.daxref.TestMachine;
import org.daxref.memory.ActingWords;
import org.daxref.memory.CountingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every counter does: kernel.md A.9, scenarios S4, S17, S37 to S39. */
class PageCounterTest {
    private static final int LARGEST_PINS = 2_097_152;

    private static void set(final TestMachine machine, final long page, final int count) {
        machine.words().putIntRelease(page + REFCOUNT_OFFSET, machine.counter().encode(count));
    }

    /** Whether a walker looks at the count before it changes it. Where it does not, nothing can come in between. */
    private static boolean looksFirst(final Setup setup) {
        return setup.counter().startsWith("cas");
    }

    /** The last thing that a pin reads before it changes the count. */
    private static long lastLook(final Setup setup, final long head) {
        return head + (looksFirst(setup) ? REFCOUNT_OFFSET : PageDescriptor.FLAGS_OFFSET);
    }

    private static void assertAllGrabsRefused(final PageCounter counter, final long page) {
        final int before = counter.count(page);
        assertFalse(counter.tryGet(page, 1));
        assertFalse(counter.tryPin(page, 1));
        assertFalse(counter.get(page, 1));
        assertFalse(counter.pin(page, 1));
        assertEquals(before, counter.count(page), "a refusal changes nothing");
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldNotCountAPageAtZero(final Setup setup) {
        try (TestMachine machine = setup.open(8)) {
            final long page = machine.page(3);
            set(machine, page, 0);

            assertAllGrabsRefused(machine.counter(), page);

            assertEquals(0, machine.counter().negativeCounts(), "0 is idle, not an error");
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldRefuseAndReportANegativeCount(final Setup setup) {
        try (TestMachine machine = setup.open(8)) {
            final long page = machine.page(3);
            for (final int count : new int[] {-1, -1023, Integer.MIN_VALUE}) {
                set(machine, page, count);
                final long before = machine.counter().negativeCounts();

                assertAllGrabsRefused(machine.counter(), page);

                assertEquals(before + 4, machine.counter().negativeCounts());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldCountReferencesAndPins(final Setup setup) {
        try (TestMachine machine = setup.open(8)) {
            final PageCounter counter = machine.counter();
            final long page = machine.page(3);
            set(machine, page, 1);

            assertTrue(counter.tryGet(page, 1));
            assertEquals(2, counter.count(page));
            assertTrue(counter.get(page, 3));
            assertEquals(5, counter.count(page));
            assertTrue(counter.tryPin(page, 1));
            assertEquals(1029, counter.count(page));
            assertTrue(counter.tryPin(page, 2));
            assertTrue(counter.pin(page, 1));
            assertEquals(5 + 4 * GUP_PIN_COUNTING_BIAS, counter.count(page));

            assertEquals(5 + 2 * GUP_PIN_COUNTING_BIAS, counter.unpin(page, 2));
            assertEquals(1 + 2 * GUP_PIN_COUNTING_BIAS, counter.put(page, 4));
            assertEquals(1, counter.unpin(page, 2));
            assertEquals(0, counter.put(page, 1));
            assertEquals(0, counter.pincount(page), "a small page counts no pins apart");
            assertEquals(machine.idle(), machine.count(2), "the neighbours are left alone");
            assertEquals(machine.idle(), machine.count(4));
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldLiftAnIdlePageForItsOwnerOnly(final Setup setup) {
        try (TestMachine machine = setup.open(8)) {
            final long page = machine.page(3);
            set(machine, page, 0);

            assertEquals(0, machine.counter().increment(page));

            assertEquals(1, machine.counter().count(page));
            assertTrue(machine.counter().tryGet(page, 1));
            assertEquals(2, machine.counter().increment(page));
        }
    }

    /** Counters that keep pins with CPUs do so while the page is mapped, the others never. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldCountPinsOfACpuInTheWordOfAPageThatNoEntryMaps(final Setup setup) {
        try (TestMachine machine = setup.open(8)) {
            final PageCounter counter = machine.counter();
            final long page = machine.page(3);
            set(machine, page, 1);

            assertTrue(counter.tryPin(machine.cpu(), page, 2));

            assertEquals(1 + 2 * GUP_PIN_COUNTING_BIAS, counter.countInWord(page));
            assertFalse(counter.gather(page), "there is nothing to gather");
            assertEquals(1 + GUP_PIN_COUNTING_BIAS, counter.unpin(machine.cpu(), page, 1));
            assertEquals(1, counter.unpin(machine.cpu(), page, 1));
            set(machine, page, 0);
            assertFalse(counter.tryPin(machine.cpu(), page, 1));
        }
    }

    /** S17: 2049, 1025, 1. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldReturnTheCountThatIsLeft(final Setup setup) {
        try (TestMachine machine = setup.open(8)) {
            final PageCounter counter = machine.counter();
            final long page = machine.page(3);
            set(machine, page, 1);
            assertTrue(counter.tryPin(page, 1));
            assertTrue(counter.tryPin(page, 1));

            assertEquals(2049, counter.count(page));
            assertEquals(1025, counter.unpin(page, 1));
            assertEquals(1, counter.unpin(page, 1));
        }
    }

    /** S37: the guard looks before it adds, so the pin that crosses the border is the last one admitted. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldAdmitExactly2097152PinsFromBase1(final Setup setup) {
        try (TestMachine machine = setup.open(8)) {
            final PageCounter counter = machine.counter();
            final long page = machine.page(3);
            set(machine, page, 1);
            int pins = 0;
            while (counter.tryPin(page, 1)) {
                pins++;
            }

            assertEquals(LARGEST_PINS, pins);
            assertEquals(1, counter.negativeCounts());
            assertTrue(counter.count(page) < 0);
            assertTrue(counter.maybeDmaPinned(page), "across the change of sign");
            assertAllGrabsRefused(counter, page);
            assertEquals(1 + GUP_PIN_COUNTING_BIAS * (LARGEST_PINS - 1), counter.unpin(page, 1));
            assertTrue(counter.maybeDmaPinned(page));
            assertTrue(counter.tryPin(page, 1), "after one unpin one is admitted again");
            assertFalse(counter.tryPin(page, 1));
            assertEquals(1, counter.unpin(page, LARGEST_PINS));
            assertFalse(counter.maybeDmaPinned(page));
        }
    }

    /** S37 for the slow form, whose guard is the same, and from another base. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldAdmitTheSlowPinThatCrossesTheBorderAndNoOther(final Setup setup) {
        try (TestMachine machine = setup.open(8)) {
            final PageCounter counter = machine.counter();
            final long page = machine.page(3);
            for (final int base : new int[] {1, 3, 1023}) {
                set(machine, page, base + GUP_PIN_COUNTING_BIAS * (LARGEST_PINS - 1));

                assertTrue(counter.pin(page, 1), "base=" + base);
                assertTrue(counter.count(page) < 0);
                assertFalse(counter.pin(page, 1));
                assertEquals(base + GUP_PIN_COUNTING_BIAS * (LARGEST_PINS - 1), counter.unpin(page, 1));
                assertTrue(counter.pin(page, 1));
            }
        }
    }

    /** S37 for references. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldAdmitTheReferenceThatCrossesTheBorderAndNoOther(final Setup setup) {
        try (TestMachine machine = setup.open(8)) {
            final PageCounter counter = machine.counter();
            final long page = machine.page(3);
            set(machine, page, Integer.MAX_VALUE);

            assertTrue(counter.tryGet(page, 1));
            assertAllGrabsRefused(counter, page);

            assertEquals(Integer.MAX_VALUE, counter.put(page, 1));
            assertTrue(counter.get(page, 1));
        }
    }

    /** S38: nothing detects it where it happens, the next grab does. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldReportADoubleUnpinAtTheNextGrab(final Setup setup) {
        try (TestMachine machine = setup.open(8)) {
            final PageCounter counter = machine.counter();
            final long page = machine.page(3);
            set(machine, page, 1);
            assertTrue(counter.tryPin(page, 1));
            counter.unpin(page, 1);

            assertEquals(-1023, counter.unpin(page, 1));

            assertEquals(0, counter.negativeCounts());
            assertFalse(counter.tryPin(page, 1));
            assertEquals(1, counter.negativeCounts());
            assertTrue(counter.maybeDmaPinned(page), "an unsigned comparison");
        }
    }

    /** S39 on a small page: the residue stays in the count. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldKeepTheResidueOfAMixedReleaseOnASmallPage(final Setup setup) {
        try (TestMachine machine = setup.open(8)) {
            final PageCounter counter = machine.counter();
            final long page = machine.page(3);
            set(machine, page, 1);
            assertTrue(counter.tryGet(page, 1));
            assertEquals(1 - 1023, counter.unpin(page, 1));

            set(machine, page, 1);
            assertTrue(counter.tryPin(page, 1));
            assertEquals(1 + 1023, counter.put(page, 1));
        }
    }

    /** S39 on a large folio: the count is right and the number of pins is off. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldSkewThePincountByAMixedReleaseOfALargeFolio(final Setup setup) {
        try (TestMachine machine = setup.open(8)) {
            final PageCounter counter = machine.counter();
            final long head = folio(machine);
            assertTrue(counter.tryGet(head, 1));
            assertEquals(1, counter.unpin(head, 1));
            assertEquals(-1, counter.pincount(head));
            assertFalse(counter.maybeDmaPinned(head));

            assertTrue(counter.tryPin(head, 2));
            assertEquals(1, counter.put(head, 2));
            assertEquals(1, counter.pincount(head));
            assertTrue(counter.maybeDmaPinned(head));
        }
    }

    private static long folio(final TestMachine machine) {
        final long head = machine.page(4);
        machine.memmap().makeFolio(head, 2);
        set(machine, head, 1);
        return head;
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldCountPinsOfALargeFolioApartAndExactly(final Setup setup) {
        try (TestMachine machine = setup.open(8)) {
            final PageCounter counter = machine.counter();
            final long head = folio(machine);

            assertTrue(counter.tryPin(head, 3));
            assertTrue(counter.pin(head, 1));
            assertEquals(5, counter.count(head));
            assertEquals(4, counter.pincount(head));
            assertTrue(counter.maybeDmaPinned(head));

            assertEquals(1, counter.unpin(head, 4));
            assertEquals(0, counter.pincount(head));
            assertTrue(counter.tryGet(head, 5000));
            assertFalse(counter.maybeDmaPinned(head), "exact: references are no pins");

            set(machine, head, 0);
            assertAllGrabsRefused(counter, head);
            assertEquals(0, counter.pincount(head));
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldTake1024ReferencesForAPin(final Setup setup) {
        try (TestMachine machine = setup.open(8)) {
            final PageCounter counter = machine.counter();
            final long page = machine.page(3);
            set(machine, page, 1);
            assertTrue(counter.tryGet(page, 1022));
            assertFalse(counter.maybeDmaPinned(page));

            assertTrue(counter.tryGet(page, 1));

            assertTrue(counter.maybeDmaPinned(page), "a false positive is allowed");
        }
    }

    /** S4: between its two steps the kernel's pin of a small page looks like a reference. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldShowTheTwoStepsOfAPinExactlyIfThereAreTwo(final Setup setup) {
        try (TestMachine machine = setup.open(8, ActingWords::new)) {
            final PageCounter counter = machine.counter();
            final long page = machine.page(3);
            set(machine, page, 1);
            final List<String> seen = new ArrayList<>();
            ((ActingWords) machine.words()).afterEach((op, offset) -> {
                if (op == Op.RMW && offset == page + REFCOUNT_OFFSET) {
                    seen.add(counter.count(page) + " " + counter.maybeDmaPinned(page));
                }
            });

            assertTrue(counter.tryPin(page, 1));

            final List<String> expected = switch (setup.counter()) {
                case "cas" -> List.of("2 false", "1025 true");
                case "cas-fused", "cas-backoff", "xadd", "rcuref", "sticky" -> List.of("1025 true");
                default -> Assumptions.abort("no word here on how many steps its pin takes");
            };
            assertEquals(expected, seen);
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldTakeAsManyLockedOperationsAsItSays(final Setup setup) {
        try (TestMachine machine = setup.open(8, CountingWords::new)) {
            final PageCounter counter = machine.counter();
            final CountingWords words = (CountingWords) machine.words();
            final long page = machine.page(3);
            set(machine, page, 1);
            words.reset(offset -> true);

            assertTrue(counter.tryGet(page, 1));
            counter.put(page, 1);
            assertEquals(2, words.rmws(), "get and put");

            words.reset(offset -> true);
            assertTrue(counter.tryPin(page, 1));
            counter.unpin(page, 1);
            final long expected = switch (setup.counter()) {
                case "cas" -> 3;
                case "cas-fused", "cas-backoff", "xadd", "rcuref", "sticky" -> 2;
                default -> Assumptions.abort("no word here on how many locked operations it takes");
            };
            assertEquals(expected, words.rmws(), "pin and unpin of a small page");

            final long head = folio(machine);
            words.reset(offset -> true);
            assertTrue(counter.tryPin(head, 4));
            counter.unpin(head, 4);
            assertEquals(4, words.rmws(), "pin and unpin of a large folio, whatever the number of pages");
        }
    }

    /** The exchange fails because the last reference is dropped in between: the page must not be revived. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldNotReviveAPageThatWentIdleUnderTheGrab(final Setup setup) {
        Assumptions.assumeTrue(looksFirst(setup), "there is no look under which anything could change");
        try (TestMachine machine = setup.open(8, ActingWords::new)) {
            final PageCounter counter = machine.counter();
            final long page = machine.page(3);
            final ActingWords words = (ActingWords) machine.words();
            for (final boolean pin : new boolean[] {false, true}) {
                set(machine, page, 1);
                words.afterNext(Op.READ, page + REFCOUNT_OFFSET, () -> counter.put(page, 1));

                assertFalse(pin ? counter.tryPin(page, 1) : counter.tryGet(page, 1));

                assertEquals(0, counter.count(page));
            }
        }
    }

    /** The exchange fails because the count grew, and the next because the last reference is gone. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldNotReviveAPageThatWentIdleAfterTheFirstExchangeFailed(final Setup setup) {
        Assumptions.assumeTrue(looksFirst(setup), "there is no look under which anything could change");
        try (TestMachine machine = setup.open(8, ActingWords::new)) {
            final PageCounter counter = machine.counter();
            final long page = machine.page(3);
            final ActingWords words = (ActingWords) machine.words();
            set(machine, page, 1);
            words.afterEach((op, offset) -> {
                if (op == Op.READ && offset == page + REFCOUNT_OFFSET) {
                    words.afterEach((next, where) -> {
                        words.reset();
                        assertEquals(0, counter.put(page, 2));
                    });
                    counter.increment(page);
                }
            });

            assertFalse(counter.tryGet(page, 1));

            assertEquals(0, counter.count(page));
        }
    }

    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldTryAgainWhenTheCountChangedUnderTheGrab(final Setup setup) {
        Assumptions.assumeTrue(looksFirst(setup), "there is no look under which anything could change");
        try (TestMachine machine = setup.open(8, ActingWords::new)) {
            final PageCounter counter = machine.counter();
            final long page = machine.page(3);
            final ActingWords words = (ActingWords) machine.words();
            set(machine, page, 1);
            words.afterNext(Op.READ, page + REFCOUNT_OFFSET, () -> counter.increment(page));

            assertTrue(counter.tryPin(page, 1));

            assertEquals(1026, counter.count(page));
        }
    }

    /** Somebody comes in between our look and our exchange, and again between the failed one and the next. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldTryAgainAsOftenAsTheCountChangesUnderTheGrab(final Setup setup) {
        Assumptions.assumeTrue(looksFirst(setup), "there is no look under which anything could change");
        try (TestMachine machine = setup.open(8, ActingWords::new)) {
            final PageCounter counter = machine.counter();
            final long page = machine.page(3);
            final ActingWords words = (ActingWords) machine.words();
            final int[] increments = new int[1];
            set(machine, page, 1);
            words.afterEach((op, offset) -> {
                if (offset == page + REFCOUNT_OFFSET) {
                    counter.increment(page);
                    increments[0]++;
                    if (op == Op.RMW) {
                        words.reset();
                    }
                }
            });

            assertTrue(counter.tryGet(page, 1));

            assertTrue(increments[0] >= 2, "before the first exchange and after it failed");
            assertEquals(2 + increments[0], counter.count(page));
        }
    }

    /**
     * A stale walker looks at a small idle page; before it counts, a fault makes the page the head of a large folio and
     * lifts its count. The kernel decides by the size that the folio has once it is counted.
     */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldPinByTheSizeThatTheFolioHasOnceItIsCounted(final Setup setup) {
        try (TestMachine machine = setup.open(8, ActingWords::new)) {
            final PageCounter counter = machine.counter();
            final long head = machine.page(4);
            final ActingWords words = (ActingWords) machine.words();
            set(machine, head, 1);
            words.afterNext(Op.READ, lastLook(setup, head), () -> machine.memmap().makeFolio(head, 2));

            assertTrue(counter.tryPin(head, 1));

            assertEquals(2, counter.count(head));
            assertEquals(1, counter.pincount(head));
            assertEquals(1, counter.unpin(head, 1));
            assertEquals(0, counter.pincount(head));
        }
    }

    /** The same the other way round: the folio was split and its head faulted in again as a small page. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldPinASmallPageThatWasALargeFolioWhenItWasLookedAt(final Setup setup) {
        try (TestMachine machine = setup.open(8, ActingWords::new)) {
            final PageCounter counter = machine.counter();
            final long head = folio(machine);
            final ActingWords words = (ActingWords) machine.words();
            words.afterNext(Op.READ, lastLook(setup, head), () -> {
                machine.words().putLongRelease(head + PageDescriptor.FLAGS_OFFSET, 0);
            });

            assertTrue(counter.tryPin(head, 1));

            assertEquals(1025, counter.count(head));
            assertEquals(0, counter.pincount(head));
            assertEquals(1, counter.unpin(head, 1));
        }
    }

    /** I4: after balanced use by several threads the count is where it was. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldConserveTheCountUnderThreads(final Setup setup) throws Exception {
        try (TestMachine machine = setup.open(8)) {
            final PageCounter counter = machine.counter();
            final long page = machine.page(3);
            final long head = folio(machine);
            set(machine, page, 1);
            final long deadline = Race.deadline();
            final Race.Body[] threads = new Race.Body[3];
            for (int i = 0; i < threads.length; i++) {
                final SplittableRandom random = new SplittableRandom(42 + i);
                threads[i] = () -> {
                    while (!Race.isOver(deadline)) {
                        useOnce(counter, random.nextBoolean() ? page : head, random);
                    }
                };
            }
            Race.run(threads);

            assertEquals(1, counter.count(page));
            assertEquals(1, counter.count(head));
            assertEquals(0, counter.pincount(head));
            assertEquals(0, counter.negativeCounts());
        }
    }

    private static void useOnce(final PageCounter counter, final long page, final SplittableRandom random) {
        final int n = 1 + random.nextInt(3);
        switch (random.nextInt(4)) {
            case 0 -> {
                assertTrue(counter.tryPin(page, n));
                assertTrue(counter.maybeDmaPinned(page));
                counter.unpin(page, n);
            }
            case 1 -> {
                assertTrue(counter.pin(page, n));
                assertTrue(counter.maybeDmaPinned(page));
                counter.unpin(page, n);
            }
            case 2 -> {
                assertTrue(counter.tryGet(page, n));
                counter.put(page, n);
            }
            default -> {
                assertTrue(counter.get(page, n));
                counter.put(page, n);
            }
        }
    }

    /** The last put races with a grab: either the grab comes first and the put leaves it, or the page stays idle. */
    @ParameterizedTest
    @MethodSource("org.daxref.Setup#counters")
    void shouldNeverReviveAPageUnderThreads(final Setup setup) throws Exception {
        try (TestMachine machine = setup.open(8)) {
            final PageCounter counter = machine.counter();
            final long page = machine.page(3);
            final long begin = machine.page(5) + PageDescriptor.INDEX_OFFSET;
            final long end = machine.page(6) + PageDescriptor.INDEX_OFFSET;
            final long deadline = Race.deadline();
            machine.words().putLongRelease(begin, 0);
            machine.words().putLongRelease(end, 0);
            Race.run(() -> {
                for (long round = 1; !Race.isOver(deadline); round++) {
                    set(machine, page, 1);
                    machine.words().putLongRelease(begin, round);
                    final int left = counter.put(page, 1);
                    long answer = machine.words().getLongAcquire(end);
                    while (answer >>> 1 != round) {
                        Thread.onSpinWait();
                        answer = machine.words().getLongAcquire(end);
                    }
                    final boolean grabbed = (answer & 1) != 0;
                    assertEquals(grabbed ? GUP_PIN_COUNTING_BIAS : 0, counter.count(page));
                    assertEquals(grabbed, left > 0, "left=" + left);
                }
                machine.words().putLongRelease(begin, -1);
            }, () -> {
                long round = 0;
                while (round >= 0) {
                    final long seen = machine.words().getLongAcquire(begin);
                    if (seen > round) {
                        final int grabbed = counter.tryPin(page, 1) ? 1 : 0;
                        machine.words().putLongRelease(end, seen << 1 | grabbed);
                    }
                    round = seen;
                }
            });
        }
    }
}
