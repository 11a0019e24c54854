/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.Stream;
import org.daxref.Machine;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** S9 to S17: who waits for a page to be idle, and who wakes him. */
class WakeUpScenariosTest {

    static Stream<String> designsOfS9() {
        return Scenarios.find("S9").orElseThrow().designs().stream();
    }

    /** S9, the bug of the thread of July 2022: only 5.18 loses the wake-up, with the count at 1 all the time. */
    @ParameterizedTest
    @MethodSource("designsOfS9")
    void s9ShouldWakeTheTruncateAtTheLastUnpinExceptIn518(final String design) throws Exception {
        final Story story = Scenarios.find("S9").orElseThrow().play(design);

        assertEquals(List.of("truncate"), story.after("cuts the file off").asleep());
        final Story.Step unpinned = story.after("unpins it");
        if (design.equals(Machine.LOST_WAKEUP)) {
            assertEquals(List.of("truncate"), unpinned.asleep());
            assertEquals(1, unpinned.overdue());
            assertEquals(1, unpinned.page("page").refcount());
        } else {
            assertEquals(List.of("truncate returns"), unpinned.ended());
            assertEquals("block free", unpinned.page("page").state());
        }
    }
}
