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

    /**
     * Words over a segment.
     *
     * @param segment the memory, native or a {@code long[]}
     */
    public SegmentWords(final MemorySegment segment) {
        this.segment = segment;
    }

    @Override
    public long capacityBytes() {
        return segment.byteSize();
    }

    @Override
    public int getIntOpaque(final long offset) {
        return (int) INT.getOpaque(segment, offset);
    }

    @Override
    public int getIntAcquire(final long offset) {
        return (int) INT.getAcquire(segment, offset);
    }

    @Override
    public int getIntVolatile(final long offset) {
        return (int) INT.getVolatile(segment, offset);
    }

    @Override
    public void putIntOpaque(final long offset, final int value) {
        INT.setOpaque(segment, offset, value);
    }

    @Override
    public void putIntRelease(final long offset, final int value) {
        INT.setRelease(segment, offset, value);
    }

    @Override
    public int getAndAddInt(final long offset, final int delta) {
        return (int) INT.getAndAdd(segment, offset, delta);
    }

    @Override
    public int getAndBitwiseOrInt(final long offset, final int mask) {
        return (int) INT.getAndBitwiseOr(segment, offset, mask);
    }

    @Override
    public int getAndBitwiseAndInt(final long offset, final int mask) {
        return (int) INT.getAndBitwiseAnd(segment, offset, mask);
    }

    @Override
    public int compareAndExchangeInt(final long offset, final int expected, final int value) {
        return (int) INT.compareAndExchange(segment, offset, expected, value);
    }

    @Override
    public long getLongOpaque(final long offset) {
        return (long) LONG.getOpaque(segment, offset);
    }

    @Override
    public long getLongAcquire(final long offset) {
        return (long) LONG.getAcquire(segment, offset);
    }

    @Override
    public long getLongVolatile(final long offset) {
        return (long) LONG.getVolatile(segment, offset);
    }

    @Override
    public void putLongOpaque(final long offset, final long value) {
        LONG.setOpaque(segment, offset, value);
    }

    @Override
    public void putLongRelease(final long offset, final long value) {
        LONG.setRelease(segment, offset, value);
    }

    @Override
    public long getAndAddLong(final long offset, final long delta) {
        return (long) LONG.getAndAdd(segment, offset, delta);
    }

    @Override
    public long getAndSetLong(final long offset, final long value) {
        return (long) LONG.getAndSet(segment, offset, value);
    }

    @Override
    public boolean compareAndSetLong(final long offset, final long expected, final long value) {
        return LONG.compareAndSet(segment, offset, expected, value);
    }
}
