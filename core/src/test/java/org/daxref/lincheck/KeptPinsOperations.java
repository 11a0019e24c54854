/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import static org.daxref.page.PageDescriptor.MAPCOUNT_OFFSET;
import static org.daxref.page.PageDescriptor.PAGE_DESCRIPTOR_BYTES;
import static org.daxref.page.PageDescriptor.PAGE_DESCRIPTOR_SHIFT;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;
import static org.daxref.sync.CpuSlotDescriptor.AREA_BYTES;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.daxref.Setup;
import org.daxref.memory.ForwardingWords;
import org.daxref.memory.Words;
import org.daxref.page.AsymmetricStripedPageCounter;
import org.daxref.page.FencedStripedPageCounter;
import org.daxref.page.HazardPageCounter;
import org.daxref.page.PageCounter;
import org.daxref.page.StripedPageCounter;
import org.daxref.schedule.HastyStripes;
import org.daxref.sync.CpuSlot;
import org.daxref.sync.CpuSlotDescriptor;
import org.daxref.sync.CpuSlots;
import org.daxref.sync.Epochs;
import org.daxref.sync.FencedEpochs;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;

/**
 * A page with one entry, pinned through it by CPUs that may keep their pins, unpinned by any of them, and unmapped in
 * the two steps of a zap: the entry goes, then the reference that it held.
 *
 * <p>Who is told of the zero is not compared, since a walk that backs out may be the last as well as any other; at the
 * end exactly one must have been told.
 */
@Param(name = "thread", gen = ThreadIdGen.class)
public abstract class KeptPinsOperations {
    private static final long HEAD = AREA_BYTES;
    private static final long ENTRY = HEAD + PAGE_DESCRIPTOR_BYTES;

    private final Words words = Lincheck.words(ENTRY + PAGE_DESCRIPTOR_BYTES);
    private final CpuSlots slots = new CpuSlots(words, 0);
    private final Epochs epochs = new FencedEpochs(words, slots);
    private final CpuSlot[] cpus = new CpuSlot[Lincheck.THREADS];
    private final PageCounter counter;
    private final AtomicInteger handedOver = new AtomicInteger();
    private final Held pins = new Held();
    private final Held references = new Held();
    private final Held told = new Held();

    /** A page that is striped from the start, if the counter does that: random operations hardly get there. */
    KeptPinsOperations(final Setup.CounterFactory factory) {
        this(factory, true);
    }

    KeptPinsOperations(final Setup.CounterFactory factory, final boolean crowded) {
        for (int i = 0; i < cpus.length; i++) {
            cpus[i] = slots.attach();
        }
        counter = factory.create(words, slots, epochs);
        words.putIntRelease(HEAD + MAPCOUNT_OFFSET, 1);
        words.putIntRelease(HEAD + REFCOUNT_OFFSET, counter.encode(1));
        words.putLongRelease(ENTRY, 1);
        if (crowded) {
            crowd(cpus[0]);
        }
    }

    /** The second pin sees the first. */
    private void crowd(final CpuSlot cpu) {
        counter.tryPin(cpu, HEAD, 1);
        counter.tryPin(cpu, HEAD, 1);
        counter.unpin(cpu, HEAD, 1);
        counter.unpin(cpu, HEAD, 1);
    }

    /** Fills the slots of a striped page, one with pins and one with as many unpins. */
    final void fillSlots() {
        final long tag = HEAD >>> PAGE_DESCRIPTOR_SHIFT << Integer.SIZE;
        for (int i = 1; i <= 2; i++) {
            final int part = i == 1 ? StripedPageCounter.MOST_IN_SLOT : -StripedPageCounter.MOST_IN_SLOT;
            final long index = HEAD >>> PAGE_DESCRIPTOR_SHIFT & CpuSlotDescriptor.PIN_SLOTS - 1;
            words.putLongRelease(CpuSlotDescriptor.pinSlot(cpus[i].areaOffset(), index),
                tag | Integer.toUnsignedLong(StripedPageCounter.NO_PART + part));
        }
    }

    /** An unpin on another CPU than that of the pin, while the page is unmapped and gathered. */
    static List<List<Actor>> unpinElsewhereAndZap(final Class<?> operations) {
        return List.of(List.of(Lincheck.step(operations, "unmap", 1), Lincheck.step(operations, "flush", 1)),
            List.of(Lincheck.step(operations, "unpinAnother", 2)));
    }

    /** A pin that somebody else may drop. */
    static List<Actor> pinThatIsHandedOver(final Class<?> operations) {
        return List.of(Lincheck.step(operations, "pin", 3), Lincheck.step(operations, "handOver", 3));
    }

    /** A walk, while another thread unmaps the page and gathers. */
    static List<List<Actor>> walkAndZap(final Class<?> operations) {
        return List.of(List.of(Lincheck.step(operations, "pin", 1)), zap(operations));
    }

    /** Pins that crowd the page, and an unpin that makes it striped, while another thread unmaps it and gathers. */
    static List<List<Actor>> crowdAndZap(final Class<?> operations) {
        final Actor pin = Lincheck.step(operations, "pin", 1);
        return List.of(List.of(pin, pin, Lincheck.step(operations, "unpin", 1)), zap(operations));
    }

    private static List<Actor> zap(final Class<?> operations) {
        return List.of(Lincheck.step(operations, "unmap", 2), Lincheck.step(operations, "flush", 2));
    }

    @Operation(params = "thread")
    public boolean pin(final int thread) {
        epochs.enter(cpus[thread]);
        final boolean pinned = walk(thread);
        epochs.exit(cpus[thread]);
        return pinned;
    }

    /** A walk: the entry, the pin, the entry again. */
    private boolean walk(final int thread) {
        if (words.getLongAcquire(ENTRY) == 0 || !counter.tryPin(cpus[thread], HEAD, 1)) {
            return false;
        }
        if (words.getLongVolatile(ENTRY) == 0) {
            tell(thread, counter.unpin(cpus[thread], HEAD, 1));
            return false;
        }
        pins.take(thread, 1);
        return true;
    }

    @Operation(params = "thread")
    public boolean unpin(final int thread) {
        if (!pins.any(thread)) {
            return false;
        }
        pins.drop(thread);
        tell(thread, counter.unpin(cpus[thread], HEAD, 1));
        return true;
    }

    /** Leaves a pin to whoever takes it. */
    @Operation(params = "thread")
    public boolean handOver(final int thread) {
        if (!pins.any(thread)) {
            return false;
        }
        pins.drop(thread);
        handedOver.incrementAndGet();
        return true;
    }

    @Operation(params = "thread")
    public boolean unpinAnother(final int thread) {
        final boolean any = handedOver.getAndUpdate(held -> Math.max(0, held - 1)) > 0;
        if (any) {
            tell(thread, counter.unpin(cpus[thread], HEAD, 1));
        }
        return any;
    }

    @Operation(params = "thread")
    public boolean unmap(final int thread) {
        if (!words.compareAndSetLong(ENTRY, 1, 0)) {
            return false;
        }
        words.getAndAddInt(HEAD + MAPCOUNT_OFFSET, -1);
        references.take(thread, 1);
        return true;
    }

    @Operation(params = "thread")
    public boolean flush(final int thread) {
        if (!references.any(thread)) {
            return false;
        }
        references.drop(thread);
        tell(thread, counter.gather(HEAD) ? 0 : 1);
        tell(thread, counter.putProbablyLast(HEAD, 1));
        return true;
    }

    private void tell(final int thread, final int left) {
        told.take(thread, left == 0 ? 1 : 0);
    }

    @Validate
    public void shouldCountWhatIsHeld() {
        final int mapped = (int) words.getLongVolatile(ENTRY) + references.sum();
        final int count = mapped + (pins.sum() + handedOver.get()) * PageCounter.GUP_PIN_COUNTING_BIAS;
        if (counter.count(HEAD) != count || told.sum() != (count == 0 ? 1 : 0)) {
            throw new IllegalStateException("count=" + counter.count(HEAD) + ", mapped=" + mapped + ", pins="
                + pins.sum() + ", told=" + told.sum());
        }
    }

    /** {@code striped}, where one sighting of another pin makes the page striped. */
    public static final class Striped extends KeptPinsOperations {
        public Striped() {
            super((words, cpus, epochs) -> FencedStripedPageCounter.create(words, cpus, 1));
        }
    }

    /** {@code striped} on a page that is not striped yet. */
    public static final class Striping extends KeptPinsOperations {
        public Striping() {
            super((words, cpus, epochs) -> FencedStripedPageCounter.create(words, cpus, 1), false);
        }
    }

    /** {@code striped-asym}, of which the same is true, and whose gatherers wait for walks and unpins. */
    public static final class StripedAsym extends KeptPinsOperations {
        public StripedAsym() {
            super((words, cpus, epochs) -> AsymmetricStripedPageCounter.create(words, cpus, epochs, 1));
        }
    }

    /** {@code hazard}. */
    public static final class Hazard extends KeptPinsOperations {
        public Hazard() {
            super((words, cpus, epochs) -> HazardPageCounter.create(words, cpus));
        }
    }

    /** {@code striped} with one slot full of pins and one full of unpins. */
    public static final class StripedFull extends KeptPinsOperations {
        public StripedFull() {
            super((words, cpus, epochs) -> FencedStripedPageCounter.create(words, cpus, 1));
            fillSlots();
        }
    }

    /** {@code striped-asym} with one slot full of pins and one full of unpins. */
    public static final class StripedAsymFull extends KeptPinsOperations {
        public StripedAsymFull() {
            super((words, cpus, epochs) -> AsymmetricStripedPageCounter.create(words, cpus, epochs, 1));
            fillSlots();
        }
    }

    /** A canary: who empties a full slot does not notice that a gatherer has done so. */
    public static final class HeedlessFull extends KeptPinsOperations {
        public HeedlessFull() {
            super((words, cpus, epochs) -> FencedStripedPageCounter.create(new HeedlessWords(words), cpus, 1));
            fillSlots();
        }
    }

    private static final class HeedlessWords extends ForwardingWords {
        HeedlessWords(final Words target) {
            super(target);
        }

        @Override
        public boolean compareAndSetLong(final long offset, final long expected, final long value) {
            return super.compareAndSetLong(offset, expected, value) || (int) value == StripedPageCounter.NO_PART;
        }
    }

    /** A canary: who has added to a slot does not look at the word again. */
    public static final class WithoutSecondLook extends KeptPinsOperations {
        public WithoutSecondLook() {
            super((words, cpus, epochs) -> HastyStripes.withoutSecondLook(words, cpus));
        }
    }

    /** A canary: additions are plain, and nobody waits for them. */
    public static final class WithoutGracePeriod extends KeptPinsOperations {
        public WithoutGracePeriod() {
            super((words, cpus, epochs) -> HastyStripes.withoutGracePeriod(words, cpus));
        }
    }
}
