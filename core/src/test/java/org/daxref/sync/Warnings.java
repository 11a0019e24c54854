/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What a class writes to the log while this is open; nothing of it reaches the console. */
final class Warnings extends Handler implements AutoCloseable {
    private final Logger logger;
    private final List<String> messages = new CopyOnWriteArrayList<>();

    private Warnings(final Logger logger) {
        this.logger = logger;
    }

    static Warnings of(final Class<?> source) {
        final Warnings warnings = new Warnings(Logger.getLogger(source.getName()));
        warnings.logger.setUseParentHandlers(false);
        warnings.logger.addHandler(warnings);
        return warnings;
    }

    /** The messages of level WARNING, in order. */
    List<String> messages() {
        return List.copyOf(messages);
    }

    @Override
    public void publish(final LogRecord record) {
        if (record.getLevel() == Level.WARNING) {
            messages.add(record.getMessage());
        }
    }

    @Override
    public void flush() {
        // nothing is kept back
    }

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setUseParentHandlers(true);
    }
}
