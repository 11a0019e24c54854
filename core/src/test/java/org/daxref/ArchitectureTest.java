/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which package may use which: bottom to top, and nothing of the benchmarks. */
class ArchitectureTest {
    private static JavaClasses core;

    @BeforeAll
    static void setUp() {
        System.setProperty("slf4j.internal.verbosity", "ERROR");
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        core = new ClassFileImporter().importUrl(Machine.class.getProtectionDomain().getCodeSource().getLocation());
    }

    /** sync and device lie side by side on memory: neither uses the other. */
    @Test
    void shouldUseOnlyPackagesBelow() {
        layeredArchitecture().consideringOnlyDependenciesInLayers()
            .layer("memory").definedBy("org.daxref.memory")
            .layer("device").definedBy("org.daxref.device")
            .layer("sync").definedBy("org.daxref.sync")
            .layer("page").definedBy("org.daxref.page")
            .layer("pagemap").definedBy("org.daxref.pagemap")
            .layer("design").definedBy("org.daxref.design")
            .layer("mm").definedBy("org.daxref.mm")
            .layer("dax").definedBy("org.daxref.dax")
            .layer("root").definedBy("org.daxref")
            .layer("scenario").definedBy("org.daxref.scenario")
            .whereLayer("scenario").mayNotBeAccessedByAnyLayer()
            .whereLayer("root").mayOnlyBeAccessedByLayers("scenario")
            .whereLayer("dax").mayOnlyBeAccessedByLayers("root", "scenario")
            .whereLayer("mm").mayOnlyBeAccessedByLayers("dax", "root", "scenario")
            .whereLayer("design").mayOnlyBeAccessedByLayers("mm", "dax", "root", "scenario")
            .whereLayer("pagemap").mayOnlyBeAccessedByLayers("design", "mm", "dax", "root", "scenario")
            .whereLayer("device").mayOnlyBeAccessedByLayers("pagemap", "design", "mm", "dax", "root", "scenario")
            .whereLayer("sync").mayOnlyBeAccessedByLayers("page", "pagemap", "design", "mm", "dax", "root", "scenario")
            .whereLayer("page").mayOnlyBeAccessedByLayers("pagemap", "design", "mm", "dax", "root", "scenario")
            .check(core);
    }

    @Test
    void shouldBelongToALayer() {
        classes().should().resideInAnyPackage("org.daxref", "org.daxref.memory", "org.daxref.device",
            "org.daxref.sync", "org.daxref.page", "org.daxref.pagemap", "org.daxref.design", "org.daxref.mm",
            "org.daxref.dax", "org.daxref.scenario").check(core);
    }

    /** A layout is constants and what follows from them, and nothing that could be made or changed. */
    @Test
    void shouldHaveDescriptorsThatOnlyDescribe() {
        classes().that().haveSimpleNameEndingWith("Descriptor").should().haveModifier(JavaModifier.FINAL)
            .andShould().haveOnlyPrivateConstructors().andShould().haveOnlyFinalFields().check(core);
    }

    @Test
    void shouldHaveNoCycles() {
        slices().matching("org.daxref.(*)..").should().beFreeOfCycles().check(core);
    }

    @Test
    void shouldNotKnowTheBenchmarks() {
        noClasses().should().dependOnClassesThat(resideInAPackage("org.openjdk.jmh..")
            .or(resideInAPackage("org.daxref.bench.."))).check(core);
    }
}
