/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/** One long-lived process whose device is removed and made again under its workers, and that must leak nothing. */
package org.daxref.soak;
