/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
/**
 * What the benchmark classes share: the device under test and the workers that use it. The benchmark classes themselves
 * lie one package further down, by question; {@code cli}, {@code suite} and {@code result} run them and keep what they
 * say.
 */
package org.daxref.bench;
