/* SPDX-License-Identifier: MIT */
/* The details behind a row of `berth list`, in the words and order of ss -o -e -m -i --tos. */
#ifndef BERTH_COMMANDS_LIST_DETAILS_H
#define BERTH_COMMANDS_LIST_DETAILS_H

#include <stdint.h>

struct snapshot;
struct sock;
struct strbuf;

enum list_detail {
	DETAIL_TIMER = 1 << 0,	  /* -o */
	DETAIL_EXTENDED = 1 << 1, /* -e */
	DETAIL_MEMORY = 1 << 2,	  /* -m */
	DETAIL_INFO = 1 << 3,	  /* -i */
	DETAIL_TOS = 1 << 4,	  /* --tos */
	DETAIL_CGROUP = 1 << 5,	  /* --cgroup */
	DETAIL_SOCKOPT = 1 << 6,  /* --inet-sockopt */
	DETAIL_ONE_LINE = 1 << 7, /* -O: no line break before -m and -i */
	DETAIL_NUMERIC = 1 << 8,  /* -n: rates in plain bits a second */
	DETAIL_LIKE_SS = 1 << 9,  /* nothing that ss would not print */
};

/* What @details (enum list_detail) need collected, as enum fact. */
uint32_t list_details_facts(uint32_t details);

/* Append them, each with a space before it. */
void list_details_add(struct strbuf *text, uint32_t details, const struct snapshot *snap,
		      const struct sock *sock);

/* The -i part alone, in list_info.c. */
void list_info_add(struct strbuf *text, uint32_t details, const struct snapshot *snap,
		   const struct sock *sock);

#endif
