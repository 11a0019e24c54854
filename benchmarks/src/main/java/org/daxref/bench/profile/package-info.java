/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */

/**
 * Recordings of async-profiler: what can be recorded, the stacks in it less the harness around them, and flame graphs
 * of them. The library and the drawing are async-profiler's own.
 */
package org.daxref.bench.profile;
