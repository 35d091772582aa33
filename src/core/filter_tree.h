/* SPDX-License-Identifier: MIT */
/* A filter inside: what filter_parse.c builds and filter_match.c walks. */
#ifndef BERTH_CORE_FILTER_TREE_H
#define BERTH_CORE_FILTER_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/glob.h"
#include "core/host_match.h"

struct field;

enum filter_kind {
	FILTER_AND,    /* .child and its .next */
	FILTER_OR,
	FILTER_NOT,    /* .child */
	FILTER_STATES, /* .states */
	FILTER_PROTOS, /* .protos */
	FILTER_HOST,   /* .host at the .remote end */
	FILTER_PORTS,  /* .ranges at the .remote end, of .family */
	FILTER_DEVICE, /* .device */
	FILTER_MARK,   /* .mark */
	FILTER_AUTOBOUND,
	FILTER_NUMBER, /* any value of .field in .ranges */
	FILTER_SECONDS, /* any value of .field in .span */
	FILTER_TEXT,   /* any value of .field matches .glob, or is it if .exact */
	FILTER_BOOL,   /* .field is .wanted */
};

struct filter_range {
	uint64_t low, high; /* inclusive; low > high: empty */
};

struct filter_node {
	enum filter_kind kind;
	bool remote, exact, wanted;
	uint8_t family; /* FILTER_PORTS: ADDR_IPV4, ADDR_IPV6 or ADDR_NONE for both */
	const struct field *field;
	const struct field *also; /* FILTER_TEXT: a value of this field will do too; or NULL */
	struct filter_node *child, *next;
	union {
		uint32_t states, protos;
		struct host_match *host;
		struct {
			const struct filter_range *ranges;
			uint32_t n_ranges;
		};
		struct {
			uint32_t mark, mask;
		};
		struct {
			double from, to;
			bool open; /* without its ends */
		} span;
		struct glob glob;
		const char *device;
	};
};

struct filter {
	struct arena arena;
	struct filter_node *root; /* NULL: everything */
	uint32_t facts;
	bool names_states;
};

#endif
