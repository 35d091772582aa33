/* SPDX-License-Identifier: MIT */
/* Random scenarios: few sockets, tiny sets of everything, so that they meet. */
#ifndef BERTH_TESTS_KERNEL_GENERATE_H
#define BERTH_TESTS_KERNEL_GENERATE_H

#include <stddef.h>
#include <stdint.h>

#include "op.h"

enum { MAX_OPS = 96 };

struct scenario {
	struct op ops[MAX_OPS];
	size_t n;
};

/* The themes that scenarios are drawn from; GENERATE_ANY draws the theme too. */
enum generate_theme {
	GENERATE_ANY,
	GENERATE_TCP_BIND,
	GENERATE_TCP_LISTEN,	/* and deliveries */
	GENERATE_TCP_CONNECT,	/* and accept, close, TIME_WAIT */
	GENERATE_AUTOBIND,
	GENERATE_UDP_BIND,
	GENERATE_UDP_DELIVER,
	GENERATE_UDP_MANY,	/* more than ten on a port: the kernel then looks elsewhere */
	GENERATE_MULTICAST,
	GENERATE_MIXED,
};
enum { N_GENERATE_THEMES = GENERATE_MIXED + 1 };

const char *generate_theme_name(enum generate_theme theme);

/* The scenario number @seed stands for: always the same one. */
void generate(uint64_t seed, enum generate_theme theme, struct scenario *ret);

/* Does every line speak of a socket that exists then? What shrinking cut may not. */
bool scenario_makes_sense(const struct scenario *scenario);

void scenario_print(const struct scenario *scenario, struct strbuf *sb);

#endif
