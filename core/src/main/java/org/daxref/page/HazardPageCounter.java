/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import static org.daxref.page.PageDescriptor.MAPCOUNT_OFFSET;
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
 *   entry unchanged?                      slot names the page?
 *     no  -> unpin                          yes -> word += 1024      (RMW)
 *                                                  slot: page -> 0   (RMW); failed, so it was unpinned: word -= 1024
 *                                         word -= 1                  (RMW)
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
 * <p>What other counters forgive shows here: if a pin is dropped as a reference, the mapping's own goes instead, and
 * the page is idle while a slot still names it.
 *
 * <p><b>Space.</b> Nothing per page; 64 bytes per CPU. A zap looks at one cache line per CPU. Large folios, several
 * pins at once and the pins of slow walks are counted in the word.
 *
 * <p><b>Memory ordering.</b> Publishing, clearing and moving are volatile read-modify-writes, and the second look and
 * the scan are volatile: either the pin sees the entry cleared, or the zap sees the slot. Only its CPU fills a slot, so
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
                return true;
            }
        }
        return false;
    }

    @Override
    public int unpin(final CpuSlot cpu, final long head, final int pins) {
        int left = pins - withdraw(cpu.areaOffset(), head, pins);
        if (left > 0 && !isLarge(head)) {
            for (int i = 0; i < cpus.limit() && left > 0; i++) {
                left -= withdraw(cpus.areaOffset(i), head, left);
            }
        }
        return left == 0 ? OTHERS_LEFT : unpin(head, left);
    }

    private int withdraw(final long areaOffset, final long head, final int most) {
        final long place = place(head);
        int withdrawn = 0;
        for (int i = 0; i < SLOTS && withdrawn < most; i++) {
            final long slot = pinSlot(areaOffset, i);
            if (words.getLongOpaque(slot) == place && words.compareAndSetLong(slot, place, 0)) {
                withdrawn++;
            }
        }
        return withdrawn;
    }

    @Override
    public boolean gather(final long head) {
        if (published(head) == 0 || !tryGet(head, 1)) {
            return false;
        }
        for (int i = 0; i < cpus.limit(); i++) {
            gather(cpus.areaOffset(i), head);
        }
        return put(head, 1) == 0;
    }

    private void gather(final long areaOffset, final long head) {
        final long place = place(head);
        for (int i = 0; i < SLOTS; i++) {
            final long slot = pinSlot(areaOffset, i);
            if (words.getLongVolatile(slot) == place) {
                words.getAndAddInt(head + REFCOUNT_OFFSET, GUP_PIN_COUNTING_BIAS);
                if (!words.compareAndSetLong(slot, place, 0)) {
                    words.getAndAddInt(head + REFCOUNT_OFFSET, -GUP_PIN_COUNTING_BIAS);
                }
            }
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
        return inWord > 0 ? inWord + published * GUP_PIN_COUNTING_BIAS : inWord;
    }
}
