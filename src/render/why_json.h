/* SPDX-License-Identifier: MIT */
/* The answer of `berth why` as JSON (schema berth.why/1). */
#ifndef BERTH_RENDER_WHY_JSON_H
#define BERTH_RENDER_WHY_JSON_H

struct case_facts;
struct findings;
struct json;

/* One document and a newline. @findings ranked; .n == 0: nothing is wrong or nothing known. */
void why_json(struct json *json, const struct case_facts *facts, const struct findings *findings);

#endif
