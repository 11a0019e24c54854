/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * What the same operations cost when others want the same line.
 */
package org.daxref.bench.contended;
