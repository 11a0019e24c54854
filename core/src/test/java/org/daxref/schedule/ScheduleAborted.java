/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.schedule;

/** Ends a thread of a schedule that has failed or was stopped. An error, so that no code under test handles it. */
final class ScheduleAborted extends Error {
    private static final long serialVersionUID = 1;

    ScheduleAborted() {
        super("the schedule is over", null, false, false);
    }
}
