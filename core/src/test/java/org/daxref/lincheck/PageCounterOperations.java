/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.lincheck;

import static org.daxref.page.PageDescriptor.FLAGS_OFFSET;
import static org.daxref.page.PageDescriptor.FLAG_HEAD;
import static org.daxref.page.PageDescriptor.PAGE_DESCRIPTOR_BYTES;
import static org.daxref.page.PageDescriptor.REFCOUNT_OFFSET;

import java.util.function.Function;
import org.daxref.memory.Words;
import org.daxref.page.CasBackoffPageCounter;
import org.daxref.page.CasFusedPageCounter;
import org.daxref.page.CasPageCounter;
import org.daxref.page.PageCounter;
import org.daxref.page.RcurefPageCounter;
import org.daxref.page.StickyPageCounter;
import org.daxref.page.XaddPageCounter;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;

/**
 * A page that is referenced, pinned and put by everybody, and that its file makes small or large whenever it is idle.
 *
 * <p>What is compared is who may take it and who leaves it idle. The number itself is not a linearizable one: a pin of
 * {@code cas}, and of every large folio, has two steps, and {@link PageNumberOperations} is about that. At the end,
 * when nobody is inside, the number must be right to the last pin, and as many lives of the page have begun as were
 * told to have ended: that is what {@code fs-held-drain} holds its dev_pagemap by. For a counter that lets an owner
 * take a zero instead of the put that made it, this takes the place of the comparison; its model is {@link
 * PageTakersModel}.
 */
@Param(name = "thread", gen = ThreadIdGen.class)
@Param(name = "n", gen = IntGen.class, conf = "1:2")
public abstract class PageCounterOperations {
    private static final long HEAD = 0;

    private final Words words = Lincheck.words(PAGE_DESCRIPTOR_BYTES);
    private final PageCounter counter;
    private final Held refs = new Held();
    private final Held pins = new Held();
    private final Held lives = new Held();
    private final boolean putsAreTold;

    PageCounterOperations(final Function<Words, PageCounter> counter, final int flags) {
        this(counter, flags, true);
    }

    PageCounterOperations(final Function<Words, PageCounter> counter, final int flags, final boolean putsAreTold) {
        this.putsAreTold = putsAreTold;
        this.counter = counter.apply(words);
        words.putIntRelease(HEAD + FLAGS_OFFSET, flags);
        words.putIntRelease(HEAD + REFCOUNT_OFFSET, this.counter.encode(1));
        refs.take(1, 1);
        lives.take(1, 1);
    }

    @Operation(params = {"thread", "n"})
    public boolean tryGet(final int thread, final int n) {
        final boolean taken = counter.tryGet(HEAD, n);
        refs.take(thread, taken ? n : 0);
        return taken;
    }

    @Operation(params = {"thread", "n"})
    public boolean tryPin(final int thread, final int n) {
        final boolean taken = counter.tryPin(HEAD, n);
        pins.take(thread, taken ? n : 0);
        return taken;
    }

    /** From a reference, which makes the page stable. */
    @Operation(params = {"thread", "n"})
    public boolean get(final int thread, final int n) {
        final boolean taken = refs.any(thread) && counter.get(HEAD, n);
        refs.take(thread, taken ? n : 0);
        return taken;
    }

    /** From a reference, which makes the page stable. */
    @Operation(params = {"thread", "n"})
    public boolean pin(final int thread, final int n) {
        final boolean taken = refs.any(thread) && counter.pin(HEAD, n);
        pins.take(thread, taken ? n : 0);
        return taken;
    }

    @Operation(params = "thread")
    public boolean put(final int thread) {
        if (!refs.any(thread)) {
            return false;
        }
        refs.drop(thread);
        return left(thread, counter.put(HEAD, 1));
    }

    @Operation(params = "thread")
    public boolean putProbablyLast(final int thread) {
        if (!refs.any(thread)) {
            return false;
        }
        refs.drop(thread);
        return left(thread, counter.putProbablyLast(HEAD, 1));
    }

    @Operation(params = "thread")
    public boolean unpin(final int thread) {
        if (!pins.any(thread)) {
            return false;
        }
        pins.drop(thread);
        return left(thread, counter.unpin(HEAD, 1));
    }

    private boolean left(final int thread, final int count) {
        if (count == 0) {
            lives.drop(thread);
        }
        return putsAreTold && count == 0;
    }

    @Operation
    public boolean isIdle() {
        return counter.count(HEAD) == 0;
    }

    /** Under the lock of the file's entry, so one at a time: an idle page is given its size, then lifted from zero. */
    @Operation(params = {"thread", "n"}, nonParallelGroup = "entry lock")
    public boolean fault(final int thread, final int n) {
        if (counter.count(HEAD) != 0) {
            return false;
        }
        words.putIntRelease(HEAD + FLAGS_OFFSET, n == 1 ? 0 : FLAG_HEAD);
        lives.take(thread, counter.increment(HEAD) == 0 ? 1 : 0);
        refs.take(thread, 1);
        return true;
    }

    @Validate
    public void shouldCountWhatIsHeld() {
        final boolean large = (words.getIntVolatile(HEAD + FLAGS_OFFSET) & FLAG_HEAD) != 0;
        final int held = pins.sum();
        final int count = refs.sum() + held * (large ? 1 : PageCounter.GUP_PIN_COUNTING_BIAS);
        if (counter.count(HEAD) != count || counter.pincount(HEAD) != (large ? held : 0)) {
            throw new IllegalStateException("count=" + counter.count(HEAD) + ", pincount=" + counter.pincount(HEAD)
                + ", refs=" + refs.sum() + ", pins=" + held + ", large=" + large);
        }
        if (lives.sum() != (count == 0 ? 0 : 1)) {
            throw new IllegalStateException("count=" + count + ", lives=" + lives.sum());
        }
    }

    /** {@code cas} on a page that begins small. */
    public static final class CasSmall extends PageCounterOperations {
        public CasSmall() {
            super(CasPageCounter::create, 0);
        }
    }

    /** {@code cas} on a page that begins large. */
    public static final class CasLarge extends PageCounterOperations {
        public CasLarge() {
            super(CasPageCounter::create, FLAG_HEAD);
        }
    }

    /** {@code cas-fused} on a page that begins small. */
    public static final class FusedSmall extends PageCounterOperations {
        public FusedSmall() {
            super(CasFusedPageCounter::create, 0);
        }
    }

    /** {@code cas-fused} on a page that begins large. */
    public static final class FusedLarge extends PageCounterOperations {
        public FusedLarge() {
            super(CasFusedPageCounter::create, FLAG_HEAD);
        }
    }

    /** {@code cas-backoff} on a page that begins small. */
    public static final class BackoffSmall extends PageCounterOperations {
        public BackoffSmall() {
            super(CasBackoffPageCounter::create, 0);
        }
    }

    /** {@code cas-backoff} on a page that begins large. */
    public static final class BackoffLarge extends PageCounterOperations {
        public BackoffLarge() {
            super(CasBackoffPageCounter::create, FLAG_HEAD);
        }
    }

    /** {@code xadd} on a page that begins small. */
    public static final class XaddSmall extends PageCounterOperations {
        public XaddSmall() {
            super(XaddPageCounter::create, 0);
        }
    }

    /** {@code xadd} on a page that begins large. */
    public static final class XaddLarge extends PageCounterOperations {
        public XaddLarge() {
            super(XaddPageCounter::create, FLAG_HEAD);
        }
    }

    /** {@code rcuref} on a page that begins small. */
    public static final class RcurefSmall extends PageCounterOperations {
        public RcurefSmall() {
            super(RcurefPageCounter::create, 0);
        }
    }

    /** {@code rcuref} on a page that begins large. */
    public static final class RcurefLarge extends PageCounterOperations {
        public RcurefLarge() {
            super(RcurefPageCounter::create, FLAG_HEAD);
        }
    }

    /** {@code sticky} on a page that begins small. */
    public static final class StickySmall extends PageCounterOperations {
        public StickySmall() {
            super(StickyPageCounter::create, 0, false);
        }
    }

    /** {@code sticky} on a page that begins large. */
    public static final class StickyLarge extends PageCounterOperations {
        public StickyLarge() {
            super(StickyPageCounter::create, FLAG_HEAD, false);
        }
    }
}
