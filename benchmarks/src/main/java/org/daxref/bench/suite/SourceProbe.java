/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.suite;

import org.daxref.bench.result.Digest;
import org.daxref.bench.result.Git;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.SuiteException;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Finds out what code is being measured: the commit, what differs from it, and the classes themselves.
 */
final class SourceProbe {
    private static final List<String> NOT_RESULTS = List.of("--", ".", ":(exclude)results");
    private static final List<String> RUNNER = List.of("cli", "suite", "result", "report", "compare", "profile");

    private SourceProbe() {
    }

    /**
     * Describes the code.
     *
     * @param home the work tree
     * @return what the manifest says of it
     */
    static Manifest.Source read(final Path home) {
        final Optional<String> commit = new Git(home).commit("HEAD");
        final String changes = commit.isEmpty() ? "" : changes(home);
        final Path code = codeSource();
        return new Manifest.Source(commit.orElse("unknown"), !changes.isEmpty(),
            changes.isEmpty() ? "" : Digest.of(changes), hash(code), benchmarkClasses(code));
    }

    /**
     * Describes the code in a jar that was built from a commit as it is.
     *
     * @param build commit and jar
     * @return what the manifest says of it
     */
    static Manifest.Source read(final Build build) {
        return new Manifest.Source(build.commit(), false, "", hash(build.jar()), benchmarkClasses(build.jar()));
    }

    private static String changes(final Path home) {
        final Git git = new Git(home);
        final StringBuilder changes = new StringBuilder(
            git.ask(join(List.of("diff", "HEAD", "--binary"))).orElse(""));
        git.ask(join(List.of("ls-files", "--others", "--exclude-standard"))).stream().flatMap(String::lines)
            .forEach(file -> changes.append(file).append(' ').append(hash(home.resolve(file))).append('\n'));
        return changes.toString();
    }

    private static List<String> join(final List<String> command) {
        return Stream.concat(command.stream(), NOT_RESULTS.stream()).toList();
    }

    private static Path codeSource() {
        try {
            return Path.of(SourceProbe.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (final java.net.URISyntaxException e) {
            throw new IllegalStateException("a class path entry is always a URI", e);
        }
    }

    private static String hash(final Path path) {
        try {
            if (Files.isDirectory(path)) {
                final StringBuilder all = new StringBuilder();
                classes(path, "").forEach((name, hash) -> all.append(name).append(hash));
                return Digest.of(all.toString());
            }
            return new Digest().add(Files.readAllBytes(path)).hex();
        } catch (final IOException e) {
            return "unreadable";
        }
    }

    /**
     * Hashes the benchmark classes, each with those nested in it and without what JMH generated from it.
     *
     * @param code the jar or the folder of classes
     * @return hash by class name
     */
    static SortedMap<String, String> benchmarkClasses(final Path code) {
        try {
            if (Files.isDirectory(code)) {
                return outer(classes(code, "org/daxref/bench"));
            }
            try (FileSystem jar = FileSystems.newFileSystem(URI.create("jar:" + code.toUri()), Map.of())) {
                return outer(classes(jar.getPath("/"), "org/daxref/bench"));
            }
        } catch (final IOException e) {
            throw new SuiteException("Cannot read the classes of this build: " + e.getMessage() + ".", e);
        }
    }

    private static SortedMap<String, String> outer(final SortedMap<String, String> classes) {
        final SortedMap<String, String> outer = new TreeMap<>();
        classes.forEach((file, hash) -> {
            final String name = file.replaceAll("(\\$.*)?\\.class$", "").replace('/', '.');
            final String group = name.replaceFirst("^org\\.daxref\\.bench\\.?", "").replaceFirst("\\..*", "");
            if (!RUNNER.contains(group) && !file.contains("jmh_generated") && !file.endsWith("package-info.class")) {
                outer.merge(name, hash, (one, other) -> Digest.of(one + other));
            }
        });
        return outer;
    }

    private static SortedMap<String, String> classes(final Path root, final String under) throws IOException {
        final SortedMap<String, String> hashes = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root.resolve(under))) {
            for (final Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
                hashes.put(root.relativize(file).toString(), new Digest().add(Files.readAllBytes(file)).hex());
            }
        }
        return hashes;
    }
}
