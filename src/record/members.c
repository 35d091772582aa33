/* SPDX-License-Identifier: MIT */
/* One member to JSON and back, by its row. Numbers keep the host's byte order in memory. */
#include "record/members.h"
#include "base/auto.h"
#include "base/escape.h"
#include "base/json.h"
#include "core/snapshot.h"
#include "record/json_in.h"

#include <errno.h>
#include <string.h>

static uint64_t load(const void *from, size_t size)
{
	switch (size) {
	case 1:
		return *(const uint8_t *)from;
	case 2:
		return *(const uint16_t *)from;
	case 4:
		return *(const uint32_t *)from;
	}
	return *(const uint64_t *)from;
}

static void store(void *to, size_t size, uint64_t number)
{
	switch (size) {
	case 1:
		*(uint8_t *)to = (uint8_t)number;
		return;
	case 2:
		*(uint16_t *)to = (uint16_t)number;
		return;
	case 4:
		*(uint32_t *)to = (uint32_t)number;
		return;
	}
	*(uint64_t *)to = number;
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

static void write_hex(const uint8_t *bytes, size_t size, struct json *json)
{
	static const char digits[] = "0123456789abcdef";
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;

	while (size && !bytes[size - 1])
		size--;
	for (size_t i = 0; i < size; i++) {
		strbuf_add_char(&text, digits[bytes[i] >> 4]);
		strbuf_add_char(&text, digits[bytes[i] & 15]);
	}
	json_text_n(json, text.text, text.len);
}

static void write_value(const struct member *member, const struct snapshot *snap,
			const void *at, struct json *json)
{
	char text[ADDR_TEXT_SIZE];
	const char *name;
	size_t len;

	switch (member->kind) {
	case MEMBER_UNSIGNED:
		json_u64(json, load(at, member->size));
		break;
	case MEMBER_SIGNED:
		json_i64(json, *(const int *)at);
		break;
	case MEMBER_BOOL:
		json_bool(json, *(const bool *)at);
		break;
	case MEMBER_ADDRESS:
		json_text(json, addr_format(at, text));
		break;
	case MEMBER_TEXT:
		json_text(json, *(const char *const *)at);
		break;
	case MEMBER_TEXT_ID:
		name = snapshot_text(snap, *(const uint32_t *)at, &len);
		json_text_n(json, name, len);
		break;
	case MEMBER_WORD:
		json_text(json, member->word((unsigned)load(at, member->size)));
		break;
	case MEMBER_NUMBERS:
		json_open(json, '[');
		for (size_t i = 0; i < member->size / sizeof(uint32_t); i++)
			json_u64(json, ((const uint32_t *)at)[i]);
		json_close(json, ']');
		break;
	case MEMBER_HEX:
		write_hex(at, member->size, json);
		break;
	case MEMBER_CHARS:
		json_text_n(json, at, strnlen(at, member->size));
		break;
	}
}

/* Left out: zeros, but for words, whose zero has a name; and addresses of no family. */
static bool is_absent(const struct member *member, const void *at)
{
	switch (member->kind) {
	case MEMBER_ADDRESS:
		return ((const struct addr *)at)->family == ADDR_NONE;
	case MEMBER_WORD:
		return !member->word((unsigned)load(at, member->size));
	case MEMBER_UNSIGNED:
	case MEMBER_SIGNED:
	case MEMBER_BOOL:
	case MEMBER_TEXT:
	case MEMBER_TEXT_ID:
	case MEMBER_NUMBERS:
	case MEMBER_HEX:
	case MEMBER_CHARS:
		return all_zero(at, member->size);
	}
	return true;
}

void members_write(const struct member *members, const struct snapshot *snap, const void *record,
		   struct json *json)
{
	for (const struct member *member = members; member->key; member++) {
		const void *at = (const char *)record + member->offset;
		if (is_absent(member, at))
			continue;
		json_key(json, member->key);
		write_value(member, snap, at, json);
	}
}

/* The string in @in, our escapes undone, in @ret. */
static bool read_raw_text(struct json_in *in, struct strbuf *ret)
{
	if (!json_in_text(in))
		return false;
	strbuf_clear(ret);
	if (!escape_undo(ret, in->text.text, in->text.len))
		return json_in_fail(in, "unknown escape in a name");
	return true;
}

static int read_text(struct snapshot *snap, struct json_in *in, const char **to)
{
	AUTO(strbuf_release) struct strbuf raw = STRBUF_INIT;

	if (!read_raw_text(in, &raw))
		return -EBADMSG;
	const char *copy = arena_dup(&snap->arena, raw.text, raw.len);
	if (!copy || raw.failed)
		return -ENOMEM;
	*to = copy;
	return 1;
}

static int read_text_id(struct snapshot *snap, struct json_in *in, uint32_t *to)
{
	AUTO(strbuf_release) struct strbuf raw = STRBUF_INIT;

	if (!read_raw_text(in, &raw))
		return -EBADMSG;
	*to = snapshot_text_id(snap, raw.text, raw.len);
	return *to || !raw.len ? 1 : -ENOMEM;
}

static bool read_word(const struct member *member, struct json_in *in, void *to)
{
	const char *word;

	if (!json_in_text(in))
		return false;
	for (unsigned i = 0; (word = member->word(i)); i++)
		if (!strcmp(word, in->text.text)) {
			store(to, member->size, i);
			return true;
		}
	return json_in_fail(in, "unknown word");
}

static bool read_numbers(const struct member *member, struct json_in *in, uint32_t *to)
{
	size_t n = 0;

	if (!json_in_array(in))
		return false;
	while (json_in_item(in)) {
		uint64_t number;
		if (!json_in_u64(in, UINT32_MAX, &number))
			return false;
		if (n >= member->size / sizeof(*to))
			return json_in_fail(in, "too many numbers");
		to[n++] = (uint32_t)number;
	}
	return !in->error;
}

static bool read_hex(const struct member *member, struct json_in *in, uint8_t *to)
{
	static const char digits[16] = {'0', '1', '2', '3', '4', '5', '6', '7',
					'8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

	if (!json_in_text(in))
		return false;
	if (in->text.len % 2 || in->text.len / 2 > member->size)
		return json_in_fail(in, "expected hex digits");
	for (size_t i = 0; i < in->text.len; i += 2) {
		const char *pair = in->text.text + i;
		const char *high = memchr(digits, pair[0], sizeof(digits));
		const char *low = memchr(digits, pair[1], sizeof(digits));
		if (!high || !low)
			return json_in_fail(in, "expected hex digits");
		to[i / 2] = (uint8_t)((high - digits) << 4 | (low - digits));
	}
	return true;
}

static bool read_chars(const struct member *member, struct json_in *in, char *to)
{
	AUTO(strbuf_release) struct strbuf raw = STRBUF_INIT;

	if (!read_raw_text(in, &raw))
		return false;
	if (raw.len >= member->size)
		return json_in_fail(in, "the text is too long");
	memcpy(to, raw.text, raw.len + 1);
	return true;
}

static bool read_number(const struct member *member, struct json_in *in, void *to)
{
	const uint64_t max = member->size == 8 ? UINT64_MAX : (1ull << 8 * member->size) - 1;
	uint64_t number;

	if (!json_in_u64(in, max, &number))
		return false;
	store(to, member->size, number);
	return true;
}

static bool read_signed(struct json_in *in, int *to)
{
	int64_t number;

	if (!json_in_i64(in, &number))
		return false;
	if (number < INT32_MIN || number > INT32_MAX)
		return json_in_fail(in, "the number is too big");
	*to = (int)number;
	return true;
}

static bool read_address(struct json_in *in, struct addr *to)
{
	if (!json_in_text(in))
		return false;
	if (in->text.len != strlen(in->text.text) || !addr_parse(in->text.text, to))
		return json_in_fail(in, "expected an address");
	return true;
}

static int read_value(const struct member *member, struct snapshot *snap, struct json_in *in,
		      void *to)
{
	bool good = false;

	switch (member->kind) {
	case MEMBER_TEXT:
		return read_text(snap, in, to);
	case MEMBER_TEXT_ID:
		return read_text_id(snap, in, to);
	case MEMBER_UNSIGNED:
		good = read_number(member, in, to);
		break;
	case MEMBER_SIGNED:
		good = read_signed(in, to);
		break;
	case MEMBER_BOOL:
		good = json_in_bool(in, to);
		break;
	case MEMBER_ADDRESS:
		good = read_address(in, to);
		break;
	case MEMBER_WORD:
		good = read_word(member, in, to);
		break;
	case MEMBER_NUMBERS:
		good = read_numbers(member, in, to);
		break;
	case MEMBER_HEX:
		good = read_hex(member, in, to);
		break;
	case MEMBER_CHARS:
		good = read_chars(member, in, to);
		break;
	}
	return good ? 1 : -EBADMSG;
}

int members_read(const struct member *members, struct snapshot *snap, struct json_in *in,
		 const char *key, void *record)
{
	for (const struct member *member = members; member->key; member++)
		if (!strcmp(member->key, key))
			return read_value(member, snap, in, (char *)record + member->offset);
	return 0;
}
