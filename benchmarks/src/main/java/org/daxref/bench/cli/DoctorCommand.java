/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.report.Table;
import org.daxref.bench.suite.Doctor;
import org.daxref.bench.suite.Finding;
import picocli.CommandLine;
import picocli.CommandLine.Command;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/**
 * {@code doctor}: what would spoil numbers here.
 */
@Command(name = "doctor", mixinStandardHelpOptions = true,
    description = "Says what on this machine would spoil numbers and what to do about it. Changes nothing.")
final class DoctorCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        final List<Finding> findings = new Doctor().examine();
        System.out.print(new Table(List.of("", "what", "here", "what to do"), findings.stream().map(finding -> List.of(
            finding.level().name().toLowerCase(Locale.ROOT), finding.subject(), finding.state(), finding.remedy()))
            .toList(), 4).text());
        return findings.stream().anyMatch(finding -> finding.level() == Finding.Level.BLOCKER)
            ? DaxrefCommand.BAD_INPUT : CommandLine.ExitCode.OK;
    }
}
