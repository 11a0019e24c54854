/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.result.Git;
import org.daxref.bench.result.RunStore;
import org.daxref.bench.suite.MachineProbe;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where flame graphs go: to the run of the same code, whose report links them, or where nobody takes them for a part of
 * a run.
 *
 * @param path the folder
 * @param run  the same, when it is a run's
 */
record FlameFolder(Path path, Optional<Path> run) {

    /**
     * Finds the folder.
     *
     * @param home  the work tree
     * @param asked what the user named; null when nothing
     * @param head  the commit that is profiled
     * @return the folder, which need not be there yet
     */
    static FlameFolder of(final Path home, final Path asked, final String head) {
        if (asked != null) {
            return new FlameFolder(asked, Optional.empty());
        }
        final Git git = new Git(home);
        final Optional<String> commit = git.commit(head);
        final boolean asCommitted = !head.equals("HEAD") || !git.isDirty();
        final Optional<Path> run = commit.filter(_ -> asCommitted).flatMap(hash ->
            new RunStore(home.resolve("results")).newest(MachineProbe.here().facts().folderName(), hash));
        return new FlameFolder(run.orElse(home.resolve("target").resolve("profile")), run);
    }
}
