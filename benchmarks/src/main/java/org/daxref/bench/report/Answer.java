/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import java.util.List;

/**
 * What this machine says to a question that people asked about these designs.
 *
 * @param question which one
 * @param verdict  the answer in words, without numbers: the same whenever it is measured again
 * @param numbers  what it rests on, a line each
 */
record Answer(Question question, String verdict, List<String> numbers) {

    /** The answer as Markdown. */
    String markdown() {
        final StringBuilder text = new StringBuilder("**" + question.number() + ". " + question.text() + "**\n\n"
            + verdict
            + "\n\n");
        numbers.forEach(line -> text.append("- ").append(line).append('\n'));
        return text.append("- from ").append(String.join(", ", question.sources())).append('\n').toString();
    }
}
