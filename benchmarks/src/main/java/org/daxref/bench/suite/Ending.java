/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunStatus;
import tools.jackson.databind.node.ArrayNode;

import java.util.ArrayList;
import java.util.List;

/**
 * What the forks of a run came to.
 *
 * @param merged   JMH's JSON
 * @param failures forks that gave no result
 * @param guard    what the contention guard saw of all forks
 * @param spoilt   forks that were mostly spoilt
 * @param status   what the run is worth
 * @param reasons  why it is not OK
 */
record Ending(ArrayNode merged, List<Manifest.Failure> failures, GuardVerdict guard, int spoilt, RunStatus status,
              List<String> reasons) {

    /**
     * Judges the forks.
     *
     * @param records the journal
     * @param plan    what was to be run
     * @return what they came to
     */
    static Ending of(final List<UnitRecord> records, final Plan plan) {
        final List<Manifest.Failure> failures = records.stream().filter(record -> record.failure() != null)
            .map(record -> new Manifest.Failure(record.unit().toString(), record.failure())).toList();
        final ArrayNode merged = Merge.merge(records, plan.rounds());
        final GuardVerdict guard =
            records.stream().map(UnitRecord::guard).reduce(GuardVerdict.NONE, GuardVerdict::plus);
        final int spoilt = (int) records.stream().filter(record -> record.guard().mostlySpoilt()).count();
        final int expected = plan.cells().size();
        final List<String> reasons = new ArrayList<>();
        final RunStatus status;
        if (!failures.isEmpty() || merged.size() != expected) {
            status = RunStatus.FAIL;
            reasons.add("%d of %d forks failed, %d of %d results are there; details are in failed-*.log."
                .formatted(failures.size(), records.size(), merged.size(), expected));
        } else if (plan.cells().stream().anyMatch(ForkRunner::oversubscribed)) {
            status = RunStatus.OVERSUBSCRIBED;
            reasons.add("Some cells ran more threads than there are CPUs.");
        } else if (spoilt > 0) {
            status = RunStatus.NOISY;
            reasons.add("In %d of %d forks the workers had to wait for a CPU.".formatted(spoilt, records.size()));
        } else {
            status = RunStatus.OK;
        }
        return new Ending(merged, failures, guard, spoilt, status, reasons);
    }

    /**
     * The manifest of the run at its end.
     *
     * @param start    the manifest that it began with
     * @param end      UTC, ISO 8601
     * @param load     load averages at the end
     * @param repeated forks that were run again
     * @return the final manifest
     */
    Manifest manifest(final Manifest start, final String end, final String load, final int repeated) {
        return start.ended(status, reasons, end, load, merged.size(), new Manifest.Guard(guard.judged(),
            guard.unknown(), guard.spoilt(), repeated, spoilt, GuardVerdict.RULE), failures);
    }
}
