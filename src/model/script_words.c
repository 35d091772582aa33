/* SPDX-License-Identifier: MIT */
/* What single words of a script mean; errors name line and column. */
#include "model/script_state.h"
#include "model/state.h"
#include "base/escape.h"
#include "base/hash.h"
#include "base/numbers.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int script_fail(struct script *script, uint32_t column, const char *format, ...)
{
	va_list args;

	script->error->line = script->line;
	script->error->column = column;
	va_start(args, format);
	vsnprintf(script->error->text, sizeof(script->error->text), format, args);
	va_end(args);
	return -EINVAL;
}

bool word_is(const struct word *word, const char *text)
{
	return word && word->len == strlen(text) && !memcmp(word->text, text, word->len);
}

const struct word *word_peek(const struct script *script)
{
	return script->at < script->n_words ? &script->words[script->at] : NULL;
}

const struct word *word_next(struct script *script)
{
	const struct word *word = word_peek(script);

	script->at += !!word;
	return word;
}

bool word_take(struct script *script, const char *text)
{
	if (!word_is(word_peek(script), text))
		return false;
	script->at++;
	return true;
}

/* "what" is missing, or the word can not be one. */
static int fail_word(struct script *script, const struct word *word, const char *what)
{
	if (!word)
		return script_fail(script, script->end_column, "expected %s", what);
	return script_fail(script, word->column, "expected %s, not '%.*s'", what,
			   (int)(word->len < 40 ? word->len : 40), word->text);
}

int want_end(struct script *script)
{
	const struct word *word = word_peek(script);

	return word ? fail_word(script, word, "the end of the line") : 0;
}

int want_number(struct script *script, const char *what, uint64_t max, uint64_t *ret)
{
	const struct word *word = word_next(script);

	if (!word || !parse_u64_n(word->text, word->len, max, ret))
		return fail_word(script, word, what);
	return 0;
}

int want_range(struct script *script, uint16_t *ret_low, uint16_t *ret_high)
{
	const struct word *word = word_next(script);
	const char *dash = word ? memchr(word->text, '-', word->len) : NULL;
	uint64_t low, high;

	if (!dash || !parse_u64_n(word->text, (size_t)(dash - word->text), 65535, &low) ||
	    !parse_u64_n(dash + 1, (size_t)(word->text + word->len - dash - 1), 65535, &high))
		return fail_word(script, word, "a range of ports like 40000-40100");
	*ret_low = (uint16_t)low;
	*ret_high = (uint16_t)high;
	return 0;
}

static const struct script_device *device_by_name(const struct script *script, const char *name,
						  size_t len)
{
	for (uint32_t i = 0; i < script->n_devices; i++)
		if (strlen(script->devices[i].name) == len &&
		    !memcmp(script->devices[i].name, name, len))
			return &script->devices[i];
	return NULL;
}

/* Address text of @len bytes; a scope may be a device's name. */
static bool parse_addr(const struct script *script, const char *text, size_t len, struct addr *ret)
{
	char copy[ADDR_TEXT_SIZE];
	const char *percent = memchr(text, '%', len);
	const struct script_device *device = NULL;

	if (percent) {
		size_t rest = (size_t)(text + len - percent - 1);
		device = device_by_name(script, percent + 1, rest);
		if (device)
			len = (size_t)(percent - text);
	}
	if (len >= sizeof(copy) || memchr(text, 0, len))
		return false;
	memcpy(copy, text, len);
	copy[len] = 0;
	if (!addr_parse(copy, ret))
		return false;
	if (device)
		ret->scope = device->index;
	return !device || ret->family == ADDR_IPV6;
}

int want_addr(struct script *script, struct addr *ret, uint8_t *ret_bits)
{
	const struct word *word = word_next(script);
	const char *slash = word && ret_bits ? memchr(word->text, '/', word->len) : NULL;
	size_t len = slash ? (size_t)(slash - word->text) : word ? word->len : 0;
	uint64_t bits = 0;

	if (!word || !parse_addr(script, word->text, len, ret))
		return fail_word(script, word, "an address");
	uint64_t max = ret->family == ADDR_IPV4 ? 32 : 128;
	if (slash && !parse_u64_n(slash + 1, word->len - len - 1, max, &bits))
		return fail_word(script, word, "an address with a prefix length");
	if (ret_bits)
		*ret_bits = (uint8_t)(slash ? bits : max);
	return 0;
}

int want_addr_port(struct script *script, struct addr *ret, uint16_t *ret_port)
{
	const struct word *word = word_next(script);
	const char *what = "ADDRESS:PORT, like 10.0.0.1:80 or [::1]:80", *colon = NULL;
	uint64_t port;

	for (uint32_t i = 0; word && i < word->len; i++)
		if (word->text[i] == ':')
			colon = word->text + i;
	if (!colon)
		return fail_word(script, word, what);
	const char *begin = word->text;
	size_t len = (size_t)(colon - begin);
	bool bracket = len > 2 && *begin == '[' && begin[len - 1] == ']';
	if (bracket) {
		begin++;
		len -= 2;
	}
	if (!parse_addr(script, begin, len, ret) || (ret->family == ADDR_IPV6) != bracket ||
	    !parse_u64_n(colon + 1, (size_t)(word->text + word->len - colon - 1), 65535, &port))
		return fail_word(script, word, what);
	*ret_port = (uint16_t)port;
	return 0;
}

int want_on_off(struct script *script, bool *ret, bool *ret_unknown)
{
	const struct word *word = word_next(script);

	if (ret_unknown)
		*ret_unknown = word_is(word, "?");
	if (ret_unknown && *ret_unknown) {
		*ret = false;
		return 0;
	}
	*ret = word_is(word, "on") || word_is(word, "1");
	if (*ret || word_is(word, "off") || word_is(word, "0"))
		return 0;
	return fail_word(script, word, "on or off");
}

int want_device(struct script *script, uint32_t *ret)
{
	const struct word *word = word_next(script);
	const struct script_device *device = word ? device_by_name(script, word->text, word->len)
						  : NULL;
	uint64_t index;

	if (device) {
		*ret = device->index;
		return 0;
	}
	if (word && parse_u64_n(word->text, word->len, INT32_MAX, &index)) {
		*ret = (uint32_t)index;
		return 0;
	}
	if (!word)
		return fail_word(script, word, "a device");
	return script_fail(script, word->column, "no device '%.*s'; 'host device %.*s' makes one",
			   (int)(word->len < 40 ? word->len : 40), word->text,
			   (int)(word->len < 40 ? word->len : 40), word->text);
}

int want_device_name(struct script *script, uint32_t *ret)
{
	const struct word *word = word_next(script);
	const struct script_device *known = word ? device_by_name(script, word->text, word->len)
						 : NULL;

	if (known) {
		*ret = known->index;
		return 0;
	}
	if (!word || word->len >= 16 || !escape_is_plain(word->text, word->len) ||
	    (word->text[0] >= '0' && word->text[0] <= '9'))
		return fail_word(script, word, "a device's name");
	int r = array_room(&script->devices, script->n_devices, &script->room_devices,
			   sizeof(*script->devices));
	if (r)
		return r;
	struct script_device *device = &script->devices[script->n_devices++];
	*device = (struct script_device){.index = script->n_devices};
	memcpy(device->name, word->text, word->len);
	*ret = device->index;
	return model_space_add_device(script->space, device->index, 0);
}

int want_proto(struct script *script, enum sock_proto *ret)
{
	const struct word *word = word_next(script);

	if (word_is(word, "tcp"))
		*ret = SOCK_PROTO_TCP;
	else if (word_is(word, "udp"))
		*ret = SOCK_PROTO_UDP;
	else if (word_is(word, "udplite"))
		*ret = SOCK_PROTO_UDPLITE;
	else
		return fail_word(script, word, "tcp, udp or udplite");
	return 0;
}

/* The slot of a name: where it is, or where it would be. */
static uint32_t *name_slot(const struct script *script, const char *text, size_t len)
{
	uint32_t mask = script->n_name_slots - 1, i = (uint32_t)hash_bytes(text, len) & mask;

	for (;; i = (i + 1) & mask) {
		uint32_t *slot = &script->name_slots[i];
		if (!*slot)
			return slot;
		const char *name = script->names[*slot - 1].text;
		if (strlen(name) == len && !memcmp(name, text, len))
			return slot;
	}
}

struct script_name *name_find(const struct script *script, const struct word *word)
{
	if (!script->n_name_slots || word->len >= NAME_SIZE)
		return NULL;
	uint32_t *slot = name_slot(script, word->text, word->len);
	return *slot ? &script->names[*slot - 1] : NULL;
}

/* At most half full. */
static int grow_slots(struct script *script)
{
	if (script->n_names * 2 < script->n_name_slots)
		return 0;
	uint32_t n = script->n_name_slots ? script->n_name_slots * 2 : 64;
	uint32_t *slots = calloc(n, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(script->name_slots);
	script->name_slots = slots;
	script->n_name_slots = n;
	for (uint32_t i = 0; i < script->n_names; i++) {
		const char *name = script->names[i].text;
		*name_slot(script, name, strlen(name)) = i + 1;
	}
	return 0;
}

int want_sock(struct script *script, struct script_name **ret)
{
	const struct word *word = word_next(script);
	struct script_name *name = word ? name_find(script, word) : NULL;

	if (!word)
		return fail_word(script, word, "a socket");
	if (!name || !name->sock)
		return script_fail(script, word->column, name ? "socket '%.*s' is closed"
							      : "no socket '%.*s'",
				   (int)(word->len < 40 ? word->len : 40), word->text);
	*ret = name;
	return 0;
}

static bool is_name(const struct word *word)
{
	for (uint32_t i = 0; i < word->len; i++) {
		char c = word->text[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		if (!letter && !(i && ((c >= '0' && c <= '9') || c == '-' || c == '.')))
			return false;
	}
	return word->len < NAME_SIZE;
}

int name_add(struct script *script, const struct word *word, struct script_name **ret)
{
	if (!is_name(word))
		return fail_word(script, word, "a name");
	*ret = name_find(script, word);
	if (*ret && (*ret)->sock)
		return script_fail(script, word->column, "socket '%.*s' is open already",
				   (int)word->len, word->text);
	if (*ret)
		return 0;
	if (script->n_names == MAX_NAMES)
		return script_fail(script, word->column, "too many sockets");
	int r = array_room(&script->names, script->n_names, &script->room_names,
			   sizeof(*script->names));
	if (!r)
		r = grow_slots(script);
	if (r)
		return r;
	*ret = &script->names[script->n_names++];
	**ret = (struct script_name){0};
	memcpy((*ret)->text, word->text, word->len);
	*name_slot(script, word->text, word->len) = script->n_names;
	return 0;
}
