/*
 * Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
 */
package org.daxref.oracle;

/** Rows that no test holds the model to, because it has not got what they speak of. */
enum NotModelled {
    PRIVATE_FAULTS(OracleRow.PRIVATE_FAULTS, "there is no anonymous memory: every mapping is shared"),
    REFLINK_MAPPING_6_1(OracleRow.REFLINK_MAPPING_6_1,
        "the design of the old era keeps the number of sharers apart as 6.12 does, not in the index as 6.1"),
    REFLINK_READ_PIN_6_12(OracleRow.REFLINK_READ_PIN_6_12,
        "no page is anonymous, so nothing asks to unshare it; the design of the old era pins as 6.1 does"),
    THE_PIPE(OracleRow.THE_PIPE, "there is no pipe: what vmsplice takes is a FOLL_GET, which stands for it"),
    COLLAPSE(OracleRow.COLLAPSE,
        "the file systems move no blocks; a collapse breaks layouts by the call that truncate and punch use"),
    TIME_TO_END(OracleRow.TIME_TO_END, "a time of an emulated CPU"),
    UNLINK_IN_THE_BACKGROUND(OracleRow.UNLINK_IN_THE_BACKGROUND, "there is no background: blocks are freed at once"),
    REBIND(OracleRow.REBIND, "nothing of a file system is kept on its device, so there is nothing to mount or check"),
    NOTIFICATION_6_1(OracleRow.NOTIFICATION_6_1, "the design of the old era tells the holder as 6.12 does"),
    EXT4_STUCK_UMOUNT(OracleRow.EXT4_STUCK_UMOUNT, "an oops ends no thread here, so nothing is stuck behind it"),
    XFS_SPIN(OracleRow.XFS_SPIN,
        "the negated 32-bit count of mf_dax_kill_procs is a bug beside the counting; the model's unbind returns"),
    LONGTERM_PRIVATE(OracleRow.LONGTERM_PRIVATE, PRIVATE_FAULTS.reason),
    LONGTERM_ANONYMOUS(OracleRow.LONGTERM_ANONYMOUS, PRIVATE_FAULTS.reason),
    IO_URING(OracleRow.IO_URING, "a registered buffer is a FOLL_LONGTERM pin with a table around it"),
    HWPOISON(OracleRow.HWPOISON, "memory does not fail here");

    private final OracleRow row;
    private final String reason;

    NotModelled(final OracleRow row, final String reason) {
        this.row = row;
        this.reason = reason;
    }

    OracleRow row() {
        return row;
    }

    String reason() {
        return reason;
    }
}
