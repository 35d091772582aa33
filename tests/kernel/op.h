/* SPDX-License-Identifier: MIT */
/*
 * One line of the `berth model` language as data, so that scenarios can be made, run on the kernel,
 * shrunk and printed again. Sockets are the letters a to z.
 */
#ifndef BERTH_TESTS_KERNEL_OP_H
#define BERTH_TESTS_KERNEL_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "core/addr.h"

enum op_kind {
	OP_HOST_ADDRESS, /* .local on .device */
	OP_HOST_RANGE,	 /* .low - .high */
	OP_HOST_RESERVED,
	OP_HOST_SYSTEM_BELOW,
	OP_HOST_NONLOCAL,
	OP_HOST_NONLOCAL6,
	OP_HOST_AUTOBIND_REUSE,
	OP_SOCKET,
	OP_SET,
	OP_BIND,
	OP_LISTEN,
	OP_CONNECT,
	OP_DISCONNECT,
	OP_ACCEPT,
	OP_SHUTDOWN,
	OP_CLOSE,
	OP_EXPIRE,
	OP_JOIN,
	OP_DELIVER,
};

enum op_option {
	OPT_REUSEADDR = 1 << 0,
	OPT_REUSEPORT = 1 << 1,
	OPT_V6ONLY = 1 << 2,
	OPT_NO_PORT = 1 << 3,
	OPT_DEVICE = 1 << 4, /* .device; OP_SET with an empty device: `device off` */
	OPT_RANGE = 1 << 5,  /* .low, .high */
	OPT_FREEBIND = 1 << 6,
	OPT_MULTICAST_ALL = 1 << 7,
	OPT_LINGER0 = 1 << 8,
	OPT_UNPRIVILEGED = 1 << 9,
	OPT_WRITE = 1 << 10, /* `shutdown b write` */
	OPT_CPU = 1 << 11,   /* .low: 0 is the CPU we run on */
	OPT_PROGRAM = 1 << 12, /* a filter that picks no member, so that the hash does */
	OPT_BROADCAST = 1 << 13,
	OPT_TRANSPARENT = 1 << 14,
	OPT_LIVE = 1 << 15,  /* OP_DELIVER: on the connection of .name, once that is known */
};

/* Those that a socket is declared with. */
enum {
	OPT_OF_SOCKET = OPT_REUSEADDR | OPT_REUSEPORT | OPT_V6ONLY | OPT_NO_PORT | OPT_DEVICE |
			OPT_RANGE | OPT_FREEBIND | OPT_MULTICAST_ALL | OPT_CPU | OPT_PROGRAM |
			OPT_BROADCAST | OPT_TRANSPARENT
};

enum { OP_DEVICE_SIZE = 16, N_OP_NAMES = 26 };

struct op {
	uint8_t kind;	/* enum op_kind */
	int8_t name;	/* the socket, 0 = a */
	int8_t from;	/* OP_ACCEPT: the listener */
	bool inet6, udp;
	bool on;	/* OP_SET */
	uint16_t options; /* enum op_option: those given, or for OP_SET the one meant */
	uint16_t port, remote_port;
	uint16_t low, high;
	uint8_t cpu;
	bool sweep; /* OP_DELIVER: try many source ports, from .remote_port on */
	uint32_t value; /* uid, or a sysctl's number */
	struct addr local, remote; /* OP_BIND: local; OP_CONNECT: remote; OP_DELIVER: remote > local */
	char device[OP_DEVICE_SIZE];
};

/* Append the line that says @op, with its newline. */
void op_print(const struct op *op, struct strbuf *sb);
/*
 * Read one line (no newline). 1: @ret is set; 0: blank, comment or a line only the model reads
 * (chose); -EINVAL: not our language.
 */
int op_parse(const char *line, struct op *ret);

/* Words of the language and what they stand for; each list ends with a NULL word. */
struct op_word {
	uint16_t value;
	const char *word;
};
extern const struct op_word op_option_words[]; /* enum op_option */
extern const struct op_word op_host_words[];   /* enum op_kind */

/* "SO_REUSEPORT" and friends as the language spells them: one bit's word. */
const char *op_option_word(uint16_t option);

#endif
