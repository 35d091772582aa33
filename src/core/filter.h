/* SPDX-License-Identifier: MIT */
/*
 * The filter language: ss's grammar with the precedence its manual promises (not, and, or), and
 * every field as a predicate.
 *
 *	FILTER	  := [ {state|exclude} STATE ]... [ EXPRESSION ], both of which must hold
 *	predicate := ( EXPRESSION ) | not predicate | {state|exclude} STATE ... | {src|dst} [=|!=] HOST
 *		   | {sport|dport} [OP] PORTS | dev [=|!=] NAME | fwmark [=|!=] MARK[/MASK]
 *		   | cgroup [=|!=] PATH | autobound | FIELD OP VALUE | FIELD VALUE | BOOLEAN-FIELD
 *
 * Two predicates side by side are joined by and. A field with several values (pid, comm) matches
 * if any of them does; != and !~ are the negation of = and ~. A field without a value matches no
 * comparison, so `not pid = *` is "held by nobody". Texts: = is exact, or a wildcard if it has * or ?;
 * ~ finds part of it in either case. Numbers: lists 80,443 and ranges 8000-8100; k, M, G; durations.
 */
#ifndef BERTH_CORE_FILTER_H
#define BERTH_CORE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/host_match.h"

struct filter;
struct names;
struct parse_error;
struct request;
struct snapshot;
struct sock;

struct filter_context {
	const struct names *names;	   /* may be NULL */
	enum host_match_default otherwise; /* the family of a HOST that names none */
};

/* A new filter in @ret (filter_free() it). 0, -ENOMEM, or -EINVAL with @error set. */
int filter_parse(const char *text, const struct filter_context *context, struct filter **ret,
		 struct parse_error *error);
void filter_free(struct filter *filter);
static inline void filter_freep(struct filter **filter)
{
	filter_free(*filter);
}

/* Is @sock of @snap what was asked for? A filter of no words matches everything. */
bool filter_matches(const struct filter *filter, const struct snapshot *snap,
		    const struct sock *sock);

/*
 * Add the facts that @filter looks at to @request, and take from it the protocols, states,
 * families and ports that no matching socket can have.
 */
void filter_narrow(const struct filter *filter, struct request *request);

/* Does it speak of states? Then the command's own choice of states does not apply. */
bool filter_names_states(const struct filter *filter);

#endif
