/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.openjdk.jmh.runner.options.Options;

import java.nio.file.Path;
import java.util.List;

/**
 * Everything that the user said about a run.
 *
 * @param selection  what to measure
 * @param forks      forks of each cell; 0 for as many as the profile has
 * @param home       the work tree whose commit is recorded
 * @param out        the results folder
 * @param device     the device file; null for a fresh one in every fork
 * @param pages      device size in 4 KiB pages; 0 when not given
 * @param resume     whether to go on with a run that was stopped
 * @param handed     options for JMH, parsed
 * @param jmhOptions options for JMH, as typed
 * @param command    the whole command line, as typed
 */
public record RunRequest(Selection selection, int forks, Path home, Path out, Path device, long pages, boolean resume,
                         Options handed, List<String> jmhOptions, List<String> command) {

    /**
     * Forks of each cell.
     *
     * @return what was asked for, or the profile's
     */
    public int rounds() {
        return forks == 0 ? selection.profile().rounds() : forks;
    }
}
