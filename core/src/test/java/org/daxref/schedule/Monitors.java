/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.List;

/** Who holds the Java monitor that a thread of a schedule wants. Slow, so only asked when one is blocked. */
final class Monitors {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private Monitors() {
    }

    /**
     * Whether a thread cannot go on before another of its schedule leaves a monitor. One that has been left already
     * does not count, although the thread may need a while to notice.
     */
    static boolean isBlocked(final ScheduledThread thread, final List<ScheduledThread> threads) {
        if (thread.getState() != Thread.State.BLOCKED) {
            return false;
        }
        final ThreadInfo info = THREADS.getThreadInfo(thread.threadId());
        return info != null && info.getThreadState() == Thread.State.BLOCKED
            && threads.stream().anyMatch(other -> other != thread && other.threadId() == info.getLockOwnerId());
    }
}
