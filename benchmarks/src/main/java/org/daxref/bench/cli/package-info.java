/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * The command line: what {@code run-bench.sh} hands over to. Reads options, prints sentences, and knows exit codes.
 */
package org.daxref.bench.cli;
