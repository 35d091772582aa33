/* SPDX-License-Identifier: MIT */
/* Standard output as the options ask for it: format, colour, width of the screen, pager. */
#ifndef BERTH_COMMANDS_OUTPUT_H
#define BERTH_COMMANDS_OUTPUT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/out.h"

struct invocation;

struct output {
	struct out out;
	int fd;
	pid_t pager;	 /* 0: none */
	bool json;	 /* --json: one document */
	bool ndjson;	 /* --ndjson: one record a line */
	bool headings;
	bool color;
	bool may_page;
	unsigned screen; /* columns of the terminal; 0: standard output is none */
	unsigned lines;	 /* of the terminal; 0 likewise */
};

/* An out_sink: all bytes to the file descriptor at @data. 0 or -errno. */
int output_to_fd(void *data, const char *bytes, size_t len);

/* 0, or EXIT_USAGE after a message. Close in either case. */
int output_open(struct output *output, const struct invocation *inv);

/* Tables of @n_lines follow: start the pager if that is more than the screen shows. */
void output_page(struct output *output, size_t n_lines);

/*
 * Flush, wait for the pager, release. Returns @code, or EXIT_UNKNOWN after a message if not all
 * could be written; a reader who closed the pipe has seen enough, so that is no error.
 */
int output_close(struct output *output, const struct invocation *inv, int code);

#endif
