/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.cli;

import org.daxref.bench.result.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** What may happen to a JSON file: on a disk, in an editor, and by a program that writes another kind of JSON. */
final class Damage {
    private static final int DEEP = 2000;
    private static final List<String> OTHERS = List.of("", " ", "null", "{}", "[]", "[null]", "[[]]", "{\"a\":1}", "7",
        "\"text\"", "true", "{", "\u0000", "NaN", "[".repeat(DEEP), "{\"status\":null}", "{} {}");
    private static final List<String> VALUES = List.of("null", "0", "-1", "1", "2147483648", "1e400", "1.5", "\"\"",
        "\"text\"", "\"../../x\"", "\"\\u0000\"", "true", "[]", "{}", "[null]", "{\"a\":null}",
        "[".repeat(100) + "]".repeat(100));

    private Damage() {
    }

    static byte[] of(final byte[] whole, final Random random) {
        final byte[] damaged = whole.clone();
        final int at = random.nextInt(whole.length);
        switch (random.nextInt(8)) {
            case 0 -> damaged[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
            case 1 -> random.nextBytes(damaged);
            case 2 -> {
                return Arrays.copyOf(whole, at);
            }
            case 3 -> Arrays.fill(damaged, at, Math.min(whole.length, at + 1 + random.nextInt(512)), (byte) 0);
            case 4 -> {
                return bytes(Fuzz.oneOf(random, OTHERS));
            }
            default -> {
                return bytes(Json.write(changed(whole, random)));
            }
        }
        return damaged;
    }

    private static byte[] bytes(final String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static JsonNode changed(final byte[] whole, final Random random) {
        final JsonNode tree = Json.parse(new String(whole, StandardCharsets.UTF_8));
        final List<JsonNode> containers = new ArrayList<>();
        collect(tree, containers);
        final JsonNode value = Json.parse(Fuzz.oneOf(random, VALUES));
        switch (Fuzz.oneOf(random, containers)) {
            case final ObjectNode object -> {
                final String name = Fuzz.oneOf(random, List.copyOf(object.propertyNames()));
                if (Fuzz.oneIn(random, 3)) {
                    object.remove(name);
                } else {
                    object.set(name, value);
                }
            }
            case final ArrayNode array -> {
                if (Fuzz.oneIn(random, 3)) {
                    array.remove(random.nextInt(array.size()));
                } else {
                    array.set(random.nextInt(array.size()), value);
                }
            }
            default -> throw new IllegalStateException("only these hold others");
        }
        return tree;
    }

    private static void collect(final JsonNode node, final List<JsonNode> containers) {
        if (node.isContainer() && !node.isEmpty()) {
            containers.add(node);
            node.forEach(child -> collect(child, containers));
        }
    }
}
