/* SPDX-License-Identifier: MIT */
/* The path in one line: you - hop - hop - x - target. */
#ifndef BERTH_RENDER_WHY_DRAWING_H
#define BERTH_RENDER_WHY_DRAWING_H

struct case_facts;
struct prose_look;
struct strbuf;

/* Nothing when it works, for bind, and when nothing is known of the path. */
void why_drawing(struct strbuf *sb, const struct case_facts *facts, const struct prose_look *look);

#endif
