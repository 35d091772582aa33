/* SPDX-License-Identifier: MIT */
/*
 * How the members of our structs are called in a recording. Writer and reader walk the same rows,
 * so what one writes the other understands. A member of value 0 (or NULL) is left out.
 */
#ifndef BERTH_RECORD_MEMBERS_H
#define BERTH_RECORD_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;
struct json_in;
struct snapshot;

enum member_kind {
	MEMBER_UNSIGNED, /* .size bytes */
	MEMBER_SIGNED,	 /* int or int32_t */
	MEMBER_BOOL,
	MEMBER_ADDRESS, /* struct addr as text */
	MEMBER_TEXT,	/* const char *, owned by the snapshot */
	MEMBER_TEXT_ID, /* uint32_t: snapshot text id */
	MEMBER_WORD,	/* uint8_t: index into .words */
	MEMBER_NUMBERS, /* array of uint32_t, .size bytes long */
	MEMBER_HEX,	/* .size bytes, of which trailing zeros are not written */
	MEMBER_CHARS,	/* char array of .size bytes with a NUL */
};

struct member {
	const char *key; /* NULL ends the rows */
	enum member_kind kind;
	uint16_t offset, size;
	const char *(*word)(unsigned index); /* MEMBER_WORD: the word, NULL past the last */
};

extern const struct member sock_members[], extra_members[], proc_members[], namespace_members[],
	bind_members[], host_members[], interface_members[], address_members[], coverage_members[],
	user_members[], forward_members[], note_members[], translation_members[];

/* Write the members of @record that are not zero, as keys of the open object. */
void members_write(const struct member *members, const struct snapshot *snap, const void *record,
		   struct json *json);

/*
 * If @key is one of @members, read its value into @record. Texts go to @snap's arena. 1 read,
 * 0 not a member, or -EBADMSG with in->error set, or -ENOMEM.
 */
int members_read(const struct member *members, struct snapshot *snap, struct json_in *in,
		 const char *key, void *record);

#endif
