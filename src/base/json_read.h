/* SPDX-License-Identifier: MIT */
/*
 * Reading JSON (RFC 8259) into a tree that lives in an arena. Meant for what other programs'
 * libraries print; depth and size are bounded, so any bytes are safe.
 */
#ifndef BERTH_BASE_JSON_READ_H
#define BERTH_BASE_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum json_kind {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_TEXT,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json_value {
	enum json_kind kind;
	bool truth;
	int64_t number; /* fractions are cut off */
	const char *text; /* JSON_TEXT: NUL-terminated; bytes behind a NUL character are lost */
	const char *key;  /* of a member of an object */
	struct json_value *first; /* elements or members */
	struct json_value *next;  /* sibling */
};

/* Parse @text. The tree is NULL-free except where documented. NULL: not JSON, or no memory. */
const struct json_value *json_read(struct arena *arena, const char *text);

/* The member @key of an object; NULL when absent, when @value is NULL or not an object. */
const struct json_value *json_get(const struct json_value *value, const char *key);
/* The text of member @key, or NULL; its number, or @otherwise. */
const char *json_get_text(const struct json_value *value, const char *key);
int64_t json_get_number(const struct json_value *value, const char *key, int64_t otherwise);

/* Over elements or members; NULL is an empty list. */
#define json_foreach(child, parent)                                                                \
	for (const struct json_value *child = (parent) ? (parent)->first : NULL; child;            \
	     child = child->next)

static inline bool json_is_text(const struct json_value *value)
{
	return value && value->kind == JSON_TEXT;
}

#endif
