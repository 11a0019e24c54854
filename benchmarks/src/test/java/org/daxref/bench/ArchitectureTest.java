/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

class ArchitectureTest {
    private static final String RUNNER = "org.daxref.bench.(cli|suite|report|compare|profile|result)..";
    private static final JavaClasses CLASSES = new ClassFileImporter()
        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("org.daxref.bench");

    @Test
    void shouldUseOnlyLowerLayers() {
        layeredArchitecture().consideringOnlyDependenciesInLayers()
            .layer("cli").definedBy("org.daxref.bench.cli..")
            .layer("suite").definedBy("org.daxref.bench.suite..")
            .layer("report").definedBy("org.daxref.bench.report..")
            .layer("compare").definedBy("org.daxref.bench.compare..")
            .layer("profile").definedBy("org.daxref.bench.profile..")
            .layer("result").definedBy("org.daxref.bench.result..")
            .whereLayer("cli").mayNotBeAccessedByAnyLayer()
            .whereLayer("suite").mayOnlyBeAccessedByLayers("cli")
            .whereLayer("report").mayOnlyBeAccessedByLayers("cli")
            .whereLayer("compare").mayOnlyBeAccessedByLayers("cli", "report")
            .whereLayer("profile").mayOnlyBeAccessedByLayers("cli", "suite", "report")
            .whereLayer("result").mayOnlyBeAccessedByLayers("cli", "suite", "report", "compare", "profile")
            .check(CLASSES);
    }

    @Test
    void shouldKeepBenchmarksAndRunnerApart() {
        noClasses().that().resideOutsideOfPackages("org.daxref.bench.cli..", "org.daxref.bench.suite..",
            "org.daxref.bench.report..", "org.daxref.bench.compare..", "org.daxref.bench.result..",
            "org.daxref.bench.profile..")
            .should().dependOnClassesThat().resideInAPackage(RUNNER).check(CLASSES);
        noClasses().that().resideInAPackage(RUNNER).should().dependOnClassesThat().resideInAnyPackage(
            "org.daxref.bench", "org.daxref.bench.baseline..", "org.daxref.bench.asymmetric..",
            "org.daxref.bench.uncontended..", "org.daxref.bench.contended..",
            "org.daxref.bench.latency..").check(CLASSES);
    }
}
