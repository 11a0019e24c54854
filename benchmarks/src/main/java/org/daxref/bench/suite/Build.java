/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.AtomicFiles;
import org.daxref.bench.result.Git;
import org.daxref.bench.result.SuiteException;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * One commit as a jar that can be measured: built in a work tree of its own under {@code target/ab}, and kept there.
 *
 * @param commit full hash
 * @param jar    the jar
 */
public record Build(String commit, Path jar) {
    private static final Path JAR = Path.of("benchmarks", "target", "daxref-benchmarks.jar");

    /**
     * Builds a commit, unless that was done before.
     *
     * @param home the repository's work tree; it is not touched but for its folder {@code target/ab}
     * @param name a branch, a tag, a hash or such as {@code HEAD~1}
     * @param out  is told of what takes long
     * @return the jar
     * @throws SuiteException when there is no such commit, or it does not build
     */
    public static Build of(final Path home, final String name, final PrintStream out) {
        final Git git = new Git(home);
        final String commit = git.commit(name).orElseThrow(() ->
            new SuiteException("'" + name + "' is no commit of this repository."));
        if (git.commit("HEAD").filter(commit::equals).isPresent() && git.isDirty()) {
            throw new SuiteException("The work tree has uncommitted changes, and " + name
                + " would be measured without them: commit or stash them first.");
        }
        final Path folder = home.resolve("target").resolve("ab").toAbsolutePath();
        final Path jar = folder.resolve(commit + ".jar");
        if (!Files.exists(jar)) {
            out.println("Building " + name + " (" + commit.substring(0, 10) + ") ...");
            AtomicFiles.createFolders(folder);
            build(git, commit, folder, jar);
        }
        return new Build(commit, jar);
    }

    private static void build(final Git git, final String commit, final Path folder, final Path jar) {
        final Path tree = folder.resolve(commit);
        final Path log = folder.resolve(commit + ".log");
        remove(git, tree);
        try {
            git.ask(List.of("worktree", "add", "--detach", tree.toString(), commit)).orElseThrow(() ->
                new SuiteException("git could not check out " + commit + " in " + tree + "."));
            final Process maven = new ProcessBuilder("mvn", "-q", "-B", "-DskipTests", "-pl", "benchmarks", "-am",
                "package").directory(tree.toFile()).redirectErrorStream(true).redirectOutput(log.toFile()).start();
            if (maven.waitFor() != 0 || !Files.exists(tree.resolve(JAR))) {
                throw new SuiteException("Commit " + commit + " does not build: see " + log + ".");
            }
            AtomicFiles.move(tree.resolve(JAR), jar);
            Files.deleteIfExists(log);
        } catch (final IOException e) {
            throw new SuiteException("Cannot build " + commit + ": " + AtomicFiles.reason(e) + ".", e);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SuiteException("Interrupted while building " + commit + ".", e);
        } finally {
            remove(git, tree);
        }
    }

    private static void remove(final Git git, final Path tree) {
        git.ask(List.of("worktree", "remove", "--force", tree.toString()));
        AtomicFiles.deleteFolder(tree);
        git.ask(List.of("worktree", "prune"));
    }
}
