/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * What is made of stored results for people to read. Works from the run folder alone, so that it says the same about a
 * run of today and one of last year.
 */
package org.daxref.bench.report;
