/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.memory;

/**
 * A test double that stops one thread just before one of its accesses, as a scheduler may that does not come back to
 * it, until it is released. All others pass.
 */
public final class StoppingWords extends ForwardingWords {
    private volatile Thread victim;
    private volatile boolean stopped;
    private long left;
    private long asked;

    public StoppingWords(final Words target) {
        super(target);
    }

    /** The calling thread stops before its n-th access from now on, 1 is the next. */
    public void stopAt(final long n) {
        left = n;
        asked = n;
        stopped = false;
        victim = Thread.currentThread();
    }

    /** How many accesses the thread made without being stopped. To be called by that thread. */
    public long accesses() {
        return asked - left;
    }

    /** The thread goes on, or does not stop at all. */
    public synchronized void release() {
        victim = null;
        notifyAll();
    }

    /** Whether the thread stands. */
    public boolean isStopped() {
        return stopped;
    }

    @Override
    protected void before(final Op op, final long offset) {
        if (victim == Thread.currentThread() && --left == 0) {
            stand();
        }
    }

    /** Without parking: that would take the permit that a wake-up gives. */
    private synchronized void stand() {
        stopped = true;
        boolean interrupted = false;
        while (victim != null) {
            try {
                wait();
            } catch (final InterruptedException e) {
                interrupted = true;
            }
        }
        stopped = false;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
