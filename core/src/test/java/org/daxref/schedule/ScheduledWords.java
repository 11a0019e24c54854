/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import org.daxref.memory.ForwardingWords;
import org.daxref.memory.Words;

/**
 * A test double whose every access is a yield point of the {@link Schedule} that the calling thread belongs to. Threads
 * that belong to none pass through: what a test sets up before a schedule, and looks at after it.
 */
public final class ScheduledWords extends ForwardingWords {

    public ScheduledWords(final Words target) {
        super(target);
    }

    @Override
    protected void before(final Op op, final long offset) {
        if (Thread.currentThread() instanceof final ScheduledThread self) {
            self.schedule().access(self, op, offset);
        }
    }
}
