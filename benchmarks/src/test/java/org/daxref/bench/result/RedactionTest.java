/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.result;

import org.junit.jupiter.api.Test;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

class RedactionTest {
    @Test
    void shouldReplacePathsAndNothingElse() {
        assertEquals(List.of("run", "--device", "PATH", "--out=PATH", "--filter", "Pin.*/x", "-jvmArgsAppend",
                "-Xlog:gc:file=PATH", "-Dfolder=PATH", "-Ddaxref.hlog=PATH", "-Xmx256m"),
            Redaction.of(List.of("run", "--device", "pmem.img", "--out=mine", "--filter", "Pin.*/x", "-jvmArgsAppend",
                "-Xlog:gc:file=/home/me/gc.log", "-Dfolder=~/results", "-Ddaxref.hlog=/tmp/units/0001.hlog",
                "-Xmx256m")));
    }
}
