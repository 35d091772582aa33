/* SPDX-License-Identifier: MIT */
/*
 * A strict pull parser for one JSON text (RFC 8259) in memory: no tree, the caller asks for what
 * it expects. After the first error every call fails and .error says what was expected.
 */
#ifndef BERTH_RECORD_JSON_IN_H
#define BERTH_RECORD_JSON_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

struct json_in {
	const char *start, *at, *end;
	const char *error; /* "expected a number"; NULL: none yet */
	bool first;	   /* nothing of the innermost object or array was read yet */
	struct strbuf text; /* of the last key or string, JSON's escapes undone */
};

void json_in_init(struct json_in *in, const char *text, size_t len);
/* The same on another text, keeping the memory. */
void json_in_reset(struct json_in *in, const char *text, size_t len);
void json_in_release(struct json_in *in);

/* Enter an object; then json_in_key() until false (the end, or an error). The key is in .text. */
bool json_in_object(struct json_in *in);
bool json_in_key(struct json_in *in);
/* Enter an array; then json_in_item() before each value until false. */
bool json_in_array(struct json_in *in);
bool json_in_item(struct json_in *in);

bool json_in_u64(struct json_in *in, uint64_t max, uint64_t *ret);
bool json_in_i64(struct json_in *in, int64_t *ret); /* whole numbers only */
bool json_in_bool(struct json_in *in, bool *ret);
bool json_in_text(struct json_in *in); /* into .text */
/* Any value, nested at most 64 deep. */
bool json_in_skip(struct json_in *in);
/* Nothing but space may follow. */
bool json_in_end(struct json_in *in);

/* Remember @error at this place; returns false. */
bool json_in_fail(struct json_in *in, const char *error);

#endif
