/* SPDX-License-Identifier: MIT */
/* One value of a field as text for people or as JSON; by its type, never by the field's name. */
#ifndef BERTH_RENDER_VALUE_H
#define BERTH_RENDER_VALUE_H

struct field;
struct json;
struct strbuf;
struct value;

/* A field's value as people read it, and as JSON. */
void value_add(struct strbuf *text, const struct field *field, const struct value *value);
void value_json(struct json *json, const struct field *field, const struct value *value);

#endif
