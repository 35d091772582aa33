/* SPDX-License-Identifier: MIT */
/* What the files of 'berth wait' share: the places waited for, and how each is watched. */
#ifndef BERTH_COMMANDS_WAIT_H
#define BERTH_COMMANDS_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/endpoint.h"
#include "core/sock.h"
#include "probe/knock.h"

struct invocation;
struct addr;
struct binds;
struct listens;

enum { WAIT_TARGETS_MAX = 64, WAIT_PATH_SIZE = 108 };

enum wait_kind {
	WAIT_TCP,
	WAIT_UDP,  /* of this host: elsewhere nobody can tell */
	WAIT_UNIX, /* .path */
};

struct wait_target {
	enum wait_kind kind;
	struct endpoint endpoint;
	char path[WAIT_PATH_SIZE]; /* a leading '@' stands for the NUL of an abstract name */
	const char *text; /* as typed */
	bool answers;
	bool has_addresses; /* at the last look */
	bool local;	 /* all its addresses are of this host */
	bool silent;	 /* at the last look nobody listened */
	bool forwarded;	 /* a NAT rule or the like takes its packets before the sockets do */
	bool by_events;	 /* the kernel tells when it is worth another look */
	bool told;	 /* -v has said how it is watched */
	unsigned n_tries;
	unsigned n_settle; /* looks since the last event */
	bool by_hand;	 /* no event for long: the next look is a handshake */
	int64_t due_ms;	 /* when to look next, by wait_now_ms() */
	char state[160]; /* what the last try met, in words */
};

struct waiting {
	const struct invocation *inv;
	struct wait_target targets[WAIT_TARGETS_MAX];
	size_t n_targets;
	bool gone; /* wait for silence */
	bool verbose;
	const char *http_path;
	uint64_t limit_ms, interval_ms;
	struct listens *listens; /* NULL: no right, or another reason: .no_events */
	int closings;		 /* fd; -1: none */
	struct binds *binds;	 /* NULL: nobody waits for UDP or a UNIX socket, or no right */
	int rules;		 /* fd that tells of changed nftables rules; -1: none */
	int no_events;		 /* -errno */
	struct knock_watcher watcher; /* .waits NULL: nobody looks on */
};

int64_t wait_now_ms(void);

/* What the kernel's tables say of an address of this host; needs no right, sends nothing. */
enum wait_table {
	NOBODY_LISTENS,
	SOMEBODY_LISTENS,
	CANNOT_TELL,
};
enum wait_table wait_ask_table(enum sock_proto proto, const struct addr *addr, uint16_t port);

/* wait_try.c: one look at @target, by a handshake or by the kernel's tables alone. */
void wait_try(const struct waiting *waiting, struct wait_target *target, uint64_t left_ms);

/* wait_here.c: the same for what only this host can have. */
void wait_try_udp(struct wait_target *target, const struct addr *addresses, size_t n);
void wait_try_unix(struct wait_target *target, bool gone);

/* wait_watch.c: open what rights allow; before the first look, so that nothing falls between. */
void wait_watch_open(struct waiting *waiting);
void wait_watch_close(struct waiting *waiting);
/* After a look: by events or by the clock, and when next. */
void wait_watch_plan(struct waiting *waiting, struct wait_target *target);
/* Sleep until an event, or until @until_ms; targets that an event may concern become due. */
void wait_watch_sleep(struct waiting *waiting, int64_t until_ms);

#endif
