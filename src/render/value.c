/* SPDX-License-Identifier: MIT */
/* Seconds become words for people and plain numbers in JSON; everything else is the same twice. */
#include "render/value.h"
#include "base/escape.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "core/fields.h"
#include "render/duration.h"

/* Only abstract UNIX names begin with a NUL byte; people know them by '@' (unix(7)). */
static void text_add(struct strbuf *text, const char *bytes, size_t len)
{
	const bool is_abstract = len && !*bytes;

	if (is_abstract)
		strbuf_add_char(text, '@');
	escape_add(text, bytes + is_abstract, len - is_abstract);
}

void value_add(struct strbuf *text, const struct field *field, const struct value *value)
{
	char addr[ADDR_TEXT_SIZE];

	switch (field->type) {
	case VALUE_NUMBER:
	case VALUE_PORT:
	case VALUE_BYTES:
		strbuf_add_u64(text, value->number);
		break;
	case VALUE_TEXT:
		text_add(text, value->text, value->len);
		break;
	case VALUE_BOOL:
		strbuf_add_text(text, value->number ? "yes" : "no");
		break;
	case VALUE_ADDRESS:
		strbuf_add_text(text, addr_format(&value->addr, addr));
		break;
	case VALUE_SECONDS:
		duration_add(text, value->seconds);
		break;
	}
}

void value_json(struct json *json, const struct field *field, const struct value *value)
{
	char addr[ADDR_TEXT_SIZE];

	switch (field->type) {
	case VALUE_NUMBER:
	case VALUE_PORT:
	case VALUE_BYTES:
		json_u64(json, value->number);
		break;
	case VALUE_TEXT:
		json_text_n(json, value->text, value->len);
		break;
	case VALUE_BOOL:
		json_bool(json, value->number);
		break;
	case VALUE_ADDRESS:
		json_text(json, addr_format(&value->addr, addr));
		break;
	case VALUE_SECONDS:
		json_double(json, value->seconds);
		break;
	}
}
