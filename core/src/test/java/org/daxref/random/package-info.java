/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/** Random operations of several threads on a small device, under the invariants. */
package org.daxref.random;
