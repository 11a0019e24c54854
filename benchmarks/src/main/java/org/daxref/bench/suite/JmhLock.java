/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.SuiteException;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The lock by which JMH keeps two of its runs off one machine, held for the whole plan. JMH itself would take it fork
 * by fork, and another run could slip in between; so while this holds it, JMH is told not to ask again.
 */
public final class JmhLock implements AutoCloseable {
    private final FileChannel channel;

    private JmhLock(final FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Takes the lock.
     *
     * @return the lock
     * @throws SuiteException when another JMH run has it
     */
    public static JmhLock acquire() {
        final Path file = Path.of(System.getProperty("java.io.tmpdir"), "jmh.lock");
        try {
            final FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            file.toFile().setWritable(true, false);
            if (tryLock(channel) == null) {
                channel.close();
                throw new SuiteException("Another benchmark run is active on this machine (it holds " + file
                    + "): wait for it, for two runs at once would measure each other.");
            }
            System.setProperty("jmh.ignoreLock", "true");
            return new JmhLock(channel);
        } catch (final IOException e) {
            throw new SuiteException("Cannot take JMH's lock " + file + ": " + AtomicFiles.reason(e) + ".", e);
        }
    }

    private static FileLock tryLock(final FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (final OverlappingFileLockException e) {
            return null;
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (final IOException e) {
            throw new SuiteException("Cannot release JMH's lock: " + AtomicFiles.reason(e) + ".", e);
        }
    }
}
