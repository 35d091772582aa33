/* SPDX-License-Identifier: MIT */
/* Why no process is seen to hold a socket. */
#ifndef BERTH_COMMANDS_WHO_EXPLAIN_H
#define BERTH_COMMANDS_WHO_EXPLAIN_H

struct snapshot;
struct sock;
struct strbuf;

enum ownerless {
	OWNERLESS_TIME_WAIT,	 /* closed; the kernel remembers the pair */
	OWNERLESS_ORPHAN,	 /* closed by its program, not yet by the other side */
	OWNERLESS_HANDSHAKE,	 /* a SYN was answered, no more */
	OWNERLESS_NOT_ACCEPTED,	 /* sits in a listener's accept queue */
	OWNERLESS_NOT_READABLE,	 /* some process we may not look into */
	OWNERLESS_KERNEL,	 /* the kernel's own, or in flight between processes */
};

/* @sock has no owner. */
enum ownerless ownerless_kind(const struct snapshot *snap, const struct sock *sock);
const char *ownerless_word(enum ownerless kind); /* "time-wait" ...: for JSON */

/* One sentence without a full stop, in plain words. */
void ownerless_explain(const struct snapshot *snap, const struct sock *sock, struct strbuf *text);

#endif
