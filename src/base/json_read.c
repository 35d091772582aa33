/* SPDX-License-Identifier: MIT */
/* A recursive descent JSON parser with a depth limit. */
#include "base/json_read.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 64 };

struct reader {
	struct arena *arena;
	const char *at;
	int depth;
};

static void skip_blanks(struct reader *r)
{
	while (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')
		r->at++;
}

static bool eat(struct reader *r, char c)
{
	skip_blanks(r);
	if (*r->at != c)
		return false;
	r->at++;
	return true;
}

static bool read_hex4(const char *at, unsigned *ret)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++) {
		char c = at[i];
		unsigned digit;
		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			digit = (unsigned)((c | 32) - 'a') + 10;
		else
			return false;
		value = value << 4 | digit;
	}
	*ret = value;
	return true;
}

static char *put_utf8(char *to, unsigned c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return to;
}

/* One escape behind the backslash at r->at; false on a wrong one. */
static bool read_escape(struct reader *r, char **to)
{
	static const char from[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *found = *r->at ? strchr(from, *r->at) : NULL;
	unsigned c;

	if (found) {
		*(*to)++ = meant[found - from];
		r->at++;
		return true;
	}
	if (*r->at != 'u' || !read_hex4(r->at + 1, &c))
		return false;
	*to = put_utf8(*to, c);
	r->at += 5;
	return true;
}

/* The opening quote has been eaten. */
static const char *read_text(struct reader *r)
{
	const char *end = r->at;

	while (*end && *end != '"')
		end += *end == '\\' && end[1] ? 2 : 1;
	if (*end != '"')
		return NULL;
	/* An escape is never shorter than what it stands for. */
	char *text = arena_alloc(r->arena, (size_t)(end - r->at) + 1), *to = text;
	if (!text)
		return NULL;
	while (*r->at != '"') {
		if (*r->at != '\\') {
			*to++ = *r->at++;
			continue;
		}
		r->at++;
		if (!read_escape(r, &to))
			return NULL;
	}
	*to = '\0';
	r->at++;
	return text;
}

static bool read_word(struct reader *r, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(r->at, word, len))
		return false;
	r->at += len;
	return true;
}

static bool read_number(struct reader *r, struct json_value *value)
{
	char *end;

	if (*r->at != '-' && (*r->at < '0' || *r->at > '9'))
		return false;
	value->kind = JSON_NUMBER;
	value->number = strtoll(r->at, &end, 10);
	if (end == r->at)
		return false;
	while ((*end >= '0' && *end <= '9') || (*end && strchr(".eE+-", *end)))
		end++;
	r->at = end;
	return true;
}

static struct json_value *read_value(struct reader *r);

static bool read_list(struct reader *r, struct json_value *list, char close)
{
	struct json_value **tail = &list->first;

	if (eat(r, close))
		return true;
	do {
		const char *key = NULL;
		if (list->kind == JSON_OBJECT) {
			if (!eat(r, '"') || !(key = read_text(r)) || !eat(r, ':'))
				return false;
		}
		struct json_value *value = read_value(r);
		if (!value)
			return false;
		value->key = key;
		*tail = value;
		tail = &value->next;
	} while (eat(r, ','));
	return eat(r, close);
}

static bool read_into(struct reader *r, struct json_value *value)
{
	skip_blanks(r);
	switch (*r->at) {
	case '{':
		r->at++;
		value->kind = JSON_OBJECT;
		return read_list(r, value, '}');
	case '[':
		r->at++;
		value->kind = JSON_ARRAY;
		return read_list(r, value, ']');
	case '"':
		r->at++;
		value->kind = JSON_TEXT;
		return (value->text = read_text(r)) != NULL;
	case 't':
	case 'f':
		value->kind = JSON_BOOL;
		value->truth = *r->at == 't';
		return read_word(r, value->truth ? "true" : "false");
	case 'n':
		return read_word(r, "null");
	default:
		return read_number(r, value);
	}
}

static struct json_value *read_value(struct reader *r)
{
	struct json_value *value = arena_alloc(r->arena, sizeof(*value));

	if (!value || ++r->depth > MAX_DEPTH)
		return NULL;
	bool ok = read_into(r, value);
	r->depth--;
	return ok ? value : NULL;
}

const struct json_value *json_read(struct arena *arena, const char *text)
{
	struct reader r = {.arena = arena, .at = text};
	const struct json_value *value = read_value(&r);

	skip_blanks(&r);
	return value && !*r.at ? value : NULL;
}

const struct json_value *json_get(const struct json_value *value, const char *key)
{
	if (!value || value->kind != JSON_OBJECT)
		return NULL;
	json_foreach(member, value)
		if (!strcmp(member->key, key))
			return member;
	return NULL;
}

const char *json_get_text(const struct json_value *value, const char *key)
{
	const struct json_value *member = json_get(value, key);

	return json_is_text(member) ? member->text : NULL;
}

int64_t json_get_number(const struct json_value *value, const char *key, int64_t otherwise)
{
	const struct json_value *member = json_get(value, key);

	return member && member->kind == JSON_NUMBER ? member->number : otherwise;
}
