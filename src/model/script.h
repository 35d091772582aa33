/* SPDX-License-Identifier: MIT */
/*
 * The line language of `berth model`: sockets, calls and packets in, one answer a line out.
 * docs/model.md describes it. Pure: text in, answers out through a callback.
 */
#ifndef BERTH_MODEL_SCRIPT_H
#define BERTH_MODEL_SCRIPT_H

#include "model/deliver.h"
#include "model/ops.h"

struct script_options {
	const struct model_behaviour *behaviour; /* NULL: the latest */
	const enum model_rule *without;		 /* rules to live without */
	size_t n_without;
};

enum script_kind { SCRIPT_DONE, SCRIPT_VERDICT, SCRIPT_DELIVERY };

/* One answer; valid during the callback. */
struct script_answer {
	unsigned line;
	const char *op;	    /* "bind", "socket", "host" ... */
	const char *socket; /* the socket it is about, or NULL */
	const char *text;   /* the answer: "EADDRINUSE held by a: reuseport-uid" */
	const char *reason; /* lines of explanation, each ended by a newline; "" for none */
	enum script_kind kind;
	const struct model_verdict *verdict;   /* of SCRIPT_VERDICT */
	const struct model_delivery *delivery; /* of SCRIPT_DELIVERY */
	const char *holder;		       /* name of the socket in the way, or NULL */
	const char *const *sockets;	       /* names of a delivery's receivers */
	uint32_t n_sockets;
	uint16_t low, high; /* the range a port was chosen from */
};

struct script_error {
	unsigned line, column; /* from 1 */
	char text[160];
};

typedef void script_answer_fn(const struct script_answer *answer, void *data);

struct script;

/*
 * Line by line: @options (may be NULL: defaults) must live as long as the script. NULL: no memory.
 * A line that fails changes nothing but may have half-declared a socket; the next may follow.
 */
struct script *model_script_new(const struct script_options *options, script_answer_fn *answer,
				void *data);
/* One line, without its newline. 0, -EINVAL with @ret_error set, or -ENOMEM (then only free). */
int model_script_line(struct script *script, const char *line, size_t len,
		      struct script_error *ret_error);
void model_script_free(struct script *script);

/*
 * Run @len bytes of @text. 0, or -EINVAL with @ret_error set (answers up to there were given),
 * or -ENOMEM.
 */
int model_script_run(const char *text, size_t len, const struct script_options *options,
		     script_answer_fn *answer, void *data, struct script_error *ret_error);

#endif
