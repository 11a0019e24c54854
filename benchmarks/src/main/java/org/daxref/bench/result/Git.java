/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Asks git about a work tree.
 *
 * @param tree the work tree
 */
public record Git(Path tree) {

    /**
     * Runs git.
     *
     * @param arguments its command and options
     * @return what it printed, when it succeeded; nothing when it failed or is not there
     */
    public Optional<String> ask(final List<String> arguments) {
        try {
            final Process git = new ProcessBuilder(
                Stream.concat(Stream.of("git", "-C", tree.toString()), arguments.stream()).toList())
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            final String output = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return git.waitFor() == 0 ? Optional.of(output) : Optional.empty();
        } catch (final IOException e) {
            return Optional.empty();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /**
     * Finds the commit that a name means.
     *
     * @param name a branch, a tag, a hash or such as {@code HEAD~1}
     * @return its full hash; nothing when there is no such commit
     */
    public Optional<String> commit(final String name) {
        return name.startsWith("-") ? Optional.empty()
            : ask(List.of("rev-parse", "--verify", "--quiet", name + "^{commit}")).map(String::strip);
    }

    /**
     * Whether the work tree differs from its commit, {@code results/} aside.
     *
     * @return true when something was changed, added or deleted
     */
    public boolean isDirty() {
        return ask(List.of("status", "--porcelain", "--", ".", ":(exclude)results"))
            .filter(changes -> !changes.isBlank()).isPresent();
    }
}
