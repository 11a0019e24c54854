/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * Runs the races and judges what was seen. jcstress exits with 0 when no test matched and drops tests for which there
 * are too few CPUs, so its exit code alone proves nothing.
 */
package org.daxref.stress.gate;
