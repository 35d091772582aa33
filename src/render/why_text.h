/* SPDX-License-Identifier: MIT */
/* The answer of `berth why` for people. */
#ifndef BERTH_RENDER_WHY_TEXT_H
#define BERTH_RENDER_WHY_TEXT_H

struct case_facts;
struct findings;
struct prose_look;
struct strbuf;

/* One sentence; the path; evidence in its order; what to do; what was not seen. */
void why_text(struct strbuf *sb, const struct case_facts *facts, const struct findings *findings,
	      const struct prose_look *look);

#endif
