/* SPDX-License-Identifier: MIT */
/*
 * Writes JSON (RFC 8259) as a stream: no tree, no allocation a value. The caller keeps objects and
 * arrays balanced and gives every member of an object a key. Text is escaped by base/escape.h
 * first, so that a byte that JSON cannot carry still arrives, as \xHH.
 */
#ifndef BERTH_BASE_JSON_H
#define BERTH_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/out.h"
#include "base/strbuf.h"

struct json {
	struct out *out;
	bool comma; /* something stands before the next item at this depth */
	struct strbuf scratch;
};

void json_init(struct json *json, struct out *out);
void json_release(struct json *json);

void json_open(struct json *json, char bracket);  /* '{' or '[' */
void json_close(struct json *json, char bracket); /* '}' or ']' */
/* Begin the next item of an array on a line of its own. */
void json_line(struct json *json);
/* End a whole value with a newline, ready for the next (NDJSON). */
void json_end(struct json *json);

/* @key needs no escaping. */
void json_key(struct json *json, const char *key);

void json_u64(struct json *json, uint64_t number);
void json_i64(struct json *json, int64_t number);
void json_double(struct json *json, double number); /* three decimals; null unless finite */
void json_bool(struct json *json, bool value);
void json_null(struct json *json);
void json_text_n(struct json *json, const char *text, size_t len);
void json_text(struct json *json, const char *text); /* NULL: null */
/* One text of several lines, of our own making: its newlines stay newlines. */
void json_lines(struct json *json, const char *lines);

/* "key": value in one call. */
void json_put_u64(struct json *json, const char *key, uint64_t number);
void json_put_bool(struct json *json, const char *key, bool value);
void json_put_text(struct json *json, const char *key, const char *text);

#endif
