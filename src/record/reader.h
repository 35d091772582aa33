/* SPDX-License-Identifier: MIT */
/*
 * A recording line by line into a snapshot. The reader opens no file: whoever has the lines hands
 * them over, so it can be fed from a file, a pipe or a test.
 */
#ifndef BERTH_RECORD_READER_H
#define BERTH_RECORD_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/json_in.h"

struct snapshot;

struct recording_reader {
	struct snapshot *snap; /* owned until recording_finish() */
	struct json_in in;
	uint64_t line;	 /* of the last line given, from 1 */
	bool indexed;
	bool ended;
	char error[160]; /* "expected a number (recv_queue, column 31)" */
};

/* 0 or -ENOMEM. Release in either case. */
int recording_reader_init(struct recording_reader *reader);
void recording_reader_release(struct recording_reader *reader);

/* Take one line, without its newline. 0, -EBADMSG with .error set, or -ENOMEM. */
int recording_line(struct recording_reader *reader, const char *line, size_t len);

/* After the last line: give the indexed snapshot to the caller. Errors as above. */
int recording_finish(struct recording_reader *reader, struct snapshot **ret_snap);

#endif
