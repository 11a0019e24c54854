/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.report;

import org.daxref.bench.result.Json;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Pieces of an HTML page. Texts come from files that anybody may have written, so every text is escaped here.
 */
final class Html {
    private Html() {
    }

    static String text(final String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;")
            .replace("'", "&#39;");
    }

    static String paragraph(final String style, final String text) {
        return "<p class=\"" + style + "\">" + text(text) + "</p>\n";
    }

    static String list(final String style, final Collection<String> texts) {
        return texts.isEmpty() ? "" : texts.stream().map(text -> "<li>" + text(text) + "</li>\n")
            .collect(Collectors.joining("", "<ul class=\"" + style + "\">\n", "</ul>\n"));
    }

    static String table(final Table table) {
        return "<div class=\"scroll\"><table>\n<thead>" + row("th scope=\"col\"", table.header(), table.leading())
            + "</thead>\n<tbody>\n" + table.rows().stream().map(row -> row("td", row, table.leading()))
            .collect(Collectors.joining()) + "</tbody>\n</table></div>\n";
    }

    private static String row(final String tag, final List<String> texts, final int leading) {
        return IntStream.range(0, texts.size()).mapToObj(column -> "<" + tag + (column < leading ? "" : " class=\"n\"")
            + ">" + text(texts.get(column)) + "</" + tag.replaceFirst(" .*", "") + ">")
            .collect(Collectors.joining("", "<tr>", "</tr>\n"));
    }

    /** JSON that no text in it can end early: within a script element only {@code <} is special. */
    static String json(final Object value) {
        return Json.write(value).replace("<", "\\u003c");
    }
}
