/* SPDX-License-Identifier: MIT */
/* What the parts of 'berth gets' share. */
#ifndef BERTH_COMMANDS_GETS_H
#define BERTH_COMMANDS_GETS_H

#include <stdbool.h>

#include "base/arena.h"
#include "core/flow.h"
#include "core/forward.h"
#include "core/sock.h"
#include "diagnose/port_space.h"
#include "model/verdict.h"
#include "sources/multicast.h"

struct invocation;
struct output;
struct snapshot;

enum { MAX_BEFORE = 8 };

struct gets {
	const struct invocation *inv;
	struct flow flow;
	struct flow shown; /* as typed: the source may be left out */
	uint32_t device; /* interface index it arrives at; 0: as if sent from here */
	const struct snapshot *snap;
	uint16_t netns; /* index */

	bool is_local; /* the destination is an address of this host */
	bool asked;    /* the kernel was asked */
	int error;     /* of asking, positive; ENOENT: it would give it to nobody */
	struct sock found; /* the kernel's answer when asked and no error */
	const struct sock *kernel; /* the same in the snapshot; NULL: it came or went since */

	const struct forward *before[MAX_BEFORE]; /* what takes the packet before the look-up */
	size_t n_before;

	struct port_space space;
	struct model_delivery rules;
	struct model_list list;
	const char *assumed; /* of this kernel, without trying; NULL: nothing that decides */
	struct arena arena;
	struct multicast_groups groups; /* for multicast: what the interfaces receive */
	bool groups_known;
};

/* Does the rules' answer allow the kernel's? True when one of them is missing. */
bool gets_agree(const struct gets *gets);
/* Some socket would get it. */
bool gets_found(const struct gets *gets);

/* One way or the other of saying all of @gets. */
void gets_print_text(const struct gets *gets, struct output *output);
void gets_print_json(const struct gets *gets, struct output *output);

#endif
