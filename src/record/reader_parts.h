/* SPDX-License-Identifier: MIT */
/* What the files of the reader share; nobody else includes this. */
#ifndef BERTH_RECORD_READER_PARTS_H
#define BERTH_RECORD_READER_PARTS_H

#include "record/reader.h"

struct member;

/* How to read an object: @special may take keys that are no member (1 taken, 0 not, or -errno). */
struct record_shape {
	const struct member *members;
	int (*special)(struct recording_reader *reader, const char *key, void *data);
	void *data;
};

/* Read the rest of the open object into @record. 0 or -errno. */
int record_object(struct recording_reader *reader, const struct record_shape *shape, void *record);

/* Remember what is wrong; returns -EBADMSG. */
int record_bad(struct recording_reader *reader, const char *what);

/* The rest of a "host" record. 0 or -errno. */
int record_host(struct recording_reader *reader);

#endif
