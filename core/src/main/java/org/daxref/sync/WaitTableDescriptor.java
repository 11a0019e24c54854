/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.sync;

/**
 * Layout of the wait table: 256 queue heads, 128 bytes apart. The queues themselves lie on the heap, as the threads do.
 *
 * <pre>
 *     0   number of enqueued waiters (int)
 *     4   unused
 *   128   next queue
 * </pre>
 */
public final class WaitTableDescriptor {
    /** Number of queues, as in kernel/sched/wait_bit.c. */
    public static final int QUEUES = 256;

    /** Distance of two queues in bytes. */
    public static final int QUEUE_BYTES = 128;

    /** Size of the table in bytes. */
    public static final long TABLE_BYTES = (long) QUEUES * QUEUE_BYTES;

    private WaitTableDescriptor() {
    }
}
