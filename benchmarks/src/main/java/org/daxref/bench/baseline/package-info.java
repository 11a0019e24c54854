/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * Controls: what the harness, the access seam, bare atomics and the reference counts of others cost, so that every
 * other number can be read against them.
 */
package org.daxref.bench.baseline;
