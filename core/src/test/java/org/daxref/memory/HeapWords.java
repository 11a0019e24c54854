/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.IntUnaryOperator;

/**
 * Words on the Java heap, for model checkers: these see an {@link AtomicLongArray}, and neither a mapped file nor a
 * segment. An int is one half of a long and is written by a compare-and-set of the whole, so every access is atomic and
 * none is weaker than its name; most are stronger. Memory orders are not what this implementation can test.
 */
public final class HeapWords extends Words {
    private final AtomicLongArray longs;

    /**
     * Zeroed words.
     *
     * @param bytes how many, a multiple of 8
     */
    public HeapWords(final long bytes) {
        longs = new AtomicLongArray(Math.toIntExact(bytes >>> 3));
    }

    private static int index(final long offset, final int bytes) {
        if ((offset & bytes - 1) != 0) {
            throw new IllegalArgumentException("misaligned: offset=" + offset);
        }
        return (int) Objects.checkIndex(offset >>> 3, 1L << 28);
    }

    /** Where the int lies in its long: the first is the low half, as on every machine this project runs on. */
    private static int shift(final long offset) {
        return (int) (offset & 4) << 3;
    }

    private int read(final long offset) {
        return (int) (longs.get(index(offset, Integer.BYTES)) >>> shift(offset));
    }

    private int update(final long offset, final IntUnaryOperator change) {
        final int index = index(offset, Integer.BYTES);
        final int shift = shift(offset);
        while (true) {
            final long seen = longs.get(index);
            final int value = (int) (seen >>> shift);
            final long others = seen & ~(0xFFFF_FFFFL << shift);
            if (longs.compareAndSet(index, seen, others | (change.applyAsInt(value) & 0xFFFF_FFFFL) << shift)) {
                return value;
            }
        }
    }

    @Override
    public long capacityBytes() {
        return (long) longs.length() << 3;
    }

    @Override
    public long origin() {
        return 0;
    }

    @Override
    public int getIntOpaque(final long offset) {
        return read(offset);
    }

    @Override
    public int getIntAcquire(final long offset) {
        return read(offset);
    }

    @Override
    public int getIntVolatile(final long offset) {
        return read(offset);
    }

    @Override
    public void putIntOpaque(final long offset, final int value) {
        update(offset, seen -> value);
    }

    @Override
    public void putIntRelease(final long offset, final int value) {
        update(offset, seen -> value);
    }

    @Override
    public int getAndAddInt(final long offset, final int delta) {
        return update(offset, seen -> seen + delta);
    }

    @Override
    public int getAndBitwiseOrInt(final long offset, final int mask) {
        return update(offset, seen -> seen | mask);
    }

    @Override
    public int getAndBitwiseAndInt(final long offset, final int mask) {
        return update(offset, seen -> seen & mask);
    }

    @Override
    public int compareAndExchangeInt(final long offset, final int expected, final int value) {
        return update(offset, seen -> seen == expected ? value : seen);
    }

    @Override
    public long getLongOpaque(final long offset) {
        return longs.getOpaque(index(offset, Long.BYTES));
    }

    @Override
    public long getLongAcquire(final long offset) {
        return longs.getAcquire(index(offset, Long.BYTES));
    }

    @Override
    public long getLongVolatile(final long offset) {
        return longs.get(index(offset, Long.BYTES));
    }

    @Override
    public void putLongOpaque(final long offset, final long value) {
        longs.setOpaque(index(offset, Long.BYTES), value);
    }

    @Override
    public void putLongRelease(final long offset, final long value) {
        longs.setRelease(index(offset, Long.BYTES), value);
    }

    @Override
    public long getAndAddLong(final long offset, final long delta) {
        return longs.getAndAdd(index(offset, Long.BYTES), delta);
    }

    @Override
    public long getAndSetLong(final long offset, final long value) {
        return longs.getAndSet(index(offset, Long.BYTES), value);
    }

    @Override
    public boolean compareAndSetLong(final long offset, final long expected, final long value) {
        return longs.compareAndSet(index(offset, Long.BYTES), expected, value);
    }
}
