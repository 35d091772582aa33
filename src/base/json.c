/* SPDX-License-Identifier: MIT */
/* The writer keeps one bit of state, "is a comma due", because closing anything sets it again. */
#include "base/json.h"
#include "base/escape.h"

#include <math.h>
#include <stdio.h>

void json_init(struct json *json, struct out *out)
{
	*json = (struct json){.out = out, .scratch = STRBUF_INIT};
}

void json_release(struct json *json)
{
	strbuf_release(&json->scratch);
}

static inline void begin_item(struct json *json)
{
	if (json->comma)
		out_add_char(json->out, ',');
	json->comma = true;
}

void json_open(struct json *json, char bracket)
{
	begin_item(json);
	out_add_char(json->out, bracket);
	json->comma = false;
}

void json_close(struct json *json, char bracket)
{
	out_add_char(json->out, bracket);
	json->comma = true;
}

void json_line(struct json *json)
{
	if (json->comma)
		out_add_char(json->out, ',');
	out_add_char(json->out, '\n');
	json->comma = false;
}

void json_end(struct json *json)
{
	out_add_char(json->out, '\n');
	json->comma = false;
}

void json_key(struct json *json, const char *key)
{
	begin_item(json);
	out_add_char(json->out, '"');
	out_add_text(json->out, key);
	out_add(json->out, "\":", 2);
	json->comma = false;
}

void json_u64(struct json *json, uint64_t number)
{
	begin_item(json);
	out_add_u64(json->out, number);
}

void json_i64(struct json *json, int64_t number)
{
	begin_item(json);
	if (number < 0)
		out_add_char(json->out, '-');
	out_add_u64(json->out, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

void json_double(struct json *json, double number)
{
	char text[48];

	if (!isfinite(number) || fabs(number) > 1e18) {
		json_null(json);
		return;
	}
	begin_item(json);
	/* LC_NUMERIC is never set by this program, so the point is a point. */
	int len = snprintf(text, sizeof(text), "%.3f", number);
	while (len > 0 && text[len - 1] == '0')
		len--;
	if (len > 0 && text[len - 1] == '.')
		len--;
	out_add(json->out, text, (size_t)len);
}

void json_bool(struct json *json, bool value)
{
	begin_item(json);
	out_add_text(json->out, value ? "true" : "false");
}

void json_null(struct json *json)
{
	begin_item(json);
	out_add(json->out, "null", 4);
}

/* Printable ASCII without the two characters that JSON and base/escape treat specially. */
static bool is_simple(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			return false;
	}
	return true;
}

static void add_escaped(struct json *json, const char *text, size_t len)
{
	if (is_simple(text, len)) {
		out_add(json->out, text, len);
		return;
	}
	strbuf_clear(&json->scratch);
	escape_add(&json->scratch, text, len);
	const char *from = json->scratch.text, *end = from + json->scratch.len;
	for (const char *p = from; p < end; p++)
		if (*p == '"' || *p == '\\') {
			out_add(json->out, from, (size_t)(p - from));
			out_add_char(json->out, '\\');
			from = p;
		}
	out_add(json->out, from, (size_t)(end - from));
}

void json_text_n(struct json *json, const char *text, size_t len)
{
	begin_item(json);
	out_add_char(json->out, '"');
	add_escaped(json, text, len);
	out_add_char(json->out, '"');
}

void json_text(struct json *json, const char *text)
{
	if (text)
		json_text_n(json, text, strlen(text));
	else
		json_null(json);
}

void json_lines(struct json *json, const char *lines)
{
	begin_item(json);
	out_add_char(json->out, '"');
	for (const char *end; (end = strchr(lines, '\n')); lines = end + 1) {
		add_escaped(json, lines, (size_t)(end - lines));
		out_add(json->out, "\\n", 2);
	}
	add_escaped(json, lines, strlen(lines));
	out_add_char(json->out, '"');
}

void json_put_u64(struct json *json, const char *key, uint64_t number)
{
	json_key(json, key);
	json_u64(json, number);
}

void json_put_bool(struct json *json, const char *key, bool value)
{
	json_key(json, key);
	json_bool(json, value);
}

void json_put_text(struct json *json, const char *key, const char *text)
{
	json_key(json, key);
	json_text(json, text);
}
