/* SPDX-License-Identifier: MIT */
/* The answer of `berth why` as JSON (schema berth.why/1) and as text for people. */
#ifndef BERTH_RENDER_WHY_JSON_H
#define BERTH_RENDER_WHY_JSON_H

#include <stdbool.h>

struct case_facts;
struct findings;
struct strbuf;

/* One JSON document and a newline. @findings ranked; .n == 0: nothing is wrong or nothing known. */
void why_json(struct strbuf *sb, const struct case_facts *facts, const struct findings *findings);

#endif
