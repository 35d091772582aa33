/* SPDX-License-Identifier: MIT */
/* The script runner's own state; shared by its files only. */
#ifndef BERTH_MODEL_SCRIPT_STATE_H
#define BERTH_MODEL_SCRIPT_STATE_H

#include "base/strbuf.h"
#include "model/script.h"

enum { MAX_WORDS = 64, NAME_SIZE = 64, MAX_NAMES = 100000 };

struct word {
	const char *text; /* not ended by NUL */
	uint32_t len;
	uint32_t column; /* from 1 */
};

struct script_name {
	char text[NAME_SIZE];
	uint32_t sock; /* 0: closed */
	bool is_v6, is_udp;
};

struct script_device {
	char name[NAME_SIZE];
	uint32_t index;
};

enum { TAG_PEER = 1u << 31 }; /* the accepted end of a name's connection, not accepted yet */

struct script {
	struct model_space *space;
	const struct script_options *options;
	script_answer_fn *answer;
	void *data;
	struct script_error *error;
	unsigned line;
	struct word words[MAX_WORDS];
	uint32_t n_words, at; /* .at: the next word to be taken */
	uint32_t end_column;
	struct script_name *names;
	uint32_t n_names, room_names;
	uint32_t *name_slots; /* hash of .names, from 1; 0: free */
	uint32_t n_name_slots; /* a power of two, or 0 */
	struct script_device *devices;
	uint32_t n_devices, room_devices;
	struct model_turn turn;
	struct model_ports ports;
	struct strbuf text, reason;
	struct model_list list;
	bool touched; /* sockets exist: hosts can no more change kernels */
};

/* Words. All return 0 or -EINVAL with the error told. */
bool word_is(const struct word *word, const char *text);
/* The next word, or NULL at the end of the line. */
const struct word *word_peek(const struct script *script);
const struct word *word_next(struct script *script);
/* Take the next word if it is @text. */
bool word_take(struct script *script, const char *text);
int script_fail(struct script *script, uint32_t column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int want_end(struct script *script);
int want_number(struct script *script, const char *what, uint64_t max, uint64_t *ret);
int want_range(struct script *script, uint16_t *ret_low, uint16_t *ret_high);
int want_addr(struct script *script, struct addr *ret, uint8_t *ret_bits);
int want_addr_port(struct script *script, struct addr *ret, uint16_t *ret_port);
/* on, off, 1, 0; @ret_unknown (may be NULL): '?' was given. */
int want_on_off(struct script *script, bool *ret, bool *ret_unknown);
int want_device(struct script *script, uint32_t *ret);
int want_device_name(struct script *script, uint32_t *ret); /* declares it if new */
int want_proto(struct script *script, enum sock_proto *ret);
/* A socket that is open. */
int want_sock(struct script *script, struct script_name **ret);
int name_add(struct script *script, const struct word *word, struct script_name **ret);
struct script_name *name_find(const struct script *script, const struct word *word); /* or NULL */

/* Answers. */
void say_done(struct script *script, const char *op, const char *name);
void say_verdict(struct script *script, const char *op, const char *name,
		 const struct model_verdict *verdict);
void say_delivery(struct script *script, const struct model_delivery *delivery);
void say_not_candidate(struct script *script, const char *op, const char *name,
		       const struct model_verdict *verdict);

/* Statements: the words after the first. */
int run_host(struct script *script);
int run_set(struct script *script);
int run_assignment(struct script *script, const struct word *name);
int run_statement(struct script *script, const struct word *verb);

#endif
