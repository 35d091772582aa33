/* SPDX-License-Identifier: MIT */
/* What the port rules say of a bind(), as a part of the answers of 'berth why'. */
#ifndef BERTH_RENDER_WHY_RULES_H
#define BERTH_RENDER_WHY_RULES_H

struct bind_rules;
struct json;
struct strbuf;

/* The value of "rules": an object. */
void why_rules_json(struct json *json, const struct bind_rules *rules);
/* Lines for people. */
void why_rules_text(struct strbuf *sb, const struct bind_rules *rules);

#endif
