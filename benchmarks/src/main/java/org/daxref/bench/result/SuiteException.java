/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

/**
 * Why a command cannot start or go on, in one sentence for the person who typed it. The command line prints the
 * sentence and exits with 2; there is never a stack trace to read.
 */
public final class SuiteException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A reason with nothing underneath.
     *
     * @param sentence what is wrong and what to do about it
     */
    public SuiteException(final String sentence) {
        super(sentence);
    }

    /**
     * A reason found by something further down.
     *
     * @param sentence what is wrong and what to do about it
     * @param cause    kept for the log, never printed
     */
    public SuiteException(final String sentence, final Throwable cause) {
        super(sentence, cause);
    }
}
