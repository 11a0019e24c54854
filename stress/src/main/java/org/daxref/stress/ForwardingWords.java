/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.stress;

import org.daxref.memory.Words;

/** Hands every access on to other words. Controls override the access that they break. */
class ForwardingWords extends Words {
    /** The words behind these. */
    protected final Words target;

    ForwardingWords(final Words target) {
        this.target = target;
    }

    @Override
    public long capacityBytes() {
        return target.capacityBytes();
    }

    @Override
    public long origin() {
        return target.origin();
    }

    @Override
    public int getIntOpaque(final long offset) {
        return target.getIntOpaque(offset);
    }

    @Override
    public int getIntAcquire(final long offset) {
        return target.getIntAcquire(offset);
    }

    @Override
    public int getIntVolatile(final long offset) {
        return target.getIntVolatile(offset);
    }

    @Override
    public void putIntOpaque(final long offset, final int value) {
        target.putIntOpaque(offset, value);
    }

    @Override
    public void putIntRelease(final long offset, final int value) {
        target.putIntRelease(offset, value);
    }

    @Override
    public int getAndAddInt(final long offset, final int delta) {
        return target.getAndAddInt(offset, delta);
    }

    @Override
    public int getAndBitwiseOrInt(final long offset, final int mask) {
        return target.getAndBitwiseOrInt(offset, mask);
    }

    @Override
    public int getAndBitwiseAndInt(final long offset, final int mask) {
        return target.getAndBitwiseAndInt(offset, mask);
    }

    @Override
    public int compareAndExchangeInt(final long offset, final int expected, final int value) {
        return target.compareAndExchangeInt(offset, expected, value);
    }

    @Override
    public long getLongOpaque(final long offset) {
        return target.getLongOpaque(offset);
    }

    @Override
    public long getLongAcquire(final long offset) {
        return target.getLongAcquire(offset);
    }

    @Override
    public long getLongVolatile(final long offset) {
        return target.getLongVolatile(offset);
    }

    @Override
    public void putLongOpaque(final long offset, final long value) {
        target.putLongOpaque(offset, value);
    }

    @Override
    public void putLongRelease(final long offset, final long value) {
        target.putLongRelease(offset, value);
    }

    @Override
    public long getAndAddLong(final long offset, final long delta) {
        return target.getAndAddLong(offset, delta);
    }

    @Override
    public long getAndSetLong(final long offset, final long value) {
        return target.getAndSetLong(offset, value);
    }

    @Override
    public boolean compareAndSetLong(final long offset, final long expected, final long value) {
        return target.compareAndSetLong(offset, expected, value);
    }
}
