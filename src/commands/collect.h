/* SPDX-License-Identifier: MIT */
/* From options to a snapshot, of this machine or of a recording; and what could not be seen. */
#ifndef BERTH_COMMANDS_COLLECT_H
#define BERTH_COMMANDS_COLLECT_H

#include <stdbool.h>

struct invocation;
struct json;
struct output;
struct request;
struct snapshot;
struct sock;

/*
 * Fill in what --netns and --source say, then answer @request from the machine, or from the file
 * that --from names. 0, or an exit code after a message. A recording answers with all it has:
 * callers still choose the sockets they want, and ask collect_wants() of each.
 */
int collect(const struct invocation *inv, struct request *request, struct snapshot **ret_snap);

/* Is @sock in a network namespace that the question is about? */
bool collect_wants(const struct snapshot *snap, const struct sock *sock);

/* Look up the names of all users that own sockets or processes (recordings bring their own). */
void collect_user_names(const struct invocation *inv, struct snapshot *snap);

/* One line on stderr for each thing that could not be seen; with --how, for each source. */
void coverage_print(const struct invocation *inv, const struct snapshot *snap);
/*
 * The end of a command that answers from @snap (NULL: it did not come to that): output_close(),
 * then coverage_print(). Returns the exit code.
 */
int answer_close(const struct invocation *inv, struct output *output, const struct snapshot *snap,
		 int code);
/* "unseen": [{"source":..., "what":..., "needs":...}], as the next key of the open object. */
void coverage_json(const struct snapshot *snap, struct json *json);

#endif
