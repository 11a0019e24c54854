/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Ctrl-C and {@code kill}: ends the fork that is running, then says where the run stands. Java calls the hook beside
 * the thread that drives the plan, so the two have to agree that no further fork is started.
 */
final class Interruption implements AutoCloseable {
    /** A Ctrl-C reaches the fork as well, and its death may be seen here before the signal is. */
    private static final long SIGNAL_DELAY_MS = 500;
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(5);
    private static final long POLL_MS = 20;

    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread hook;

    /**
     * Waits for a signal.
     *
     * @param farewell run once no fork is left
     */
    Interruption(final Runnable farewell) {
        hook = new Thread(() -> {
            begun.countDown();
            endForks();
            farewell.run();
        }, "interruption");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void endForks() {
        final long start = System.nanoTime();
        final Set<Long> ended = new HashSet<>();
        boolean waiting = true;
        while (waiting) {
            final long waitedNs = System.nanoTime() - start;
            ProcessHandle.current().descendants().forEach(fork -> {
                ended.add(fork.pid());
                if (waitedNs < PATIENCE_NS / 2) {
                    fork.destroy();
                } else {
                    fork.destroyForcibly();
                }
            });
            waiting = waitedNs < PATIENCE_NS
                && (stopped.getCount() > 0 || ProcessHandle.current().descendants().findAny().isPresent());
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(POLL_MS));
        }
        ended.forEach(DeviceFile::removeLeftover);
    }

    /**
     * Called by the driving thread before it starts a fork. Does not return once a signal has come.
     */
    void check() {
        if (begun.getCount() == 0) {
            stopHere();
        }
    }

    /**
     * Called by the driving thread after a fork failed. Does not return if a signal was what ended it.
     */
    void checkAfterFailure() {
        try {
            if (begun.await(SIGNAL_DELAY_MS, TimeUnit.MILLISECONDS)) {
                stopHere();
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void stopHere() {
        stopped.countDown();
        while (true) {
            LockSupport.park();
        }
    }

    /** From here on a signal ends the program as it would any other; there is no fork left to end. */
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (final IllegalStateException e) {
            stopHere();
        }
    }
}
