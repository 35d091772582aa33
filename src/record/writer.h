/* SPDX-License-Identifier: MIT */
/* A snapshot as a recording: NDJSON, described in docs/recording-format.md. */
#ifndef BERTH_RECORD_WRITER_H
#define BERTH_RECORD_WRITER_H

struct out;
struct snapshot;

/* The version of the format; a reader knows exactly one. */
#define RECORDING_FORMAT "berth.recording/1"

/* 0 or -errno of @out. Flushes. */
int recording_write(const struct snapshot *snap, struct out *out);

#endif
