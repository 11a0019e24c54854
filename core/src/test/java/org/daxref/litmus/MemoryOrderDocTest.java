/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.litmus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/memory-order.md names what there is: accesses of the production classes, and tests with their controls. */
class MemoryOrderDocTest {
    private static final Path DOC = Path.of("..", "docs", "memory-order.md");
    private static final Pattern METHOD = Pattern.compile("`([A-Z]\\w+)\\.(\\w+)`");
    private static final Pattern ROW =
        Pattern.compile("\\| ([A-Z]\\d+) \\| `(\\w+)\\.(\\w+)` \\| `(\\w+)` \\|");
    private static final List<String> PACKAGES = List.of("memory", "sync", "page", "pagemap", "design", "mm", "dax",
        "litmus");

    private static List<MatchResult> find(final Pattern pattern) throws IOException {
        return pattern.matcher(Files.readString(DOC)).results().toList();
    }

    @Test
    void shouldNameMethodsThatExist() throws IOException {
        for (final MatchResult method : find(METHOD)) {
            assertTrue(PACKAGES.stream().anyMatch(name -> has(name, method.group(1), method.group(2))),
                method.group());
        }
    }

    private static boolean has(final String packageName, final String className, final String method) {
        try {
            final Class<?> type = Class.forName("org.daxref." + packageName + '.' + className);
            return Arrays.stream(type.getDeclaredMethods()).map(Method::getName).anyMatch(method::equals);
        } catch (final ClassNotFoundException e) {
            return false;
        }
    }

    @Test
    void shouldNameEveryLitmusTestOnceAndEachWithAControl() throws Exception {
        final Set<String> named = new TreeSet<>();
        for (final MatchResult row : find(ROW)) {
            assertTrue(named.add(row.group(2) + '.' + row.group(3)), row.group());
            assertTrue(row.group(4).startsWith("controlShould"), row.group());
            assertTrue(tests().contains(row.group(2) + '.' + row.group(4)), row.group());
        }
        final Set<String> expected = new TreeSet<>(tests());
        expected.removeIf(name -> name.contains(".control"));
        assertEquals(expected, named);
    }

    @Test
    void shouldUseEveryNumberThatItGives() throws IOException {
        final String doc = Files.readString(DOC);
        final String tables = doc.substring(0, doc.indexOf("\n## Tests"));
        final Set<String> used = new TreeSet<>();
        Pattern.compile("\\b[PWGKU]\\d+\\b").matcher(tables).results().forEach(use -> used.add(use.group()));
        final Set<String> given = new TreeSet<>();
        find(ROW).forEach(row -> given.add(row.group(1)));
        assertEquals(given, used);
    }

    private static Set<String> tests() throws IOException, URISyntaxException, ClassNotFoundException {
        final List<Path> classes = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of(MemoryOrderDocTest.class.getResource("").toURI()))) {
            files.filter(file -> file.toString().endsWith("LitmusTest.class")).forEach(classes::add);
        }
        final Set<String> tests = new TreeSet<>();
        for (final Path file : classes) {
            final String name = file.getFileName().toString().replace(".class", "");
            for (final Method method : Class.forName("org.daxref.litmus." + name).getDeclaredMethods()) {
                if (method.isAnnotationPresent(Test.class)) {
                    tests.add(name + '.' + method.getName());
                }
            }
        }
        return tests;
    }
}
