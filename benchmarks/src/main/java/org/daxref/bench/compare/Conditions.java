/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.bench.compare;

import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Facts under which a number came to be, by name. Where two sides disagree about one of them, their numbers are not
 * about the code. What only one side knows, as when the other is a bare JMH file, cannot disagree.
 *
 * @param facts value by name of the fact
 */
record Conditions(SortedMap<String, String> facts) {

    /**
     * Leaves out what is not known.
     */
    Conditions {
        facts = new TreeMap<>(facts);
        facts.values().removeIf(Objects::isNull);
    }

    /**
     * Says in what two measurements differ besides the code.
     *
     * @param other the other side's
     * @return names of the facts with both values where they are short
     */
    List<String> differences(final Conditions other) {
        return facts.entrySet().stream()
            .filter(fact -> other.facts.containsKey(fact.getKey())
                && !other.facts.get(fact.getKey()).equals(fact.getValue()))
            .map(fact -> describe(fact.getKey(), fact.getValue(), other.facts.get(fact.getKey()))).toList();
    }

    private static String describe(final String name, final String one, final String another) {
        final int most = 60;
        return one.length() + another.length() > most ? name : name + " (" + one + ", " + another + ")";
    }
}
