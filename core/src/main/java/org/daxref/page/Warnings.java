/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.page;

import java.util.ArrayList;
import java.util.List;

/**
 * What a kernel would have said in its log: WARN_ON and, where it would have touched a freed struct page, an oops. The
 * model goes on as the kernel does after a WARN.
 *
 * <p>Thread-safe; blocking. Only for paths that are slow anyway.
 */
public final class Warnings {
    private static final int KEPT = 100;

    private final List<String> messages = new ArrayList<>();
    private long count;

    /**
     * Says something.
     *
     * @param message the kernel function that would say it, and what it found, as name=value
     */
    public synchronized void warn(final String message) {
        count++;
        if (messages.size() < KEPT) {
            messages.add(message);
        }
    }

    /**
     * How often something was said.
     *
     * @return messages since the start, kept or not
     */
    public synchronized long count() {
        return count;
    }

    /**
     * What was said.
     *
     * @return the first {@value #KEPT} messages
     */
    public synchronized List<String> messages() {
        return List.copyOf(messages);
    }
}
