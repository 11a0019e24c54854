/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

/**
 * What is known of the terminal.
 */
final class Terminal {
    private Terminal() {
    }

    /**
     * Whether output may be coloured.
     *
     * @return false when it goes to a file or a pipe, or {@code NO_COLOR} is set
     */
    static boolean isColoured() {
        return System.console() != null && System.console().isTerminal() && System.getenv("NO_COLOR") == null;
    }
}
