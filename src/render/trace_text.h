/* SPDX-License-Identifier: MIT */
/* A way, hop by hop, as a table and as sentences. */
#ifndef BERTH_RENDER_TRACE_TEXT_H
#define BERTH_RENDER_TRACE_TEXT_H

#include <stdbool.h>

#include "core/trace.h"

struct asked;
struct strbuf;

/* By index of the hop; NULL: none. */
struct trace_names {
	const char *of[TRACE_MAX_HOPS];
};

struct trace_look {
	bool color, headings;
	unsigned screen; /* columns; 0: not a terminal */
};

/* One line a hop. */
void trace_table(struct strbuf *sb, const struct trace *trace, const struct trace_names *names,
		 const struct trace_look *look);
/* One sentence: where the way ends and with what. */
void trace_sentence(struct strbuf *sb, const struct trace *trace, const struct asked *asked);
/* Where the largest packet shrinks, a line each; nothing when it does not. */
void trace_mtu_lines(struct strbuf *sb, const struct trace *trace);

/* "open", "refused", ...; NULL: nothing to say. */
const char *trace_answer_word(const struct trace_hop *hop);

#endif
