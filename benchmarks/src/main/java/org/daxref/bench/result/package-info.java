/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * What a run leaves behind: the run folder, its manifest, the machine it ran on, and the JMH JSON. Files here are
 * written whole or not at all, and never edited afterwards.
 */
package org.daxref.bench.result;
