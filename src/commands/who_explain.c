/* SPDX-License-Identifier: MIT */
/* A socket without an inode has no file: the kernel made it, or kept it when its file was closed. */
#include "commands/who_explain.h"
#include "commands/ports.h"
#include "base/escape.h"
#include "base/strbuf.h"
#include "core/snapshot.h"
#include "render/duration.h"

#include <string.h>

/* The source of owners, if it could not see all of them. */
static const struct coverage *owners_gap(const struct snapshot *snap)
{
	for (size_t i = 0; i < snap->n_coverages; i++) {
		const struct coverage *coverage = &snap->coverages[i];
		if (!strcmp(coverage->source, "owners") && coverage->level != COVERAGE_FULL &&
		    coverage->level != COVERAGE_NOT_ASKED)
			return coverage;
	}
	return NULL;
}

/* Were the queues of UNIX sockets looked into? */
static bool is_searched(const struct snapshot *snap)
{
	for (size_t i = 0; i < snap->n_coverages; i++)
		if (!strcmp(snap->coverages[i].source, "owners") &&
		    strstr(snap->coverages[i].how, "bpf"))
			return true;
	return false;
}

enum ownerless ownerless_kind(const struct snapshot *snap, const struct sock *sock)
{
	if (sock_note(snap, sock, 0))
		return OWNERLESS_KERNEL;
	if (sock->inode)
		return owners_gap(snap) ? OWNERLESS_NOT_READABLE : OWNERLESS_KERNEL;
	if (sock->proto != SOCK_PROTO_TCP)
		return OWNERLESS_KERNEL;
	switch ((enum sock_state)sock->state) {
	case SOCK_STATE_TIME_WAIT:
		return OWNERLESS_TIME_WAIT;
	case SOCK_STATE_SYN_RECV:
	case SOCK_STATE_NEW_SYN_RECV:
		return OWNERLESS_HANDSHAKE;
	case SOCK_STATE_ESTABLISHED:
	case SOCK_STATE_CLOSE_WAIT:
		return OWNERLESS_NOT_ACCEPTED;
	case SOCK_STATE_FIN_WAIT1:
	case SOCK_STATE_FIN_WAIT2:
	case SOCK_STATE_CLOSING:
	case SOCK_STATE_LAST_ACK:
		return OWNERLESS_ORPHAN;
	case SOCK_STATE_UNKNOWN:
	case SOCK_STATE_SYN_SENT:
	case SOCK_STATE_CLOSE:
	case SOCK_STATE_LISTEN:
	case SOCK_STATE_BOUND_INACTIVE:
		return OWNERLESS_KERNEL;
	}
	return OWNERLESS_KERNEL;
}

const char *ownerless_word(enum ownerless kind)
{
	switch (kind) {
	case OWNERLESS_TIME_WAIT:
		return "time-wait";
	case OWNERLESS_ORPHAN:
		return "orphan";
	case OWNERLESS_HANDSHAKE:
		return "handshake";
	case OWNERLESS_NOT_ACCEPTED:
		return "not-accepted";
	case OWNERLESS_NOT_READABLE:
		return "not-readable";
	case OWNERLESS_KERNEL:
		return "kernel";
	}
	return "";
}

/* The listener that @sock came in by: the same address if there is one, else a wildcard's. */
static const struct sock *find_listener(const struct snapshot *snap, const struct sock *sock)
{
	const struct addr plain = addr_unmapped(&sock->local);
	const struct sock *wildcard = NULL;

	for (size_t i = 0; i < snap->n_socks; i++) {
		const struct sock *one = &snap->socks[i];
		if (one->proto != SOCK_PROTO_TCP || one->state != SOCK_STATE_LISTEN ||
		    one->local_port != sock->local_port || one->netns != sock->netns)
			continue;
		const struct addr own = addr_unmapped(&one->local);
		if (addr_equal(&own, &plain))
			return one;
		if (!addr_is_any(&own))
			continue;
		if (own.family == plain.family)
			wildcard = one;
		else if (own.family == ADDR_IPV6 && !wildcard &&
			 !sock_option_is(one, SOCK_OPTION_V6ONLY))
			wildcard = one;
	}
	return wildcard;
}

static void add_listener(const struct snapshot *snap, const struct sock *sock, struct strbuf *text)
{
	const struct sock *listener = find_listener(snap, sock);
	const struct proc *proc = listener ? main_owner(snap, listener) : NULL;
	char place[ADDR_TEXT_SIZE + 8];

	if (!listener) {
		strbuf_add_text(text, "its listener");
		return;
	}
	strbuf_add_text(text, addr_format_port(&listener->local, listener->local_port, place));
	if (!proc)
		return;
	strbuf_add_text(text, " (");
	escape_add(text, proc->comm, strlen(proc->comm));
	strbuf_printf(text, "[%u])", proc->pid);
}

static void add_left(const struct sock *sock, const char *before, struct strbuf *text)
{
	if (!sock->timer_ms)
		return;
	strbuf_add_text(text, before);
	duration_add(text, sock->timer_ms / 1000.0);
}

static void add_user(const struct snapshot *snap, const struct sock *sock, struct strbuf *text)
{
	const char *name = snapshot_user_name(snap, sock->uid);

	strbuf_printf(text, "uid %u", sock->uid);
	if (!name)
		return;
	strbuf_add_text(text, " (");
	escape_add(text, name, strlen(name));
	strbuf_add_char(text, ')');
}

/* Who may hold it, by what could not be seen. */
static void add_unseen(const struct snapshot *snap, struct strbuf *text)
{
	const struct coverage *gap = owners_gap(snap);

	if (gap->error || !gap->what)
		strbuf_add_text(text, ", held by a process that may not be looked into");
	else
		strbuf_printf(text, ", held by the kernel itself%s, or by what was not seen: %s",
			      is_searched(snap) ? ""
						: ", in flight between processes over a UNIX socket",
			      gap->what);
	if (gap->needs)
		strbuf_printf(text, " (needs %s)", gap->needs);
}

void ownerless_explain(const struct snapshot *snap, const struct sock *sock, struct strbuf *text)
{
	const struct note *note = sock_note(snap, sock, 0);

	switch (ownerless_kind(snap, sock)) {
	case OWNERLESS_TIME_WAIT:
		strbuf_add_text(text, "closed; the kernel remembers the pair of addresses");
		add_left(sock, " for another ", text);
		return;
	case OWNERLESS_ORPHAN:
		strbuf_add_text(text, "closed by its program; the kernel waits for the other side");
		add_left(sock, ", timer in ", text);
		return;
	case OWNERLESS_HANDSHAKE:
		strbuf_add_text(text, "half open: the other side has not answered the SYN-ACK of ");
		add_listener(snap, sock, text);
		return;
	case OWNERLESS_NOT_ACCEPTED:
		strbuf_add_text(text, "not accepted yet: waits in the queue of ");
		add_listener(snap, sock, text);
		return;
	case OWNERLESS_NOT_READABLE:
		strbuf_add_text(text, "made by ");
		add_user(snap, sock, text);
		add_unseen(snap, text);
		return;
	case OWNERLESS_KERNEL:
		if (note && note->text) {
			escape_add(text, note->text, strlen(note->text));
			return;
		}
		strbuf_add_text(text, is_searched(snap)
					      ? "held by the kernel itself; made by "
					      : "held by the kernel itself, or in flight between "
						"processes over a UNIX socket; made by ");
		add_user(snap, sock, text);
		return;
	}
}
