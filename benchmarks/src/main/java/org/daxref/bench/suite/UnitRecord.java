/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.SuiteException;
import org.openjdk.jmh.results.BenchmarkResult;
import tools.jackson.databind.JsonNode;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Base64;
import java.util.List;
import java.util.Objects;

/**
 * The journal's entry for one fork that ended.
 *
 * @param unit     which fork
 * @param attempts how often it was run
 * @param guard    what the contention guard saw
 * @param failure  why there is no result, in one sentence; null when there is one
 * @param jmh      the fork as JMH's JSON shows it, for a reader; null when it failed
 * @param result   the fork as JMH itself serialises it, from which forks are merged without loss; null when it failed
 */
public record UnitRecord(Plan.Unit unit, int attempts, GuardVerdict guard, String failure, JsonNode jmh,
                         String result) {
    private static final ObjectInputFilter JMH_ONLY =
        ObjectInputFilter.Config.createFilter(
            "maxarray=1000000;maxdepth=100;org.openjdk.jmh.**;java.lang.*;java.util.**;!*");

    /**
     * Refuses what no run wrote.
     */
    public UnitRecord {
        Objects.requireNonNull(unit);
        Objects.requireNonNull(guard);
        if ((failure == null) == (jmh == null || result == null)) {
            throw new IllegalArgumentException("a fork has a result or the reason why not: unit=" + unit);
        }
    }

    static UnitRecord of(final Plan.Unit unit, final int attempts, final GuardVerdict guard,
                         final BenchmarkResult fork) {
        try {
            final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(fork);
            }
            return new UnitRecord(unit, attempts, guard, null, Merge.entry(List.of(fork)),
                Base64.getEncoder().encodeToString(bytes.toByteArray()));
        } catch (final IOException e) {
            throw new IllegalStateException("JMH sends this object between its own processes", e);
        }
    }

    static UnitRecord failed(final Plan.Unit unit, final int attempts, final String reason) {
        return new UnitRecord(unit, attempts, GuardVerdict.NONE, reason, null, null);
    }

    /**
     * Whether the two forms of the result still tell the same.
     *
     * @return false when either was changed since it was written
     */
    boolean isIntact() {
        try {
            return failure != null || Merge.entry(List.of(fork())).equals(jmh);
        } catch (final RuntimeException e) {
            return false;
        }
    }

    /**
     * The fork as JMH knows it.
     *
     * @return the same result that JMH had in memory
     */
    BenchmarkResult fork() {
        try (ObjectInputStream in = new ObjectInputStream(
            new ByteArrayInputStream(Base64.getDecoder().decode(result)))) {
            in.setObjectInputFilter(JMH_ONLY);
            return (BenchmarkResult) in.readObject();
        } catch (final IOException | ClassNotFoundException | RuntimeException e) {
            throw new SuiteException("The journal of " + unit + " is damaged: start a new run without --resume.", e);
        }
    }
}
