/* SPDX-License-Identifier: MIT */
/* "May this bind succeed?", put to the port rules over a snapshot; and what would make it succeed. */
#ifndef BERTH_DIAGNOSE_BIND_QUESTION_H
#define BERTH_DIAGNOSE_BIND_QUESTION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"
#include "core/sock.h"

struct arena;
struct bind_rules;
struct model_behaviour;
struct snapshot;

struct bind_question {
	enum sock_proto proto;
	struct addr addr;
	uint16_t port;
	uint16_t netns; /* index in the snapshot */
	uint32_t uid;
	uint32_t device;
	bool reuseaddr, reuseport, v6only, freebind, transparent;
	bool listens;	   /* listen() follows */
	bool unprivileged; /* no CAP_NET_BIND_SERVICE */
	const struct model_behaviour *behaviour; /* of the kernel; NULL: of the latest */
};

/* The verdict as a number: the same for the same verdict. */
uint64_t bind_question_digest(const struct bind_question *question, const struct snapshot *snap);

/* Texts come from @arena. 0 or -ENOMEM; @ret is zeroed first. */
int bind_question_ask(const struct bind_question *question, const struct snapshot *snap,
		      struct arena *arena, struct bind_rules *ret);

#endif
