/* SPDX-License-Identifier: MIT */
/* Read one answer of the model's language and hold what the kernel did against it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "model/verdict.h"

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* The names in "a, c: rule" or "peer-of-b": bits, and whether they are un-accepted other ends. */
static uint32_t read_names(const char *at, bool *ret_peer)
{
	uint32_t names = 0;

	*ret_peer = starts(at, "peer-of-");
	if (*ret_peer)
		at += strlen("peer-of-");
	while (at[0] >= 'a' && at[0] <= 'z' && (at[1] < 'a' || at[1] > 'z')) {
		names |= 1u << (at[0] - 'a');
		if (at[1] != ',')
			break;
		at += at[2] == ' ' ? 3 : 2;
	}
	return names;
}

static enum match match_target(const char *at, const struct answer *kernel)
{
	static const char *const replies[] = {"", "RST", "port unreachable", "ACK", "dropped"};
	bool one_of = starts(at, "one of "), each = starts(at, "each of "), peer;
	uint32_t names, got = kernel->got | kernel->peer_of;

	if (starts(at, "none"))
		return !got && kernel->delivery && starts(at, "none: ") &&
				       starts(at + 6, replies[kernel->reply]) ?
			       MATCH_YES :
			       MATCH_NO;
	if (starts(at, "self"))
		return kernel->self ? MATCH_YES : MATCH_NO;
	names = read_names(one_of ? at + 7 : each ? at + 8 : at, &peer);
	if (peer)
		return names && (kernel->peer_of & names) == names ? MATCH_YES : MATCH_NO;
	if (kernel->peer_of)
		return MATCH_NO;
	if (one_of && kernel->swept)
		return __builtin_popcount(names) > 3 ? (got & ~names ? MATCH_NO : MATCH_DICE) :
		       got == names		     ? MATCH_DICE :
						       MATCH_NO;
	if (one_of)
		return got && !(got & ~names) && !(got & (got - 1)) ? MATCH_DICE : MATCH_NO;
	return got == names ? MATCH_YES : MATCH_NO;
}

static enum match match_ok(const char *said, const struct op *op, const struct answer *kernel)
{
	const char *port = strstr(said, " port "), *peer = strstr(said, " peer ");
	const char *target = strstr(said, "-> ");
	bool set = port && starts(port, " port in ");
	enum match match = MATCH_YES;

	/* Whether a connect() meets itself hangs on the port, and a refused one's is not known. */
	if (kernel->error == ECONNREFUSED && op->kind == OP_CONNECT && set)
		return MATCH_UNSAID;
	if (kernel->error)
		return MATCH_NO;
	if (port && !set && atoi(port + 6) != kernel->port)
		return MATCH_NO;
	if (op->kind == OP_ACCEPT && peer && peer[6] - 'a' != kernel->accepted)
		return MATCH_NO;
	if (target)
		match = match_target(target + 3, kernel);
	if (match == MATCH_YES && set)
		return MATCH_DICE;
	return match;
}

enum match match_answer(const char *said, const struct model_verdict *verdict, const struct op *op,
			const struct answer *kernel)
{
	const char *name = kernel->error ? strerrorname_np(kernel->error) : NULL;

	if (starts(said, "unknown") || starts(said, "depends"))
		return MATCH_UNSAID;
	if (kernel->untried)
		return MATCH_YES;
	/* Some rolls of the dice find no port although one is left (odd ranges). */
	if (verdict && verdict->may_fail && !(name && starts(said, name)) &&
	    (kernel->error == EADDRINUSE || kernel->error == EADDRNOTAVAIL))
		return MATCH_UNSAID;
	if (starts(said, "-> ")) {
		return match_target(said + 3, kernel);
	}
	if (starts(said, "ok"))
		return match_ok(said, op, kernel);
	if (name && starts(said, name) && (said[strlen(name)] < 'A' || said[strlen(name)] > 'Z'))
		return MATCH_YES;
	return MATCH_NO;
}
