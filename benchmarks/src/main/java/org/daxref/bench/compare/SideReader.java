/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import org.daxref.bench.result.Git;
import org.daxref.bench.result.Json;
import org.daxref.bench.result.Manifest;
import org.daxref.bench.result.RunFolder;
import org.daxref.bench.result.SuiteException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Finds what a user calls a side: a JMH JSON file, a run folder or its name, or a commit that was measured; each of
 * them with {@code @param=value} behind it for a part of it.
 *
 * @param results where runs are stored
 * @param git     knows the commits
 * @param machine folder name of this machine, whose runs are preferred
 */
public record SideReader(Path results, Git git, String machine) {
    private static final Pattern PART = Pattern.compile("(.+)@([A-Za-z_]\\w*)=([^@]+)");
    private static final int SHORT = 10;

    /**
     * A place where a side is.
     *
     * @param label    what it is called
     * @param json     JMH's file
     * @param manifest what daxref wrote beside it; null when it is a bare JMH file
     */
    record Place(String label, Path json, Manifest manifest) {
        private String machine() {
            return manifest == null ? "" : manifest.machine().folderName();
        }

        private String profile() {
            return manifest == null ? "" : manifest.profile();
        }
    }

    /**
     * Reads all sides. Where a commit was measured more than once, the run is taken that was made on the machine and
     * with the profile of the other side, the newest of them.
     *
     * @param base what everything is compared with
     * @param heads what is compared with it
     * @return the base, then the heads
     * @throws SuiteException when one of them is not there, or damaged
     */
    List<Side> read(final String base, final List<String> heads) {
        final List<Place> bases = places(whole(base));
        final List<Place> firsts = places(whole(heads.getFirst()));
        final Place chosen = closest(bases, firsts);
        final List<Side> sides = new ArrayList<>(List.of(read(base, chosen)));
        for (final String head : heads) {
            sides.add(read(head, closest(places(whole(head)), List.of(chosen))));
        }
        return sides;
    }

    /**
     * Where a side comes from.
     *
     * @param json its file
     * @param part values of the parameters that were named behind it
     */
    public record Origin(Path json, SortedMap<String, String> part) {
    }

    /**
     * Finds where the sides of a comparison come from.
     *
     * @param base  what everything is compared with
     * @param heads what is compared with it
     * @return the base, then the heads
     * @throws SuiteException when one of them is not there, or damaged
     */
    public List<Origin> origins(final String base, final List<String> heads) {
        final List<String> names = Stream.concat(Stream.of(base), heads.stream()).toList();
        final List<Side> sides = read(base, heads);
        return IntStream.range(0, names.size())
            .mapToObj(index -> new Origin(sides.get(index).file(), part(names.get(index)))).toList();
    }

    private static SortedMap<String, String> part(final String side) {
        final Matcher named = PART.matcher(side);
        if (!named.matches()) {
            return new TreeMap<>();
        }
        final SortedMap<String, String> values = part(named.group(1));
        values.put(named.group(2), named.group(3));
        return values;
    }

    private static Place closest(final List<Place> places, final List<Place> others) {
        return places.stream().filter(place -> others.stream().anyMatch(other ->
                other.machine().equals(place.machine()) && other.profile().equals(place.profile()))).findFirst()
            .or(() -> places.stream().filter(place -> others.stream().anyMatch(other ->
                other.machine().equals(place.machine()))).findFirst())
            .orElse(places.getFirst());
    }

    private static String whole(final String side) {
        final Matcher part = PART.matcher(side);
        return part.matches() ? whole(part.group(1)) : side;
    }

    private static Side read(final String side, final Place place) {
        final Matcher part = PART.matcher(side);
        if (!part.matches()) {
            return RunReader.read(place);
        }
        final Side all = read(part.group(1), place);
        final SortedMap<Key, Measurement> matching = new TreeMap<>();
        all.measurements().forEach((key, measurement) -> {
            final SortedMap<String, String> params = new TreeMap<>(key.params());
            if (part.group(3).equals(params.remove(part.group(2)))) {
                final Key rest = new Key(key.benchmark(), key.mode(), params, key.threads(), key.metric());
                matching.put(rest, new Measurement(rest, measurement.unit(), measurement.forks(),
                    measurement.conditions()));
            }
        });
        if (matching.isEmpty()) {
            throw new SuiteException(
                "Nothing in " + place.json() + " has " + part.group(2) + "=" + part.group(3) + ".");
        }
        return new Side(side, matching, all.cautions(), all.machine(), all.file());
    }

    private List<Place> places(final String side) {
        return path(side).map(List::of).or(() -> stored(side)).orElseGet(() -> measured(side));
    }

    private static Optional<Place> path(final String side) {
        try {
            final Path path = Path.of(side);
            if (Files.isDirectory(path)) {
                return Optional.of(folder(name(path), path));
            }
            if (!Files.exists(path)) {
                return Optional.empty();
            }
            final Path folder = path.toAbsolutePath().getParent();
            return Optional.of(path.endsWith("jmh.json") && Files.exists(folder.resolve("manifest.json"))
                ? folder(name(folder), folder) : new Place(side, path, null));
        } catch (final InvalidPathException e) {
            return Optional.empty();
        }
    }

    /** The folder's own name: what is printed may be published, and where the folder lies is nobody's business. */
    private static String name(final Path folder) {
        return folder.toAbsolutePath().normalize().getFileName().toString();
    }

    private Optional<List<Place>> stored(final String name) {
        final List<Path> folders = folders().filter(folder -> folder.getFileName().toString().equals(name)).toList();
        return folders.isEmpty() ? Optional.empty()
            : Optional.of(folders.stream().map(folder -> folder(name, folder)).toList());
    }

    private static Place folder(final String label, final Path folder) {
        if (Files.isDirectory(folder.resolve("base")) && Files.isDirectory(folder.resolve("head"))) {
            throw new SuiteException(folder + " holds both sides of an A/B run: name " + folder.resolve("base")
                + " and " + folder.resolve("head") + ".");
        }
        final Path json = folder.resolve("jmh.json");
        if (!Files.exists(json)) {
            throw new SuiteException(folder.toString().endsWith(RunFolder.PARTIAL)
                ? folder + " is a run that was stopped: go on with it by --resume, then compare."
                : folder + " is no run folder: there is no jmh.json in it.");
        }
        final Path manifest = folder.resolve("manifest.json");
        return new Place(label, json, Files.exists(manifest) ? Json.read(manifest, Manifest.class) : null);
    }

    private List<Place> measured(final String name) {
        final String commit = git.commit(name).orElseThrow(() -> new SuiteException(
            "'" + name + "' is neither a file, nor a run folder, nor a commit of this repository."));
        final List<Place> all = folders().filter(folder -> Files.exists(folder.resolve("jmh.json")))
            .flatMap(folder -> manifest(folder).stream()
                .filter(manifest -> manifest.source().commit().equals(commit))
                .map(manifest -> new Place(name.equals(commit) ? commit.substring(0, SHORT)
                    : name + " (" + commit.substring(0, SHORT) + ")", folder.resolve("jmh.json"), manifest)))
            .sorted(Comparator.comparing((Place place) -> !place.machine().equals(machine))
                .thenComparing(place -> place.manifest().started(), Comparator.reverseOrder())).toList();
        final List<Place> clean = all.stream().filter(place -> !place.manifest().source().dirty()).toList();
        if (clean.isEmpty()) {
            throw new SuiteException("Commit " + commit.substring(0, SHORT) + " ('" + name + "') was "
                + (all.isEmpty() ? "never measured" : "only measured with uncommitted changes on top")
                + ": run ./run-bench.sh with it checked out, or measure both sides by ./run-bench.sh ab.");
        }
        return clean;
    }

    private static Optional<Manifest> manifest(final Path folder) {
        try {
            return Optional.of(Json.read(folder.resolve("manifest.json"), Manifest.class));
        } catch (final SuiteException e) {
            return Optional.empty();
        }
    }

    private Stream<Path> folders() {
        if (!Files.isDirectory(results)) {
            return Stream.empty();
        }
        try (Stream<Path> folders = Files.find(results, 2, (path, attributes) -> attributes.isDirectory())) {
            return folders.filter(folder -> results.relativize(folder).getNameCount() == 2).sorted().toList().stream();
        } catch (final IOException e) {
            throw new SuiteException("Cannot read " + results + ".", e);
        }
    }
}
