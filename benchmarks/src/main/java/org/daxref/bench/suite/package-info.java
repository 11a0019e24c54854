/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * The runner: which forks a run consists of, in which order, one JVM each; what went wrong in them; and what of the
 * machine got in their way. Knows JMH and the run folder, but no benchmark class and no command line.
 */
package org.daxref.bench.suite;
