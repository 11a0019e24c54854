/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

/**
 * A test double: hands every access on to other words and lets a subclass look, or act, before and after it. The
 * accesses that a subclass makes itself go to {@link #target} and are not seen.
 */
public class ForwardingWords extends Words {
    /** The words behind this double. */
    protected final Words target;

    public ForwardingWords(final Words target) {
        this.target = target;
    }

    /** What an access does. */
    public enum Op {
        READ, WRITE, RMW
    }

    protected void before(final Op op, final long offset) {
        // for subclasses
    }

    protected void after(final Op op, final long offset) {
        // for subclasses
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
        before(Op.READ, offset);
        final int result = target.getIntOpaque(offset);
        after(Op.READ, offset);
        return result;
    }

    @Override
    public int getIntAcquire(final long offset) {
        before(Op.READ, offset);
        final int result = target.getIntAcquire(offset);
        after(Op.READ, offset);
        return result;
    }

    @Override
    public int getIntVolatile(final long offset) {
        before(Op.READ, offset);
        final int result = target.getIntVolatile(offset);
        after(Op.READ, offset);
        return result;
    }

    @Override
    public void putIntOpaque(final long offset, final int value) {
        before(Op.WRITE, offset);
        target.putIntOpaque(offset, value);
        after(Op.WRITE, offset);
    }

    @Override
    public void putIntRelease(final long offset, final int value) {
        before(Op.WRITE, offset);
        target.putIntRelease(offset, value);
        after(Op.WRITE, offset);
    }

    @Override
    public int getAndAddInt(final long offset, final int delta) {
        before(Op.RMW, offset);
        final int result = target.getAndAddInt(offset, delta);
        after(Op.RMW, offset);
        return result;
    }

    @Override
    public int getAndBitwiseOrInt(final long offset, final int mask) {
        before(Op.RMW, offset);
        final int result = target.getAndBitwiseOrInt(offset, mask);
        after(Op.RMW, offset);
        return result;
    }

    @Override
    public int getAndBitwiseAndInt(final long offset, final int mask) {
        before(Op.RMW, offset);
        final int result = target.getAndBitwiseAndInt(offset, mask);
        after(Op.RMW, offset);
        return result;
    }

    @Override
    public int compareAndExchangeInt(final long offset, final int expected, final int value) {
        before(Op.RMW, offset);
        final int result = target.compareAndExchangeInt(offset, expected, value);
        after(Op.RMW, offset);
        return result;
    }

    @Override
    public long getLongOpaque(final long offset) {
        before(Op.READ, offset);
        final long result = target.getLongOpaque(offset);
        after(Op.READ, offset);
        return result;
    }

    @Override
    public long getLongAcquire(final long offset) {
        before(Op.READ, offset);
        final long result = target.getLongAcquire(offset);
        after(Op.READ, offset);
        return result;
    }

    @Override
    public long getLongVolatile(final long offset) {
        before(Op.READ, offset);
        final long result = target.getLongVolatile(offset);
        after(Op.READ, offset);
        return result;
    }

    @Override
    public void putLongOpaque(final long offset, final long value) {
        before(Op.WRITE, offset);
        target.putLongOpaque(offset, value);
        after(Op.WRITE, offset);
    }

    @Override
    public void putLongRelease(final long offset, final long value) {
        before(Op.WRITE, offset);
        target.putLongRelease(offset, value);
        after(Op.WRITE, offset);
    }

    @Override
    public long getAndAddLong(final long offset, final long delta) {
        before(Op.RMW, offset);
        final long result = target.getAndAddLong(offset, delta);
        after(Op.RMW, offset);
        return result;
    }

    @Override
    public long getAndSetLong(final long offset, final long value) {
        before(Op.RMW, offset);
        final long result = target.getAndSetLong(offset, value);
        after(Op.RMW, offset);
        return result;
    }

    @Override
    public boolean compareAndSetLong(final long offset, final long expected, final long value) {
        before(Op.RMW, offset);
        final boolean result = target.compareAndSetLong(offset, expected, value);
        after(Op.RMW, offset);
        return result;
    }
}
