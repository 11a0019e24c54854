/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

/**
 * A broken control: adding and comparing are a read and then a write, and after every read others may run, so that free
 * threads show the race as well.
 */
public final class RacyWords extends ForwardingWords {
    public RacyWords(final Words target) {
        super(target);
    }

    @Override
    protected void after(final Op op, final long offset) {
        if (op == Op.READ) {
            Thread.yield();
        }
    }

    @Override
    public int getAndAddInt(final long offset, final int delta) {
        final int seen = getIntVolatile(offset);
        putIntRelease(offset, seen + delta);
        return seen;
    }

    @Override
    public int compareAndExchangeInt(final long offset, final int expected, final int value) {
        final int seen = getIntVolatile(offset);
        if (seen == expected) {
            putIntRelease(offset, value);
        }
        return seen;
    }

    @Override
    public long getAndAddLong(final long offset, final long delta) {
        final long seen = getLongVolatile(offset);
        putLongRelease(offset, seen + delta);
        return seen;
    }

    @Override
    public boolean compareAndSetLong(final long offset, final long expected, final long value) {
        final boolean equal = getLongVolatile(offset) == expected;
        if (equal) {
            putLongRelease(offset, value);
        }
        return equal;
    }
}
