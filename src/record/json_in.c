/* SPDX-License-Identifier: MIT */
/* Recordings travel in bug reports, so every byte here may be hostile. */
#include "record/json_in.h"
#include "base/escape.h"
#include "base/numbers.h"

#include <string.h>

enum { MAX_DEPTH = 64 };

void json_in_init(struct json_in *in, const char *text, size_t len)
{
	*in = (struct json_in){.text = STRBUF_INIT};
	json_in_reset(in, text, len);
}

void json_in_reset(struct json_in *in, const char *text, size_t len)
{
	in->start = in->at = text;
	in->end = text + len;
	in->error = NULL;
	in->first = true;
	strbuf_clear(&in->text);
}

void json_in_release(struct json_in *in)
{
	strbuf_release(&in->text);
}

bool json_in_fail(struct json_in *in, const char *error)
{
	if (!in->error)
		in->error = error;
	return false;
}

static void skip_space(struct json_in *in)
{
	while (in->at < in->end && (*in->at == ' ' || *in->at == '\t' || *in->at == '\r' ||
				    *in->at == '\n'))
		in->at++;
}

/* The next character that is no space, 0 at the end or after an error. */
static char peek(struct json_in *in)
{
	skip_space(in);
	return !in->error && in->at < in->end ? *in->at : '\0';
}

static bool expect(struct json_in *in, char c, const char *error)
{
	if (peek(in) != c)
		return json_in_fail(in, error);
	in->at++;
	return true;
}

bool json_in_object(struct json_in *in)
{
	in->first = true;
	return expect(in, '{', "expected an object");
}

bool json_in_array(struct json_in *in)
{
	in->first = true;
	return expect(in, '[', "expected an array");
}

/* Step over a comma to the next item, or over @close to the end. */
static bool next(struct json_in *in, char close, const char *error)
{
	if (peek(in) == close) {
		in->at++;
		in->first = false;
		return false;
	}
	if (in->error || (!in->first && !expect(in, ',', error)))
		return false;
	in->first = false;
	return true;
}

bool json_in_key(struct json_in *in)
{
	if (!next(in, '}', "expected ',' or '}'"))
		return false;
	if (peek(in) != '"')
		return json_in_fail(in, "expected a key");
	return json_in_text(in) && expect(in, ':', "expected ':'");
}

bool json_in_item(struct json_in *in)
{
	return next(in, ']', "expected ',' or ']'");
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool hex4(struct json_in *in, uint32_t *ret)
{
	uint32_t code = 0;

	if (in->end - in->at < 4)
		return json_in_fail(in, "expected four hex digits after \\u");
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(in->at[i]);
		if (digit < 0)
			return json_in_fail(in, "expected four hex digits after \\u");
		code = code << 4 | (uint32_t)digit;
	}
	in->at += 4;
	*ret = code;
	return true;
}

static void add_utf8(struct strbuf *sb, uint32_t code)
{
	if (code < 0x80) {
		strbuf_add_char(sb, (char)code);
		return;
	}
	if (code < 0x800) {
		strbuf_add_char(sb, (char)(0xc0 | code >> 6));
	} else if (code < 0x10000) {
		strbuf_add_char(sb, (char)(0xe0 | code >> 12));
		strbuf_add_char(sb, (char)(0x80 | (code >> 6 & 0x3f)));
	} else {
		strbuf_add_char(sb, (char)(0xf0 | code >> 18));
		strbuf_add_char(sb, (char)(0x80 | (code >> 12 & 0x3f)));
		strbuf_add_char(sb, (char)(0x80 | (code >> 6 & 0x3f)));
	}
	strbuf_add_char(sb, (char)(0x80 | (code & 0x3f)));
}

/* The part of a \u escape behind the u; characters beyond U+FFFF come as two of them. */
static bool read_unicode(struct json_in *in)
{
	uint32_t code = 0, low = 0;

	if (!hex4(in, &code))
		return false;
	if (code >= 0xdc00 && code <= 0xdfff)
		return json_in_fail(in, "half of a surrogate pair");
	if (code >= 0xd800 && code <= 0xdbff) {
		if (in->end - in->at < 2 || in->at[0] != '\\' || in->at[1] != 'u')
			return json_in_fail(in, "half of a surrogate pair");
		in->at += 2;
		if (!hex4(in, &low))
			return false;
		if (low < 0xdc00 || low > 0xdfff)
			return json_in_fail(in, "half of a surrogate pair");
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	}
	add_utf8(&in->text, code);
	return true;
}

static bool read_escape(struct json_in *in)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char c = in->at < in->end ? *in->at++ : '\0';
	const char *found = c ? strchr(from, c) : NULL;

	if (c == 'u')
		return read_unicode(in);
	if (!found)
		return json_in_fail(in, "unknown escape in a string");
	strbuf_add_char(&in->text, to[found - from]);
	return true;
}

bool json_in_text(struct json_in *in)
{
	strbuf_clear(&in->text);
	if (!expect(in, '"', "expected a string"))
		return false;
	while (in->at < in->end && *in->at != '"') {
		if (*in->at == '\\') {
			in->at++;
			if (!read_escape(in))
				return false;
			continue;
		}
		size_t n = utf8_length(in->at, (size_t)(in->end - in->at));
		if (!n || (unsigned char)*in->at < 0x20)
			return json_in_fail(in, "a byte that may not stand in a string");
		strbuf_add(&in->text, in->at, n);
		in->at += n;
	}
	if (in->at == in->end)
		return json_in_fail(in, "the string does not end");
	in->at++;
	return !in->text.failed || json_in_fail(in, "out of memory");
}

bool json_in_u64(struct json_in *in, uint64_t max, uint64_t *ret)
{
	const char *from;

	peek(in);
	if (in->error)
		return false;
	for (from = in->at; in->at < in->end && *in->at >= '0' && *in->at <= '9';)
		in->at++;
	const size_t len = (size_t)(in->at - from);
	const bool fraction = in->at < in->end && strchr(".eE", *in->at) && *in->at;
	if (!len || fraction || (len > 1 && *from == '0'))
		return json_in_fail(in, "expected a whole number");
	if (!parse_u64_n(from, len, max, ret))
		return json_in_fail(in, "the number is too big");
	return true;
}

bool json_in_i64(struct json_in *in, int64_t *ret)
{
	const bool negative = peek(in) == '-';
	uint64_t number;

	in->at += negative;
	if (!json_in_u64(in, INT64_MAX, &number))
		return false;
	*ret = negative ? -(int64_t)number : (int64_t)number;
	return true;
}

static bool read_word(struct json_in *in, const char *word)
{
	const size_t len = strlen(word);

	peek(in);
	if (in->error || (size_t)(in->end - in->at) < len || memcmp(in->at, word, len) != 0)
		return false;
	in->at += len;
	return true;
}

bool json_in_bool(struct json_in *in, bool *ret)
{
	const bool is_true = read_word(in, "true");

	if (!is_true && !read_word(in, "false"))
		return json_in_fail(in, "expected true or false");
	*ret = is_true;
	return true;
}

/* RFC 8259 6: [-] int [frac] [exp]; its value is of no interest. */
static bool skip_number(struct json_in *in)
{
	const char *p = in->at + (*in->at == '-');
	const char *digits = p;

	while (p < in->end && *p >= '0' && *p <= '9')
		p++;
	if (p == digits || (*digits == '0' && p > digits + 1))
		return json_in_fail(in, "expected a value");
	if (p < in->end && *p == '.') {
		digits = ++p;
		while (p < in->end && *p >= '0' && *p <= '9')
			p++;
		if (p == digits)
			return json_in_fail(in, "expected digits after '.'");
	}
	if (p < in->end && (*p == 'e' || *p == 'E')) {
		p++;
		p += p < in->end && (*p == '+' || *p == '-');
		digits = p;
		while (p < in->end && *p >= '0' && *p <= '9')
			p++;
		if (p == digits)
			return json_in_fail(in, "expected digits in the exponent");
	}
	in->at = p;
	return true;
}

static bool skip_value(struct json_in *in, int depth)
{
	bool ignored;

	if (depth > MAX_DEPTH)
		return json_in_fail(in, "nested too deep");
	switch (peek(in)) {
	case '{':
		json_in_object(in);
		while (json_in_key(in))
			skip_value(in, depth + 1);
		break;
	case '[':
		json_in_array(in);
		while (json_in_item(in))
			skip_value(in, depth + 1);
		break;
	case '"':
		json_in_text(in);
		break;
	case 't':
	case 'f':
		json_in_bool(in, &ignored);
		break;
	case 'n':
		if (!read_word(in, "null"))
			json_in_fail(in, "expected a value");
		break;
	case '\0':
		json_in_fail(in, "expected a value");
		break;
	default:
		skip_number(in);
	}
	return !in->error;
}

bool json_in_skip(struct json_in *in)
{
	return skip_value(in, 0);
}

bool json_in_end(struct json_in *in)
{
	skip_space(in);
	if (!in->error && in->at < in->end)
		return json_in_fail(in, "expected the end of the line");
	return !in->error;
}
