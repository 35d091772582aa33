/* SPDX-License-Identifier: MIT */
/*
 * The columns: one row each, with title, JSON key, type, help and getter. Tables, JSON, filters,
 * sorting, completion and the manual read these rows; no renderer knows a field by name.
 */
#ifndef BERTH_CORE_FIELDS_H
#define BERTH_CORE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

struct snapshot;
struct sock;

enum value_type {
	VALUE_NUMBER,  /* .number */
	VALUE_TEXT,    /* .text, .len: raw bytes, to be escaped by whoever prints */
	VALUE_BOOL,    /* .number is 0 or 1 */
	VALUE_ADDRESS, /* .addr */
	VALUE_PORT,    /* .number; printed by name with -r */
	VALUE_BYTES,   /* .number of bytes */
	VALUE_SECONDS, /* .seconds */
};

enum { VALUE_SCRATCH_SIZE = 96 };

struct value {
	union {
		uint64_t number;
		double seconds;
		struct {
			const char *text;
			size_t len;
		};
		struct addr addr;
	};
	char scratch[VALUE_SCRATCH_SIZE]; /* .text may point here: do not copy a struct value */
};

struct field {
	const char *name;  /* how users and JSON call it: "recv_queue" */
	const char *title; /* table heading: "Recv-Q" */
	const char *help;  /* one line */
	enum value_type type;
	bool multiple;	   /* a socket may have several values (its owners'): ask nth = 0, 1, ... */
	bool right;	   /* aligned to the right */
	const char *aliases; /* other names accepted, separated by spaces; NULL: none */
	uint32_t needs;	     /* enum fact: what must be collected for it, besides FACT_SOCKETS */
	/*
	 * The @nth value of @sock; false when there is none (not known, or no more). Text points
	 * into the snapshot, a constant or @ret->scratch.
	 */
	bool (*get)(const struct snapshot *snap, const struct sock *sock, uint32_t nth,
		    struct value *ret);
	/*
	 * How long the text of the first value is, found without making it; 0: not known. Only for
	 * fields whose text is printable ASCII then. NULL: never known.
	 */
	size_t (*width)(const struct sock *sock);
	/*
	 * Write that text at @to, which has room for VALUE_SCRATCH_SIZE bytes, without a NUL.
	 * Returns its length; 0: only .get tells. NULL: always.
	 */
	size_t (*put)(const struct sock *sock, char *to);
};

/* All fields in documented order; ends with NULL. */
extern const struct field *const fields[];
/* By name or alias, "-" and "_" alike, any case. NULL if there is none. */
const struct field *field_find(const char *name);
/* What may have been meant by a mistyped name: at most two letters differ. NULL: nothing is near. */
const struct field *field_nearest(const char *name);

#endif
