/* SPDX-License-Identifier: MIT */
/* What the files of `berth list` share. */
#ifndef BERTH_COMMANDS_LIST_H
#define BERTH_COMMANDS_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commands/command.h"
#include "commands/list_columns.h"
#include "commands/list_select.h"
#include "commands/list_sort.h"

struct filter;
struct invocation;
struct output;
struct snapshot;

struct list {
	const struct invocation *inv;
	struct list_select select;
	struct list_columns columns;
	struct list_sort sort;
	struct filter *filter;
	uint32_t details; /* enum list_detail */
	bool processes;	  /* -p */
	bool pairs;	  /* --pairs */
	bool summary;	  /* -s */
	bool hide_queues; /* -Q */
	bool saw_query;	  /* -A */
};

extern const struct option_row list_option_rows[];

/* `berth list`, and `berth ss` where that is the invocation's command. Returns an exit code. */
int list_run(const struct invocation *inv);

/* Read the options into @list. 0, or EXIT_USAGE after a message. */
int list_parse(struct list *list);

/* Read the filter from the operands or -F into @list; filter_free() it. 0 or an exit code. */
int list_filter_parse(struct list *list);

/* Of two of the @n rows that are the ends of one connection keep the one that connected. 0 or -ENOMEM. */
int list_pairs_fold(const struct snapshot *snap, uint32_t *rows, size_t *n);
/* Print the sockets with the indexes @rows. 0 or -errno. */
int list_print(const struct list *list, const struct snapshot *snap, const uint32_t *rows,
	       size_t n_rows, struct output *output);
/* -s: counts instead of rows. 0 or -errno. */
int list_print_summary(const struct snapshot *snap, struct output *output);

#endif
