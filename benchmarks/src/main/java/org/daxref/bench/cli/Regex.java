/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.result.SuiteException;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Reads regular expressions that were typed.
 */
final class Regex {
    private Regex() {
    }

    /**
     * Compiles one.
     *
     * @param option where it was typed
     * @param regex  as typed; null when it was not
     * @return the pattern; null when there is none
     * @throws SuiteException when it is no regular expression
     */
    static Pattern of(final String option, final String regex) {
        try {
            return regex == null ? null : Pattern.compile(regex);
        } catch (final PatternSyntaxException e) {
            throw new SuiteException(
                option + " '" + regex + "' is no regular expression: " + e.getDescription() + ".", e);
        } catch (final StackOverflowError e) {
            throw new SuiteException(
                option + " is no regular expression that can be used: it is nested too deeply.", e);
        }
    }
}
