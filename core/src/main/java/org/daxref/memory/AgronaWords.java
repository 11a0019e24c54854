/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

import java.lang.foreign.MemorySegment;
import org.agrona.UnsafeApi;

/**
 * Words on raw addresses through Agrona's {@link UnsafeApi}: the implementation that is measured. An offset is an
 * address, so nothing has to be loaded and added before an access. Nothing is checked per access, neither bounds nor
 * alignment nor that the file is still mapped; the alignment of the whole is checked once.
 */
public final class AgronaWords extends Words {
    private static final long BASE_ALIGNMENT_BYTES = 4096;

    private final long origin;
    private final long capacityBytes;

    /**
     * Words over native memory.
     *
     * @param segment the memory, 4 KiB aligned, which must outlive this object
     */
    public AgronaWords(final MemorySegment segment) {
        origin = segment.address();
        capacityBytes = segment.byteSize();
        if (!segment.isNative() || origin % BASE_ALIGNMENT_BYTES != 0) {
            throw new IllegalArgumentException("native memory aligned to 4096 bytes is needed: address=" + origin);
        }
    }

    @Override
    public long capacityBytes() {
        return capacityBytes;
    }

    @Override
    public long origin() {
        return origin;
    }

    @Override
    public int getIntOpaque(final long offset) {
        return UnsafeApi.getIntOpaque(null, offset);
    }

    @Override
    public int getIntAcquire(final long offset) {
        return UnsafeApi.getIntAcquire(null, offset);
    }

    @Override
    public int getIntVolatile(final long offset) {
        return UnsafeApi.getIntVolatile(null, offset);
    }

    @Override
    public void putIntOpaque(final long offset, final int value) {
        UnsafeApi.putIntOpaque(null, offset, value);
    }

    @Override
    public void putIntRelease(final long offset, final int value) {
        UnsafeApi.putIntRelease(null, offset, value);
    }

    @Override
    public int getAndAddInt(final long offset, final int delta) {
        return UnsafeApi.getAndAddInt(null, offset, delta);
    }

    @Override
    public int getAndBitwiseOrInt(final long offset, final int mask) {
        return UnsafeApi.getAndBitwiseOrInt(null, offset, mask);
    }

    @Override
    public int getAndBitwiseAndInt(final long offset, final int mask) {
        return UnsafeApi.getAndBitwiseAndInt(null, offset, mask);
    }

    @Override
    public int compareAndExchangeInt(final long offset, final int expected, final int value) {
        return UnsafeApi.compareAndExchangeInt(null, offset, expected, value);
    }

    @Override
    public long getLongOpaque(final long offset) {
        return UnsafeApi.getLongOpaque(null, offset);
    }

    @Override
    public long getLongAcquire(final long offset) {
        return UnsafeApi.getLongAcquire(null, offset);
    }

    @Override
    public long getLongVolatile(final long offset) {
        return UnsafeApi.getLongVolatile(null, offset);
    }

    @Override
    public void putLongOpaque(final long offset, final long value) {
        UnsafeApi.putLongOpaque(null, offset, value);
    }

    @Override
    public void putLongRelease(final long offset, final long value) {
        UnsafeApi.putLongRelease(null, offset, value);
    }

    @Override
    public long getAndAddLong(final long offset, final long delta) {
        return UnsafeApi.getAndAddLong(null, offset, delta);
    }

    @Override
    public long getAndSetLong(final long offset, final long value) {
        return UnsafeApi.getAndSetLong(null, offset, value);
    }

    @Override
    public boolean compareAndSetLong(final long offset, final long expected, final long value) {
        return UnsafeApi.compareAndSetLong(null, offset, expected, value);
    }
}
