/* SPDX-License-Identifier: MIT */
/* The answer of `berth why` for people. */
#ifndef BERTH_RENDER_WHY_TEXT_H
#define BERTH_RENDER_WHY_TEXT_H

#include <stdbool.h>

struct case_facts;
struct findings;
struct strbuf;

/* One sentence; evidence in the order of the path; what to do; what was not seen. */
void why_text(struct strbuf *sb, const struct case_facts *facts, const struct findings *findings,
	      bool colour);

#endif
