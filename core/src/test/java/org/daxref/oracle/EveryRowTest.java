/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** Every row of the observations is either held against the model, or said not to be, and why. */
class EveryRowTest {
    private static final List<Class<?>> TESTS = List.of(LifeOfOnePageTest.class, BlockingTest.class,
        WhileItWaitsTest.class, UnbindTest.class, WhoMayPinTest.class);

    private static Stream<Method> tests() {
        return TESTS.stream().flatMap(test -> Stream.of(test.getDeclaredMethods()))
            .filter(method -> method.isAnnotationPresent(ParameterizedTest.class));
    }

    private static Set<OracleRow> tested() {
        final Set<OracleRow> rows = EnumSet.noneOf(OracleRow.class);
        Stream.of(LifeOfOnePageTest.table(), BlockingTest.table(), WhoMayPinTest.table())
            .forEach(table -> table.forEach(rows::add));
        tests().forEach(method -> rows.addAll(List.of(method.getAnnotation(Observed.class).value())));
        return rows;
    }

    @Test
    void shouldNameTheRowsOfEveryTest() {
        assertEquals(List.of(), tests().filter(method -> !method.isAnnotationPresent(Observed.class)).toList());
    }

    @Test
    void shouldTestOrListEveryRowAndNoneTwice() {
        final Set<OracleRow> missing = EnumSet.allOf(OracleRow.class);
        missing.removeAll(tested());
        for (final NotModelled row : NotModelled.values()) {
            assertTrue(missing.remove(row.row()), () -> "tested, or listed twice: " + row);
            assertFalse(row.reason().isBlank(), row::name);
        }
        assertEquals(Set.of(), missing);
    }
}
