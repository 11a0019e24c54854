/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

/**
 * A test double of memory that fails: one access of the thread that asked for it throws the {@link InternalError} that
 * a mapping of a file cut short throws, and every other access goes through. An access that throws <i>instead</i> did
 * not happen; one that throws <i>after</i> did, which real memory does only where the error is delivered late.
 */
public final class FailingWords extends ForwardingWords {
    /** What the failure says. */
    public static final String MESSAGE = "a fault occurred in an unsafe memory access operation";

    private volatile Thread victim;
    private long left;
    private boolean after;
    private boolean failed;
    private Op failedOp;
    private volatile InternalError failure;

    public FailingWords(final Words target) {
        super(target);
    }

    /** The n-th access of the calling thread from now on, 1 is the next, throws once and does not happen. */
    public void failInsteadOf(final long n) {
        fail(n, false);
    }

    /** The n-th access of the calling thread from now on, 1 is the next, happens and throws once. */
    public void failAfter(final long n) {
        fail(n, true);
    }

    private void fail(final long n, final boolean happens) {
        left = n;
        after = happens;
        failed = false;
        victim = Thread.currentThread();
    }

    /** No access fails any more. To be called by the thread that asked for the failure. */
    public void reset() {
        victim = null;
    }

    /** Whether the access that was asked for last has failed: if not, there were fewer. */
    public boolean hasFailed() {
        return failed;
    }

    /** Where an access has failed last. */
    public StackTraceElement[] where() {
        final InternalError last = failure;
        return last == null ? new StackTraceElement[0] : last.getStackTrace();
    }

    /** Whether an access has failed that had changed the memory before. */
    public boolean hasFailedAfterAChange() {
        return failed && after && failedOp != Op.READ;
    }

    /** How many accesses the operation made, of which none has failed. */
    public long accesses(final long asked) {
        return asked - left;
    }

    @Override
    protected void before(final Op op, final long offset) {
        if (victim == Thread.currentThread() && --left == 0 && !after) {
            fail(op);
        }
    }

    @Override
    protected void after(final Op op, final long offset) {
        if (victim == Thread.currentThread() && left == 0) {
            fail(op);
        }
    }

    private void fail(final Op op) {
        victim = null;
        failedOp = op;
        failed = true;
        failure = new InternalError(MESSAGE);
        throw failure;
    }
}
