/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Takes the local paths out of what is kept: results are published, and a path names people and their machines.
 */
public final class Redaction {
    /** What stands where a path stood. */
    public static final String PATH = "PATH";

    private static final Pattern ABSOLUTE = Pattern.compile("(^|[=:,;])[/~][^=:,;]*");
    private static final List<String> PATH_OPTIONS = List.of("--device", "--out");

    private Redaction() {
    }

    /**
     * Replaces the paths in a command line.
     *
     * @param arguments the words as typed
     * @return the same words, each path replaced by {@link #PATH}
     */
    public static List<String> of(final List<String> arguments) {
        final List<String> clean = new ArrayList<>();
        for (final String argument : arguments) {
            final String option = argument.replaceFirst("=.*", "");
            if (!clean.isEmpty() && PATH_OPTIONS.contains(clean.getLast())) {
                clean.add(PATH);
            } else if (PATH_OPTIONS.contains(option) && argument.contains("=")) {
                clean.add(option + "=" + PATH);
            } else {
                clean.add(ABSOLUTE.matcher(argument).replaceAll("$1" + PATH));
            }
        }
        return List.copyOf(clean);
    }
}
