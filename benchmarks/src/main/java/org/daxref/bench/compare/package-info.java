/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */

/**
 * Two sides of a comparison: read from wherever they are, matched key by key, judged. Statistics come from
 * commons-statistics; the bootstrap, the permutation within blocks and Holm's correction, which it lacks, are here.
 */
package org.daxref.bench.compare;
