/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Words through {@code java.lang.foreign}: every access is checked for bounds, alignment and a memory that is still
 * mapped, so a wrong offset or a use after close is an exception. The implementation of the tests.
 */
public final class SegmentWords extends Words {
    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle().withInvokeExactBehavior();
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle().withInvokeExactBehavior();

    private final MemorySegment segment;
    private final long origin;

    /**
     * Words whose offsets are those in a segment.
     *
     * @param segment the memory, native or a {@code long[]}
     */
    public SegmentWords(final MemorySegment segment) {
        this(segment, 0);
    }

    /**
     * Words over a segment.
     *
     * @param segment the memory, native or a {@code long[]}
     * @param origin  the offset of its first byte, a multiple of 8
     */
    public SegmentWords(final MemorySegment segment, final long origin) {
        this.segment = segment;
        this.origin = origin;
    }

    @Override
    public long capacityBytes() {
        return segment.byteSize();
    }

    @Override
    public long origin() {
        return origin;
    }

    @Override
    public int getIntOpaque(final long offset) {
        return (int) INT.getOpaque(segment, offset - origin);
    }

    @Override
    public int getIntAcquire(final long offset) {
        return (int) INT.getAcquire(segment, offset - origin);
    }

    @Override
    public int getIntVolatile(final long offset) {
        return (int) INT.getVolatile(segment, offset - origin);
    }

    @Override
    public void putIntOpaque(final long offset, final int value) {
        INT.setOpaque(segment, offset - origin, value);
    }

    @Override
    public void putIntRelease(final long offset, final int value) {
        INT.setRelease(segment, offset - origin, value);
    }

    @Override
    public int getAndAddInt(final long offset, final int delta) {
        return (int) INT.getAndAdd(segment, offset - origin, delta);
    }

    @Override
    public int getAndBitwiseOrInt(final long offset, final int mask) {
        return (int) INT.getAndBitwiseOr(segment, offset - origin, mask);
    }

    @Override
    public int getAndBitwiseAndInt(final long offset, final int mask) {
        return (int) INT.getAndBitwiseAnd(segment, offset - origin, mask);
    }

    @Override
    public int compareAndExchangeInt(final long offset, final int expected, final int value) {
        return (int) INT.compareAndExchange(segment, offset - origin, expected, value);
    }

    @Override
    public long getLongOpaque(final long offset) {
        return (long) LONG.getOpaque(segment, offset - origin);
    }

    @Override
    public long getLongAcquire(final long offset) {
        return (long) LONG.getAcquire(segment, offset - origin);
    }

    @Override
    public long getLongVolatile(final long offset) {
        return (long) LONG.getVolatile(segment, offset - origin);
    }

    @Override
    public void putLongOpaque(final long offset, final long value) {
        LONG.setOpaque(segment, offset - origin, value);
    }

    @Override
    public void putLongRelease(final long offset, final long value) {
        LONG.setRelease(segment, offset - origin, value);
    }

    @Override
    public long getAndAddLong(final long offset, final long delta) {
        return (long) LONG.getAndAdd(segment, offset - origin, delta);
    }

    @Override
    public long getAndSetLong(final long offset, final long value) {
        return (long) LONG.getAndSet(segment, offset - origin, value);
    }

    @Override
    public boolean compareAndSetLong(final long offset, final long expected, final long value) {
        return LONG.compareAndSet(segment, offset - origin, expected, value);
    }
}
