/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * How long single operations take, as a distribution and not as a mean.
 */
package org.daxref.bench.latency;
