/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The script itself, in a work tree of its own, with a JDK and a Maven that only say what they were asked to do. */
class ScriptTest {
    private static final List<String> TOOLS = List.of("bash", "env", "grep", "find", "dirname", "readlink", "cat",
        "touch");
    private static final String JAVA = "#!/bin/bash\necho \"java $*\"\n";
    private static final String FLAGS = "--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
        + " --add-exports=java.base/jdk.internal.misc=ALL-UNNAMED";

    @TempDir
    private Path folder;
    private Path tree;
    private Path jdk;
    private Path jar;

    @BeforeEach
    void layOutAWorkTree() throws IOException {
        folder = folder.toRealPath();
        tree = Files.createDirectories(folder.resolve("tree"));
        for (final String file : List.of("pom.xml", "core/pom.xml", "core/src/main/Core.java", "benchmarks/pom.xml",
            "benchmarks/src/main/Bench.java")) {
            Files.createDirectories(tree.resolve(file).getParent());
            Files.writeString(tree.resolve(file), "text");
            Files.setLastModifiedTime(tree.resolve(file), FileTime.from(Instant.EPOCH));
        }
        Files.copy(Path.of("..", "run-bench.sh"), tree.resolve("run-bench.sh"));
        jar = Files.createDirectories(tree.resolve("benchmarks/target")).resolve("daxref-benchmarks.jar");
        jdk = jdk("jdk", "25.0.1");
        Files.createDirectories(folder.resolve("bin"));
        for (final String tool : TOOLS) {
            tool(tool);
        }
    }

    /** Lets the script find a tool; what else is installed beside it stays hidden. */
    private void tool(final String name) throws IOException {
        final Path usual = Path.of("/usr/bin", name);
        program(folder.resolve("bin").resolve(name),
            "#!/bin/bash\nexec " + (Files.exists(usual) ? usual : Path.of("/bin", name)) + " \"$@\"\n");
    }

    private Path jdk(final String name, final String version) throws IOException {
        final Path home = folder.resolve(name);
        program(home.resolve("bin/java"), JAVA);
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"Somebody\"\nJAVA_VERSION=\"" + version + "\"\n");
        return home;
    }

    private static void program(final Path path, final String text) throws IOException {
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void maven(final String text) throws IOException {
        program(folder.resolve("bin/mvn"), "#!/bin/bash\necho \"mvn $*\"\n" + text);
    }

    private Cli.Ended run(final Map<String, String> variables, final List<String> command)
        throws IOException, InterruptedException {
        final Path out = folder.resolve("out");
        final Path err = folder.resolve("err");
        final ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile())
            .redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", folder.resolve("bin").toString());
        builder.environment().put("HOME", folder.toString());
        builder.environment().putAll(variables);
        return new Cli.Running(builder.start(), out, err).await();
    }

    private Cli.Ended run(final String... arguments) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(List.of(tree.resolve("run-bench.sh").toString()));
        command.addAll(List.of(arguments));
        return run(Map.of("JAVA_HOME", jdk.toString()), command);
    }

    private String handedOver(final String arguments) {
        return "java " + FLAGS + " -Ddaxref.home=" + tree + " -jar " + jar + (arguments.isEmpty() ? "" : " "
            + arguments)
            + "\n";
    }

    @Test
    void shouldHandOverToJava() throws IOException, InterruptedException {
        Files.writeString(jar, "jar");
        assertEquals(new Cli.Ended(0, handedOver("--filter A|B list"), ""), run("--filter", "A|B", "list"));
    }

    @Test
    void shouldWorkThroughASymbolicLinkFromAnotherFolder() throws IOException, InterruptedException {
        Files.writeString(jar, "jar");
        final Path link = Files.createSymbolicLink(folder.resolve("bench"), Path.of("tree/run-bench.sh"));
        assertEquals(new Cli.Ended(0, handedOver(""), ""),
            run(Map.of("JAVA_HOME", jdk.toString()), List.of(link.toString())));
    }

    @Test
    void shouldFindTheJdkOfAnotherVariableWhenJavaHomeIsOlder() throws IOException, InterruptedException {
        Files.writeString(jar, "jar");
        assertEquals(new Cli.Ended(0, handedOver("list"), ""),
            run(Map.of("JAVA_HOME", jdk("old", "17.0.9").toString(), "JAVA_25_HOME", jdk.toString()),
                List.of(tree.resolve("run-bench.sh").toString(), "list")));
    }

    @Test
    void shouldBuildWhatIsMissingOrOlderThanItsSources() throws IOException, InterruptedException {
        maven("touch benchmarks/target/daxref-benchmarks.jar\n");
        final Cli.Ended built = new Cli.Ended(0, handedOver("list"), "Building ...\nmvn -q -B -DskipTests package\n");
        final Cli.Ended fresh = new Cli.Ended(0, handedOver("list"), "");
        assertEquals(built, run("list"), "missing");
        assertEquals(fresh, run("list"), "there");
        for (final String file : List.of("pom.xml", "core/src/main/Core.java", "benchmarks/src/main/Bench.java")) {
            Files.setLastModifiedTime(tree.resolve(file), FileTime.from(Instant.now().plusSeconds(60)));
            assertEquals(built, run("list"), file + " is newer");
            Files.setLastModifiedTime(tree.resolve(file), FileTime.from(Instant.EPOCH));
        }
    }

    @Test
    void shouldSayThatThereIsNoMaven() throws IOException, InterruptedException {
        run("list").assertRefused("Maven was not found, and it is needed to build: install Maven 3.8 or later.");
    }

    @Test
    void shouldSayThatTheBuildFailed() throws IOException, InterruptedException {
        maven("exit 1\n");
        final Cli.Ended ended = run("list");
        assertEquals(new Cli.Ended(2, "", "Building ...\nmvn -q -B -DskipTests package\nThe build failed; its messages"
            + " stand above, and mvn -DskipTests package in " + tree + " shows them again.\n"), ended);
    }

    @Test
    void shouldSayThatThereIsNoJdk25() throws IOException, InterruptedException {
        Files.writeString(jar, "jar");
        final Path empty = Files.createDirectories(folder.resolve("empty"));
        tool("mount");
        tool("unshare");
        final Map<String, String> variables = Map.of("JAVA_HOME", jdk("old", "17.0.9").toString(), "JAVA_25_HOME",
            jdk("early", "25-ea").toString(), "JAVA_21_HOME", jdk("newer", "26").toString());
        final Cli.Ended hidden = run(Map.of(), List.of("unshare", "-m", "mount", "--bind", empty.toString(),
            "/usr/lib/jvm"));
        Assumptions.assumeTrue(hidden.exit() == 0, "hiding the installed JDKs takes root");
        run(variables, List.of("unshare", "-m", "bash", "-c", "mount --bind " + empty + " /usr/lib/jvm && "
            + tree.resolve("run-bench.sh") + " list"))
            .assertRefused("No JDK 25 was found: install one, or point JAVA_HOME at it.");
    }
}
