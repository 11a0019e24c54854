/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

/** A schedule that failed, with the seed that repeats it. */
public final class ScheduleFailure extends AssertionError {
    private static final long serialVersionUID = 1;

    private final long seed;

    ScheduleFailure(final String what, final Schedule schedule, final Throwable cause) {
        super(what + ": seed=" + schedule.seed() + "; repeat with -Ddaxref.test.seed=" + schedule.seed()
            + schedule.describe(), cause);
        this.seed = schedule.seed();
    }

    public long seed() {
        return seed;
    }
}
