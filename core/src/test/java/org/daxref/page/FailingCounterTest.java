/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageCounter.GUP_PIN_COUNTING_BIAS;
import static org.daxref.page.PageDescriptor.COMPOUND_HEAD_OFFSET;
import static org.daxref.page.PageDescriptor.FLAGS_OFFSET;
import static org.daxref.page.PageDescriptor.FLAG_HEAD;
import static org.daxref.page.PageDescriptor.INDEX_OFFSET;
import static org.daxref.page.PageDescriptor.PAGE_DESCRIPTOR_BYTES;
import static org.daxref.page.PageDescriptor.PINCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;
import static org.daxref.page.StripedPageCounter.MOST_APART;
import static org.daxref.page.StripedPageCounter.MOST_IN_SLOT;
import static org.daxref.page.StripedPageCounter.STRIPED;
import static org.daxref.page.StripedPageCounter.ZONE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.daxref.memory.FailingWords;
import org.daxref.memory.ForwardingWords.Op;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each access of each operation of each counter throws once: the count is then what it was, or says what is left. */
class FailingCounterTest extends KeptPinsGround {
    private static final int PIN = GUP_PIN_COUNTING_BIAS;

    /** Where an operation of a counter begins; from CROWDED to FULL_WORD what only some counters know. */
    enum State {
        IDLE, MAPPED, PINNED, LAST_PIN, LARGE, LAST_PIN_OF_LARGE, BEING_DROPPED, JOINED_MEANWHILE, SPLIT_MEANWHILE,
        CROWDED, KEPT, FULL_OF_PINS, FULL_OF_UNPINS, FULL_WORD, GATHERED_MEANWHILE;

        private static final Set<State> PINNED_MORE = EnumSet.of(PINNED, LARGE, CROWDED, KEPT, FULL_OF_PINS,
            FULL_OF_UNPINS, FULL_WORD, GATHERED_MEANWHILE);

        boolean isOf(final String counter) {
            return switch (this) {
                case KEPT -> KEEPING.contains(counter);
                case CROWDED, FULL_OF_PINS, FULL_OF_UNPINS, FULL_WORD -> counter.startsWith("striped");
                case GATHERED_MEANWHILE -> "striped".equals(counter);
                default -> true;
            };
        }

        /** Nobody drops what he does not hold, where he does not hold it. */
        boolean permits(final Operation operation, final String counter) {
            final boolean inSlots = this == KEPT && "hazard".equals(counter);
            return switch (operation) {
                case UNPIN -> PINNED_MORE.contains(this) && !inSlots || this == LAST_PIN || this == LAST_PIN_OF_LARGE;
                case UNPIN_OF_CPU -> PINNED_MORE.contains(this) || this == LAST_PIN || this == LAST_PIN_OF_LARGE;
                case UNPIN_TWO_OF_CPU -> PINNED_MORE.contains(this);
                case GATHER -> this != GATHERED_MEANWHILE;
                case PUT, PUT_PROBABLY_LAST -> PINNED_MORE.contains(this) && !inSlots || this == MAPPED;
                default -> true;
            };
        }
    }

    /** What is done. */
    enum Operation {
        TRY_GET, TRY_PIN, TRY_PIN_OF_CPU, GET, PIN, INCREMENT, PUT_PROBABLY_LAST, PUT, UNPIN, UNPIN_OF_CPU,
        UNPIN_TWO_OF_CPU, GATHER
    }

    private static final List<String> PLAIN = List.of("cas", "cas-fused", "cas-backoff", "xadd", "rcuref", "sticky");
    private static final List<String> KEEPING = List.of("striped", "striped-asym", "hazard");

    private static final String IDLE = "idle=true dropped=false count=0 pins=0";

    private FailingWords failing;

    private PageCounter counter(final String name) {
        return switch (name) {
            case "cas" -> CasPageCounter.create(failing);
            case "cas-fused" -> CasFusedPageCounter.create(failing);
            case "cas-backoff" -> CasBackoffPageCounter.create(failing);
            case "xadd" -> XaddPageCounter.create(failing);
            case "rcuref" -> RcurefPageCounter.create(failing);
            case "sticky" -> StickyPageCounter.create(failing);
            case "striped" -> create(Kind.STRIPED, failing);
            case "striped-asym" -> create(Kind.STRIPED_ASYM, failing);
            default -> create(Kind.HAZARD, failing);
        };
    }

    static Stream<String> counters() {
        return Stream.concat(PLAIN.stream(), KEEPING.stream());
    }

    private void large(final int pins) {
        words.putIntRelease(page + FLAGS_OFFSET, FLAG_HEAD);
        words.putIntRelease(page + PINCOUNT_OFFSET, pins);
    }

    private void slot(final CpuSlot cpu, final int part) {
        words.putLongRelease(slotOffset(cpu.areaOffset(), page), slotWith(page, part));
    }

    /** The owner of an idle page, who changes its size, comes after a walker's first look at it. */
    private void resize(final int flags) {
        words.afterNext(Op.READ, page + FLAGS_OFFSET, () -> words.putIntRelease(page + FLAGS_OFFSET, flags));
    }

    private void begin(final PageCounter counter, final State state) {
        words.reset();
        words.putIntRelease(page + FLAGS_OFFSET, 0);
        words.putIntRelease(page + PINCOUNT_OFFSET, 0);
        for (int i = 0; i < 2 * CpuSlotDescriptor.PIN_SLOTS; i++) {
            words.putLongRelease(CpuSlotDescriptor.pinSlot((i % 2 == 0 ? one : two).areaOffset(), i / 2), 0);
        }
        one.forgetSightings();
        map(counter, page, 1);
        switch (state) {
            case IDLE -> map(counter, page, 0);
            case PINNED -> assertTrue(counter.pin(page, 3));
            case LAST_PIN, LAST_PIN_OF_LARGE -> {
                map(counter, page, 0);
                final boolean large = state == State.LAST_PIN_OF_LARGE;
                if (large) {
                    large(1);
                }
                words.putIntRelease(page + REFCOUNT_OFFSET, counter.encode(large ? 1 : PIN));
            }
            case LARGE -> {
                large(3);
                words.putIntRelease(page + REFCOUNT_OFFSET, counter.encode(4));
            }
            case BEING_DROPPED -> {
                map(counter, page, 0);
                words.putIntRelease(page + REFCOUNT_OFFSET, counter.encode(1) - 1);
            }
            case JOINED_MEANWHILE -> resize(FLAG_HEAD);
            case SPLIT_MEANWHILE -> {
                words.putIntRelease(page + FLAGS_OFFSET, FLAG_HEAD);
                resize(0);
            }
            case MAPPED -> { }
            default -> beginKept(counter, state);
        }
    }

    private void beginKept(final PageCounter counter, final State state) {
        switch (state) {
            case CROWDED -> {
                assertTrue(counter.pin(page, 3));
                one.sightOthers(page);
            }
            case KEPT -> {
                for (int i = 0; i < 2; i++) {
                    crowd(counter, one, page);
                    assertTrue(counter.tryPin(two, page, 1));
                }
            }
            case FULL_OF_PINS -> {
                words.putIntRelease(page + REFCOUNT_OFFSET, STRIPED + 1);
                slot(one, MOST_IN_SLOT);
            }
            case FULL_OF_UNPINS -> {
                words.putIntRelease(page + REFCOUNT_OFFSET, STRIPED + 1 + MOST_IN_SLOT + 3 * PIN);
                slot(one, -MOST_IN_SLOT);
            }
            case FULL_WORD -> {
                words.putIntRelease(page + REFCOUNT_OFFSET, STRIPED + MOST_APART + 1);
                slot(one, MOST_IN_SLOT);
            }
            case GATHERED_MEANWHILE -> {
                words.putIntRelease(page + REFCOUNT_OFFSET, STRIPED + 1 + 3 * PIN);
                slot(one, PIN);
                words.afterNext(Op.RMW, slotOffset(one.areaOffset(), page),
                    () -> words.getAndAddInt(page + REFCOUNT_OFFSET, ZONE));
            }
            default -> { }
        }
    }

    private int run(final PageCounter counter, final Operation operation) {
        return switch (operation) {
            case TRY_GET -> counter.tryGet(page, 1) ? 1 : 0;
            case TRY_PIN -> counter.tryPin(page, 1) ? 1 : 0;
            case TRY_PIN_OF_CPU -> counter.tryPin(one, page, 1) ? 1 : 0;
            case GET -> counter.get(page, 1) ? 1 : 0;
            case PIN -> counter.pin(page, 1) ? 1 : 0;
            case INCREMENT -> counter.increment(page);
            case PUT_PROBABLY_LAST -> counter.putProbablyLast(page, 1);
            case PUT -> counter.put(page, 1);
            case UNPIN -> counter.unpin(page, 1);
            case UNPIN_OF_CPU -> counter.unpin(one, page, 1);
            case UNPIN_TWO_OF_CPU -> counter.unpin(one, page, 2);
            case GATHER -> counter.gather(page) ? 1 : 0;
        };
    }

    /** What the page counts, when nobody takes a step any more. */
    private String sum(final PageCounter counter) {
        failing.reset();
        words.reset();
        final int word = word(page);
        return "idle=" + (word == counter.encode(0)) + " dropped=" + (word == counter.encode(1) - 1) + " count="
            + counter.count(page) + " pins=" + counter.pincount(page);
    }

    @ParameterizedTest
    @MethodSource("counters")
    void shouldCountAsBeforeOrSayWhatIsLeft(final String name) {
        failing = new FailingWords(words);
        final PageCounter counter = counter(name);
        int failures = 0;
        for (final State state : State.values()) {
            for (final Operation operation : Operation.values()) {
                if (state.isOf(name) && state.permits(operation, name)) {
                    failures += failEachAccess(counter, state, operation);
                }
            }
        }
        assertTrue(failures > 100, "failures=" + failures);
    }

    private int failEachAccess(final PageCounter counter, final State state, final Operation operation) {
        begin(counter, state);
        final String before = sum(counter);
        begin(counter, state);
        final int result = run(counter, operation);
        final String after = sum(counter);
        int n = 0;
        do {
            n++;
            final String place = state + " " + operation + " access " + n;
            begin(counter, state);
            failing.failInsteadOf(n);
            try {
                assertEquals(result, run(counter, operation), place);
                assertEquals(after, sum(counter), place);
            } catch (final HalfCountedException e) {
                assertEquals(FailingWords.MESSAGE, e.getCause().getMessage());
                final boolean last = counter.put(page, e.references()) == 0;
                assertEquals(state == State.BEING_DROPPED, last, "the put on its way finds that it is not the last");
                assertEquals(last ? IDLE : before, sum(counter), place + " " + e);
            } catch (final InternalError e) {
                assertEquals(FailingWords.MESSAGE, e.getMessage());
                assertEquals(before, sum(counter), place);
            }
        } while (failing.hasFailed());
        return n - 1;
    }

    /** A wait that fails leaves nobody in the middle: the next gathering finds everything. */
    @Test
    void shouldMoveTheWordBackIfTheGathererCannotWait() {
        final PageCounter counter = new StripedPageCounter(words, cpus, 1) {
            private boolean failed;

            @Override
            protected boolean add(final CpuSlot cpu, final long head, final int delta) {
                words.getAndAddLong(slot(cpu.areaOffset(), head), delta);
                return true;
            }

            @Override
            protected boolean takeAway(final CpuSlot cpu, final long head, final int delta) {
                return add(cpu, head, -delta);
            }

            @Override
            protected void awaitAdditions() {
                if (!failed) {
                    failed = true;
                    throw new IllegalStateException("no memory for the barrier");
                }
            }
        };
        words.putIntRelease(page + REFCOUNT_OFFSET, STRIPED + 1);
        slot(one, 3 * PIN);
        slot(two, -PIN);

        final IllegalStateException e = assertThrows(IllegalStateException.class, () -> counter.gather(page));

        assertEquals("no memory for the barrier", e.getMessage());
        assertEquals(STRIPED + 1, word(page));
        assertFalse(counter.gather(page));
        assertEquals(1 + 2 * PIN, word(page));
    }

    private String folio(final Memmap memmap, final long head) {
        final StringBuilder text = new StringBuilder(memmap.isLarge(head) + " " + memmap.order(head) + " "
            + memmap.mapping(head) + " " + words.getLongVolatile(head + INDEX_OFFSET));
        for (int i = 1; i < 4; i++) {
            text.append(' ').append(words.getLongVolatile(head + i * PAGE_DESCRIPTOR_BYTES + COMPOUND_HEAD_OFFSET));
        }
        return text.toString();
    }

    private void assertUndone(final Memmap memmap, final Runnable step) {
        final String before = folio(memmap, page);
        int n = 0;
        while (true) {
            failing.failInsteadOf(++n);
            try {
                step.run();
                failing.reset();
                break;
            } catch (final InternalError e) {
                assertEquals(before, folio(memmap, page), "access " + n);
            }
        }
        assertTrue(n > 1);
        assertNotEquals(before, folio(memmap, page));
    }

    @Test
    void shouldLeaveFoliosAndAssociationsAsTheyWere() {
        failing = new FailingWords(words);
        final Memmap memmap = new Memmap(failing, page, 0, 4);

        assertUndone(memmap, () -> memmap.makeFolio(page, 2));
        assertUndone(memmap, () -> memmap.associate(page, 7, 9));
        assertUndone(memmap, () -> memmap.disassociate(page));
        assertUndone(memmap, () -> memmap.splitFolio(page));
    }
}
