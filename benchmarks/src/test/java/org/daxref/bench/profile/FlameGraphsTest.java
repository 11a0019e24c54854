/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.profile;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class FlameGraphsTest {
    private static final Stacks BASE = Stacks.parse(
        "x_jmhStub;Gup.walkPte_[i] 30\nx_jmhStub;Gup.walkPte_[i];Old.get 9\n");
    private static final Stacks HEAD = Stacks.parse(
        "x_jmhStub;Gup.walkPte_[i] 35\nx_jmhStub;Gup.walkPte_[i];New.pin 4\n");

    @TempDir
    private Path home;

    @Test
    void shouldWriteAPageThatLoadsNothing() throws IOException {
        final Path page = home.resolve("flame.html");
        FlameGraphs.write(BASE, "a < b & c", "bytes", page);
        final String html = Files.readString(page);
        assertTrue(html.contains("<h1>a &lt; b &amp; c</h1>"));
        assertTrue(html.contains("'1 bytes'") && html.contains("' bytes'"));
        assertTrue(html.contains("Gup.walkPte") && html.contains("Old.get"));
        assertFalse(html.contains("<link") || html.contains("src="));
        assertFalse(html.contains("\nd="), "no difference in it");
    }

    /** The lines that begin with d= hold the difference of the frames behind them; U is for a frame that is new. */
    @Test
    void shouldTellWhatIsMoreAndWhatIsNew() throws IOException {
        final Path page = home.resolve("diff.html");
        FlameGraphs.writeDifference(BASE, HEAD, "title", "ps/op", page);
        final String html = Files.readString(page);
        assertTrue(html.contains("\nd=5\n") && html.contains("\nd=U\n"));
        assertTrue(html.contains("' ps/op'") && !html.contains("' samples'"));
        assertFalse(html.contains("Old.get"), "what only the base has is not drawn");
    }
}
