/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.result.Git;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * A repository whose commits are built already: the jar of each is where a build would leave it.
 *
 * @param home the work tree
 */
record Repository(Path home) {

    static Repository create(final Path home) throws IOException, InterruptedException {
        final Repository repository = new Repository(home);
        repository.git("init", "-q", "-b", "main");
        Files.writeString(home.resolve(".gitignore"), "*\n!file\n");
        return repository;
    }

    private void git(final String... arguments) throws IOException, InterruptedException {
        final List<String> command = Stream.concat(Stream.of("git", "-C", home.toString(), "-c", "user.name=x", "-c",
            "user.email=x@example.org"), Arrays.stream(arguments)).toList();
        assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor(), command::toString);
    }

    void change(final String content) throws IOException {
        Files.writeString(home.resolve("file"), content);
    }

    /** Commits, and returns the commit's hash. */
    String commit(final String content) throws IOException, InterruptedException {
        change(content);
        git("add", "-f", "file", ".gitignore");
        git("commit", "-q", "-m", content);
        return new Git(home).commit("HEAD").orElseThrow();
    }

    /**
     * Leaves a commit's jar: the benchmarks' classes, and a class path to the rest.
     *
     * @param commit its hash
     * @param whole  whether the class path is there; without it no fork starts
     */
    void build(final String commit, final boolean whole) throws IOException {
        final Path jar = home.resolve("target/ab").resolve(commit + ".jar");
        Files.createDirectories(jar.getParent());
        final List<Path> all = Arrays.stream(System.getProperty("surefire.test.class.path",
            System.getProperty("java.class.path")).split(":")).map(Path::of).toList();
        final Path classes = all.stream().filter(path -> path.endsWith("benchmarks/target/classes")).findFirst()
            .orElseThrow();
        final Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        if (whole) {
            manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH,
                all.stream().map(path -> path.toUri().toString()).collect(Collectors.joining(" ")));
        }
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
             Stream<Path> files = Files.walk(classes.resolve("org/daxref/bench"))) {
            for (final Path file : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                Files.copy(file, out);
                out.closeEntry();
            }
        }
    }
}
