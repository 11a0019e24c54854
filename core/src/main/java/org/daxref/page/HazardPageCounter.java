/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageDescriptor.MAPCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.PINCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;
import static org.daxref.sync.CpuSlotDescriptor.PIN_SLOTS;
import static org.daxref.sync.CpuSlotDescriptor.pinSlot;

import org.daxref.memory.Words;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlots;

/**
 * {@code hazard}: pins that write nothing into the page's descriptor. A CPU publishes the page that it pins in a slot
 * of its own, as a hazard pointer does (Michael, "Hazard Pointers", IEEE TPDS 2004), and the second look at the entry
 * is the validation. A CPU has {@value #SLOTS} slots, one cache line; what finds none free is counted in the word, as
 * {@link XaddPageCounter} does it.
 *
 * <p><b>Theory.</b> The count is the word plus one pin for every slot that names the page. A hazard pointer would be
 * scanned for by whoever wants the page idle, again and again, and nobody could say which unpin was the last. Here the
 * zap <i>gathers</i>: after it has cleared the entry it moves the pins that it finds in slots into the word, and then
 * drops the reference of the mapping. From then on the page is counted in its word alone, and zero is as exact as
 * there.
 *
 * <pre>
 *   pin                                   zap
 *   slot := page         (RMW)            entry := none              (RMW)
 *   entry unchanged?                      word += 1: holds the page    (RMW)
 *     no  -> unpin                        slot names the page?
 *                                           yes -> word += 1024      (RMW)
 *                                                  slot: page -> 0   (RMW); failed, so it was unpinned: word -= 1024
 *                                         word -= 2: its own, and that of the mapping
 * </pre>
 *
 * <p>The word is raised before the slot is cleared, so the pin is never missing, at worst counted twice for a moment.
 * That moment cannot end in a zero that nobody expects: a gatherer holds a reference. A page that other entries still
 * map gets new pins in slots at once; whoever clears the last entry gathers those, before the word can come to 0.
 *
 * <p><b>Unpin.</b> The kernel's unpin has the page and nothing else. The token that a hazard pointer needs is found
 * again: in the slots of the own CPU, where it mostly is, then in those of the others. Which of several pins of one
 * page a slot stands for does not matter, so an unpin may clear a slot that another CPU has filled, and the pin that
 * is left is then the one in the word. An unpin that finds no slot is counted in the word, where a gatherer has put
 * the pin before it cleared the slot.
 *
 * <pre>
 *   CPU 1                    CPU 2 (holds a pin in the word)
 *   slot 1 := page
 *                            slot 1: page -> 0: unpinned
 *   slot 1 := 0, was 0       (the pin of CPU 1 is now the one in the word)
 *   word -= 1024
 * </pre>
 *
 * <p><b>Folios.</b> A slot says that a page is pinned, not how the pin is counted, and what an unpin looks at is the
 * size of the page. While a walker is on its way the page may become idle, be joined to a folio, or be the head of one
 * that is taken apart, and be mapped again by an equal entry. So a pin stays in its slot only if the page is found
 * mapped, and then small, after it was published: the mapping that is seen must be cleared by a zap that finds the
 * slot, and until then the size stands still. A pin that may not stay is withdrawn and counted in the word.
 *
 * <p>A gatherer may come before that look. It holds a reference, so the size stands still again, from its look until
 * the pin is dropped, because the pin stands in the word then: as 1024, or as 1 and 1 in {@code _pincount} if the page
 * is large.
 *
 * <pre>
 *   walker                     owner                        zap of the folio
 *   page is small
 *                              joins the idle page, maps it
 *   slot := page
 *                                                           entry := none
 *                                                           holds the page: large; word += 1, pincount += 1
 *   page is large:                                          slot: page -> 0
 *   slot: page -> 0, fails: it was moved
 *   entry gone -> unpin:
 *   pincount -= 1, word -= 1   (booked as small it would be word + 1024, and here word - 1, pincount - 1)
 * </pre>
 *
 * <p>{@code HazardPageCounterTest} plays these by force, {@code FolioLivesTest} among all schedules.
 *
 * <p>What other counters forgive shows here: if a pin is dropped as a reference, the mapping's own goes instead, and
 * the page is idle while a slot still names it.
 *
 * <p><b>Space.</b> Nothing per page; 64 bytes per CPU. A zap looks at one cache line per CPU. Pins of what a walker
 * found to be a large folio, several pins at once and the pins of slow walks are counted in the word.
 *
 * <p><b>Memory ordering.</b> Publishing, clearing and moving are volatile read-modify-writes, and the second look and
 * the scan are volatile: either the pin sees the entry cleared, or the zap sees the slot. What a pin looks at before it
 * publishes are guesses, of which a wrong one costs a withdrawal. The look at the mapping after it is volatile and
 * comes before the looks at the size and at the link to the head: a page that was the head of a folio, and was mapped
 * again after the folio was split, was mapped after the links to it were cleared; so the walk, which looks once more at
 * the link by which it came, finds it gone. An unpin acquires the slots that it finds empty: that pairs with the
 * exchange which gathered its pin, so that it sees the size by which the pin was booked. Only its CPU fills a slot, so
 * one that it found free stays free until then. The word as {@link FlaggedPageCounter} says.
 *
 * <p>Thread-safe. A pin is wait-free, an unpin and gathering are, too, but for the number of CPUs.
 */
public final class HazardPageCounter extends FlaggedPageCounter {
    /** How many slots a CPU has. */
    public static final int SLOTS = 8;

    private static final int OTHERS_LEFT = 1;

    private final CpuSlots cpus;
    private final long origin;

    private HazardPageCounter(final Words words, final CpuSlots cpus) {
        super(words);
        this.cpus = cpus;
        this.origin = words.origin();
    }

    /**
     * The counter whose pins stay with their CPU.
     *
     * @param words access to the device
     * @param cpus  all CPUs
     * @return the counter
     */
    public static PageCounter create(final Words words, final CpuSlots cpus) {
        return new HazardPageCounter(words, cpus);
    }

    /** Where entries are not counted nobody would gather, so there the word is used; and where it refuses. */
    @Override
    public boolean tryPin(final CpuSlot cpu, final long head, final int pins) {
        return pins == 1 && !isLarge(head) && words.getIntOpaque(head + MAPCOUNT_OFFSET) > 0
            && words.getIntOpaque(head + REFCOUNT_OFFSET) > 0 && publish(cpu, head) || tryPin(head, pins);
    }

    /** How a slot names a page: a slot that names none holds 0. */
    private long place(final long head) {
        return head - origin;
    }

    private boolean publish(final CpuSlot cpu, final long head) {
        for (int i = 0; i < SLOTS; i++) {
            final long slot = pinSlot(cpu.areaOffset(), i);
            if (words.getLongOpaque(slot) == 0) {
                words.getAndSetLong(slot, place(head));
                return mayStay(slot, head);
            }
        }
        return false;
    }

    /** Whether a pin that was published may stay in its slot, or was moved to the word; if not, it was withdrawn. */
    private boolean mayStay(final long slot, final long head) {
        final boolean stays;
        try {
            stays = words.getIntVolatile(head + MAPCOUNT_OFFSET) > 0 && !isLarge(head);
        } catch (final Throwable e) {
            if (wasMoved(slot, head)) {
                return true;
            }
            throw e;
        }
        return stays || wasMoved(slot, head);
    }

    private boolean wasMoved(final long slot, final long head) {
        try {
            return !words.compareAndSetLong(slot, place(head), 0);
        } catch (final Throwable e) {
            if (words.compareAndSetLong(slot, place(head), 0)) {
                throw e;
            }
            return true;
        }
    }

    @Override
    public int unpin(final CpuSlot cpu, final long head, final int pins) {
        int left = pins;
        try {
            left -= withdraw(cpu.areaOffset(), head, pins);
            if (left > 0 && !isLarge(head)) {
                for (int i = 0; i < cpus.limit() && left > 0; i++) {
                    left -= withdraw(cpus.areaOffset(i), head, left);
                }
            }
            return left == 0 ? OTHERS_LEFT : unpin(head, left);
        } catch (final Throwable e) {
            pinAgain(head, pins - left, e);
            throw e;
        }
    }

    private int withdraw(final long areaOffset, final long head, final int most) {
        final long place = place(head);
        int withdrawn = 0;
        try {
            for (int i = 0; i < SLOTS && withdrawn < most; i++) {
                final long slot = pinSlot(areaOffset, i);
                if (words.getLongAcquire(slot) == place && words.compareAndSetLong(slot, place, 0)) {
                    withdrawn++;
                }
            }
            return withdrawn;
        } catch (final Throwable e) {
            pinAgain(head, withdrawn, e);
            throw e;
        }
    }

    /** After a failure: pins that slots named stand in the word from now on. The caller holds another pin as well. */
    private void pinAgain(final long head, final int withdrawn, final Throwable failure) {
        if (withdrawn > 0) {
            try {
                book(head, withdrawn, isLarge(head));
            } catch (final Throwable e) {
                failure.addSuppressed(e);
            }
        }
    }

    @Override
    public boolean mayGather(final long head) {
        return true;
    }

    @Override
    public boolean gather(final long head) {
        if (published(head) == 0 || !tryGet(head, 1)) {
            return false;
        }
        try {
            final boolean large = isLarge(head);
            for (int i = 0; i < cpus.limit(); i++) {
                gather(cpus.areaOffset(i), head, large);
            }
            return put(head, 1) == 0;
        } catch (final Throwable e) {
            throw new HalfCountedException(1, e);
        }
    }

    private void gather(final long areaOffset, final long head, final boolean large) {
        final long place = place(head);
        for (int i = 0; i < SLOTS; i++) {
            final long slot = pinSlot(areaOffset, i);
            if (words.getLongVolatile(slot) == place) {
                move(slot, head, large);
            }
        }
    }

    /** Moves a pin from a slot to the word, unless it is dropped meanwhile. The gatherer's reference is held. */
    private void move(final long slot, final long head, final boolean large) {
        book(head, 1, large);
        boolean moved = false;
        try {
            moved = words.compareAndSetLong(slot, place(head), 0);
        } finally {
            if (!moved) {
                bookBack(head, large);
            }
        }
    }

    private void bookBack(final long head, final boolean large) {
        try {
            book(head, -1, large);
        } catch (final Throwable e) {
            book(head, -1, large);
            throw e;
        }
    }

    /** Raises the word by a pin of a page whose size stands still, or lowers it again. */
    private void book(final long head, final int pins, final boolean large) {
        if (!large) {
            words.getAndAddInt(head + REFCOUNT_OFFSET, pins * GUP_PIN_COUNTING_BIAS);
            return;
        }
        words.getAndAddInt(head + REFCOUNT_OFFSET, pins);
        try {
            words.getAndAddInt(head + PINCOUNT_OFFSET, pins);
        } catch (final Throwable e) {
            stepBack(head + REFCOUNT_OFFSET, -pins, e);
            throw e;
        }
    }

    private int published(final long head) {
        final long place = place(head);
        int slots = 0;
        for (int i = 0; i < cpus.limit(); i++) {
            for (int j = 0; j < SLOTS; j++) {
                final long slot = pinSlot(cpus.areaOffset(i), j);
                slots += words.getLongVolatile(slot) == place ? 1 : 0;
            }
        }
        return slots;
    }

    @Override
    public void forget(final long first, final long last) {
        for (int cpu = 0; cpu < cpus.limit(); cpu++) {
            for (int i = 0; i < PIN_SLOTS; i++) {
                final long slot = pinSlot(cpus.areaOffset(cpu), i);
                final long head = origin + words.getLongVolatile(slot);
                if (head >= first && head <= last) {
                    words.compareAndSetLong(slot, place(head), 0);
                }
            }
        }
    }

    /** Slots before the word, so that a pin that moves meanwhile is counted twice rather than not at all. */
    @Override
    public int count(final long head) {
        final int published = published(head);
        final int inWord = countInWord(head);
        return inWord > 0 ? inWord + published * (isLarge(head) ? 1 : GUP_PIN_COUNTING_BIAS) : inWord;
    }
}
