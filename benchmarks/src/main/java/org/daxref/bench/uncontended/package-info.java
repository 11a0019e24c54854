/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * What each operation costs when nobody else wants the same line.
 */
package org.daxref.bench.uncontended;
