/* SPDX-License-Identifier: MIT */
/* The generator's own state, shared by its two files: the little world, and drawing from it. */
#ifndef BERTH_TESTS_KERNEL_GENERATE_LINES_H
#define BERTH_TESTS_KERNEL_GENERATE_LINES_H

#include "generate.h"

/* What the generator remembers of a socket: enough to draw lines that mostly make sense. */
struct plan {
	bool exists, closed, udp, inet6, bound, listens, connected, accepted;
	int8_t connected_to;
	struct addr remote;
	char device[OP_DEVICE_SIZE];
};

struct world {
	uint64_t random;
	enum generate_theme theme;
	struct scenario *out;
	struct plan socks[N_OP_NAMES];
	int n_socks, max_socks;
	const char *v4[3], *v6[3];
	uint16_t ports[2];
	uint16_t range_low;
	bool small_range, nothing_foreign;
	bool regroup;	  /* many of a group deaf to other groups' packets */
	bool mixed_crowd; /* see crowd_options() */
	struct addr target; /* where most UDP sockets of this world connect to */
	int cpu, program; /* percent */
	int reuseaddr, reuseport, v6only, uid, device, inet6, zero_port; /* percent */
};

uint32_t draw(struct world *w, uint32_t below);
bool chance(struct world *w, int percent);
struct addr generate_address(const char *text);
/* The next line, of this kind, yet to be filled. */
struct op *generate_add(struct world *w, enum op_kind kind);
void generate_device(struct op *op, const char *device);
const char *draw_device(struct world *w);
bool draw_udp(struct world *w);

/* Lines: each appends one or a few. */
void named_line(struct world *w, enum op_kind kind, int name);
void new_socket(struct world *w);
void bind_line(struct world *w, int name);
void listen_line(struct world *w, int name);
void tcp_line(struct world *w, int name);
void udp_line(struct world *w, int name);
/* Recipes. A connection closed by both, and both ends' places asked for again. */
void time_wait_lines(struct world *w);
void connect_returns_lines(struct world *w);
void crowd_lines(struct world *w);
void regroup_lines(struct world *w);

#endif
